/**
 * Holds the conversation of `docs/chat-transcript.md` again, on a real terminal with a real small model: what was sent is
 * checked, never cleverness.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { configure, home, io3, recorded, script } from "../support/io3.ts"
import { announceSkip, locate, overhearing, start } from "../support/ollamaLite.ts"
import { sit } from "../support/terminal.ts"

const lite = locate()
const there = lite !== null && spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) announceSkip("the conversation with a real model (it wants script(1) of util-linux as well)")

/** It takes 20 s where nothing else runs. */
const PATIENCE_MILLIS = 150_000
const page = readFileSync(join(import.meta.dirname, "../../docs/chat-transcript.md"), "utf8")
const shown = /^```text\n([^]*?)^```$/mu.exec(page)?.[1] ?? ""

interface Typed {
  readonly prompt: "> " | "… "
  readonly line: string
}

/** What the person of the page typed. */
const typed = shown.split("\n").flatMap((line): ReadonlyArray<Typed> => {
  const prompt = (["> ", "… "] as const).find((one) => line.startsWith(one))
  return prompt ? [{ prompt, line: line.slice(prompt.length) }] : []
})
const isAsked = ({ line }: Typed) => !line.startsWith("/") && !line.endsWith("\\")
/** The messages, as they are sent. */
const messages = typed
  .map(({ line }) => line)
  .join("\n")
  .replaceAll("\\\n", "\u0000")
  .split("\n")
  .filter((line) => !line.startsWith("/"))
  .map((line) => line.replaceAll("\u0000", "\n"))

const Sent = Schema.fromJsonString(
  Schema.Struct({
    messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.String })),
    options: Schema.Struct({ num_predict: Schema.Int })
  })
)
const isSent = Schema.is(Schema.Struct({ messages: Schema.Array(Schema.Unknown) }))

describe.skipIf(!there)("a conversation with a real model", { timeout: 180_000 }, () => {
  it.live("sends the first turn with the tenth, in the roles in which it was said", () =>
    Effect.gen(function* () {
      if (lite === null) return assert.fail("no model")
      assert.strictEqual(messages.length, 10)
      // As Ollama does: what was read for a turn is not read again for the next one.
      const { url, bodies } = yield* overhearing(yield* start(lite, "--prompt-cache"))
      const where = yield* home()
      yield* configure(where.userConfig, {
        "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${url}\n    num_ctx: 2048\n`,
        "routing_table.yaml": `routing_table:\n  modes:\n    executor: { primary: "local:smollm2:135m", secondary: "local:smollm2:135m" }\n`,
        "runtime.yaml": "max_output_tokens: 12\ntemperature: 0.8\n"
      })
      const person = yield* sit(where, ["chat"], { TERM: "xterm", NO_COLOR: "1" }, PATIENCE_MILLIS)
      for (const one of typed) {
        yield* person.sees(new RegExp(`^${one.prompt}`, "mu"))
        yield* person.says(one.line)
        if (isAsked(one))
          yield* person.sees(/^executor → ollama smollm2:135m · [^\n]+ · run [0-9a-f-]{36}\n/mu)
      }
      const { code } = yield* person.ended
      assert.strictEqual(code, 0)
      const transcript = process.env["IO3_TRANSCRIPT"]
      if (transcript) writeFileSync(transcript, person.screen())

      const calls = bodies
        .filter((body) => isSent(JSON.parse(body)))
        .map((body) => Schema.decodeUnknownSync(Sent)(body).messages)
      assert.strictEqual(calls.length, 10)
      const last = calls[9] ?? []
      assert.deepStrictEqual(
        last.map(({ role }) => role),
        ["system", ...messages.flatMap(() => ["user", "assistant"])].slice(0, -1)
      )
      assert.deepStrictEqual(
        last.filter(({ role }) => role === "user").map(({ content }) => content),
        messages
      )
      // What was answered is sent back letter for letter, and each turn begins with the one before.
      const answers = yield* Effect.forEach((yield* recorded(where)).toReversed(), ({ run }) =>
        Effect.map(io3(where, ["runs", "show", run, "--text"]), ({ stdout }) => stdout.slice(0, -1))
      )
      assert.deepStrictEqual(
        last.filter(({ role }) => role === "assistant").map(({ content }) => content),
        answers.slice(0, 9)
      )
      for (const [at, call] of calls.entries()) assert.deepStrictEqual(call, last.slice(0, 2 * at + 2))
      const verified = yield* io3(where, ["ledger", "verify", "--texts"])
      assert.strictEqual(verified.code, 0, verified.stderr)
    })
  )
})
