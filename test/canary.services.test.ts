/** Gives the real program an unmistakable key, and services that say unmistakable words in every way they can, and looks for both wherever it writes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { anthropic } from "./support/anthropicTalk.ts"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { configure, type Ended, io3, slowly, start, until } from "./support/io3.ts"
import { openAi } from "./support/openAiTalk.ts"
import { begins, keys, passes, refuses, services, tells } from "./support/services.ts"
import type { Tongue } from "./support/tongue.ts"
import { chunked, type Script } from "./support/upstream.ts"

const environment = { ...keys(words.key), IO3_DEBUG: "1" }
const ask = ["run", "executor", "--prompt", words.prompt]

/** Everything that a service may say instead of an answer, with words in it. */
const troubles = (tongue: Tongue): ReadonlyArray<Script> => [
  ...[400, 404, 429, 504].map((status) =>
    refuses(status, tongue.error(words.upstream, `${words.upstream} ${words.key}`))
  ),
  (socket) =>
    socket.write(chunked([tongue.begin, tongue.broken.replaceAll("unexpected EOF", words.upstream)])),
  (socket) => socket.write(chunked([`data: {"${words.upstream}"\n\n`])),
  (socket) =>
    socket.write(`HTTP/1.1 307 So\r\nLocation: http://127.0.0.1:1/${words.url}\r\nContent-Length: 0\r\n\r\n`),
  tells(tongue, words.draft, "refusal"),
  (socket) => socket.destroy()
]

describe("the canary sweep, of services", slowly, () => {
  it.live("finds neither their keys nor their words beside the released answer", () =>
    Effect.gen(function* () {
      const { where, writer, judge } = yield* services(words.folder)
      const check = (ended: Ended, code: number, allowed: ReadonlyArray<Place> = []) => {
        assert.strictEqual(ended.code, code, ended.stderr)
        assert.deepStrictEqual(found(ended.stderr), [])
        assert.deepStrictEqual(found(ended.stdout, allowed), [])
        assert.deepStrictEqual(
          foundUnder(where.root, (path) => path.includes(".config/io3")),
          []
        )
      }
      const run = (args: ReadonlyArray<string>) => io3(where, args, { environment })

      const thoughtful: Script = (socket) =>
        socket.write(
          chunked([openAi.thought(words.thinking), openAi.piece(words.answer), openAi.done("stop", 40, 5)])
        )
      writer.answer(thoughtful)
      judge.answer(tells(anthropic, passes))
      check(yield* run([...ask, "--audit"]), 0, ["answer"])
      assert.deepStrictEqual([...found(writer.calls.join())].toSorted(), ["key", "prompt"])
      assert.deepStrictEqual([...found(judge.calls.join())].toSorted(), ["answer", "key", "prompt"])

      // A judge that says anything else, or nothing at all.
      for (const script of [tells(anthropic, words.fixes), ...troubles(anthropic).slice(-3)]) {
        judge.answer(script)
        check(yield* run([...ask, "--audit", "-o", "json"]), 1)
      }
      for (const script of troubles(openAi)) {
        writer.answer(script)
        check(yield* run([...ask, "-o", "json"]), 1)
      }

      // Nothing of it in what a process was started with, or has written, while it waits.
      writer.answer(begins(openAi, words.answer))
      const asking = yield* start(where, ask, { environment })
      yield* until(() => asking.stdout() === words.answer)
      const started = readFileSync(`/proc/${asking.process.pid}/cmdline`)
      assert.deepStrictEqual(found(started), ["prompt"])
      asking.process.kill("SIGINT")
      check(yield* asking.ended, 130, ["answer"])

      const readings = [
        ["config", "show", "--origin"],
        ["doctor", "-o", "json"],
        ["validate", "-o", "json"],
        ["ledger", "show", "-o", "json"],
        ["ledger", "verify"]
      ]
      for (const ended of yield* Effect.forEach(readings, run, { concurrency: 2 })) {
        check(ended, ended.code ?? -1)
      }
    }).pipe(Effect.scoped)
  )

  it.live("finds no key that somebody wrote into the configuration", () =>
    Effect.gen(function* () {
      const { where } = yield* services()
      for (const entry of [
        { env_key_name: words.key },
        { base_url: `https://me:${words.key}@host.example/v1` },
        { base_url: `https://host.example/v1?key=${words.key}` },
        { api_key: words.key }
      ]) {
        yield* configure(where.userConfig, {
          "providers.yaml": JSON.stringify({ providers: { openai: { enabled: true, ...entry } } })
        })
        const said = [ask, ["validate", "-o", "json"], ["doctor", "-o", "json"]]
        for (const ended of yield* Effect.forEach(said, (args) => io3(where, args), { concurrency: 2 })) {
          assert.notStrictEqual(ended.code, 0)
          assert.deepStrictEqual(found(ended.stdout + ended.stderr), [])
        }
      }
    }).pipe(Effect.scoped)
  )
})
