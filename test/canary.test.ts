/** Says unmistakable words to the real program in every place it takes words from, and looks for them wherever it writes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { configure, type Ended, io3, type Options, slowly, start, until } from "./support/io3.ts"
import { type Answers, begins, breaks, says, scene, verdict } from "./support/model.ts"
import { done, piece } from "./support/ollamaTalk.ts"
import { chunk, chunked, opening } from "./support/upstream.ts"

describe("the canary sweep", slowly, () => {
  it("finds a word in each of its forms", () => {
    const text = `before ${words.prompt} after`
    const wide = Buffer.from(text, "utf16le")
    for (const shift of ["", "x", "xx"]) {
      const bytes = Buffer.from(shift + text)
      for (const form of [
        bytes,
        wide,
        Buffer.from(wide).swap16(),
        ...(["base64", "base64url", "hex"] as const).map((encoding) => Buffer.from(bytes.toString(encoding)))
      ]) {
        assert.deepStrictEqual(found(form), ["prompt"])
      }
    }
    assert.deepStrictEqual(found(Buffer.from("nothing")), [])
  })

  it.live("finds none of them beside the released answer", () =>
    Effect.gen(function* () {
      let answers: Answers = () => {}
      const { where, server } = yield* scene((socket, asked) => answers(socket, asked), words.folder)
      yield* configure(where.userConfig, {
        "persona.yaml": `identity:\n  name: ${words.persona}\n  style: ${words.persona}\n`,
        "user_profile.yaml": `user:\n  name: ${words.profile}\n  preferences:\n    tone: ${words.profile}\n`
      })
      const file = join(where.folder, `${words.fileName}.txt`)
      writeFileSync(file, `notes: ${words.file}\n`)
      const ask = ["run", "executor", "--prompt", words.prompt, "--file-context", file]

      /** What may be seen of a run: the words of these places on standard output, and nothing else. */
      const check = (ended: Ended, code: number, allowed: ReadonlyArray<Place> = []) => {
        assert.strictEqual(ended.code, code, ended.stderr)
        assert.deepStrictEqual(found(Buffer.from(ended.stderr)), [])
        assert.deepStrictEqual(found(Buffer.from(ended.stdout), allowed), [])
        assert.deepStrictEqual(foundUnder(where.data), [])
      }
      const run = (args: ReadonlyArray<string>, options?: Options) => io3(where, args, options)

      // Released, with thoughts beside it.
      answers = (socket) => socket.write(chunked([piece("", words.thinking), piece(words.answer), done()]))
      const released = yield* run(ask)
      check(released, 0, ["answer"])
      assert.strictEqual(released.stdout, `${words.answer}\n`)
      const sent = Buffer.from(JSON.stringify(server.calls))
      assert.deepStrictEqual([...found(sent)].toSorted(), ["file", "persona", "profile", "prompt"])

      // Revised after an audit, which has words of its own.
      let drafts = 0
      answers = (socket, { model }) => {
        if (model === "judge") socket.write(verdict("needs_work", words.fixes))
        else socket.write(says(drafts++ === 0 ? words.draft : words.answer))
      }
      check(yield* run([...ask, "--audit", "-o", "json"]), 0, ["answer"])
      assert.strictEqual(drafts, 2)

      // Refused: nothing at all may be seen.
      answers = (socket, { model }) =>
        socket.write(model === "judge" ? verdict("reject", words.fixes) : says(words.draft))
      check(yield* run([...ask, "--audit"]), 1)
      check(yield* run([...ask, "--audit", "-o", "json"]), 1)
      answers = (socket, { model }) => socket.write(says(model === "judge" ? words.fixes : words.draft))
      check(yield* run([...ask, "--audit", "-o", "ndjson"]), 1)

      // Failed, in ways the model's host puts into words.
      const error = JSON.stringify({ error: words.upstream })
      for (const status of [400, 404, 500]) {
        answers = (socket) => socket.write(breaks(status, error))
        check(yield* run([...ask, "-o", "json"]), 1)
      }
      answers = (socket) => {
        socket.write(Buffer.concat([opening(), chunk(piece(words.answer)), chunk(`${error}\n`)]))
        socket.end("0\r\n\r\n")
      }
      check(yield* run(ask), 1, ["answer"])

      // Cancelled, and killed, while part of the answer is out; looked into before the end as well.
      answers = (socket) => socket.write(begins(words.answer))
      for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGKILL", null]
      ] as const) {
        const asking = yield* start(where, ask)
        yield* until(() => asking.stdout() === words.answer)
        assert.deepStrictEqual(foundUnder(where.data), [])
        asking.process.kill(signal)
        const ended = yield* asking.ended
        check({ ...ended, code: ended.code ?? -1 }, code ?? -1, ["answer"])
      }

      // Read again: what the ledger, the route and the configuration say of it.
      const readings = [
        ["ledger", "show"],
        ["ledger", "show", "-o", "json"],
        ["ledger", "verify"],
        ["runs", "recover"],
        ["route", "executor"],
        ["config", "show", "--origin"]
      ]
      for (const ended of yield* Effect.forEach(readings, (args) => run(args), { concurrency: 2 }))
        check(ended, 0)
    })
  )

  it.live("finds none of them after a wrong invocation, file or configuration", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket) => socket.write(says("never asked")), words.folder)
      const broken = join(where.root, words.folder, words.config)
      const wrong = join(where.root, words.folder, `${words.config}-too`)
      yield* configure(broken, { "persona.yaml": `identity:\n  name: "${words.config}\n bad: [` })
      yield* configure(wrong, {
        "runtime.yaml": `temperature: ${words.config}\n`,
        "user_profile.yaml": `user:\n  name: [${words.profile}]\n`
      })
      const blob = join(where.folder, words.fileName)
      writeFileSync(blob, `${words.file}\0`)
      const ask = ["run", "executor", "--prompt", words.prompt]
      const invocations: ReadonlyArray<readonly [exit: number, ...args: Array<string>]> = [
        [2, ...ask, "--file", join(where.root, words.fileName)],
        [2, ...ask, "--file", blob],
        [2, ...ask, "--file-context", blob, "-o", "json"],
        [2, ...ask, "--config-dir", join(where.root, words.folder, "none")],
        [2, ...ask, "--config-dir", broken],
        [2, ...ask, "--config-dir", wrong, "-o", "json"],
        [2, ...ask, words.typed, "-o", "json"],
        [2, "run", words.typed, "--prompt", words.prompt, "-o", "json"],
        [2, words.typed],
        [1, "ledger", "show", words.typed],
        [1, ...ask, "--data", blob]
      ]
      const endings = yield* Effect.forEach(invocations, ([, ...args]) => io3(where, args), {
        concurrency: 2
      })
      for (const [index, { code, stdout, stderr }] of endings.entries()) {
        assert.strictEqual(code, invocations[index]?.[0], stderr + stdout)
        assert.deepStrictEqual(found(Buffer.from(stdout + stderr)), [])
      }
      assert.isFalse(existsSync(where.data), "none of them was a run")
    })
  )

  it.live.skipIf(!existsSync("/proc/self/task"))(
    "finds none of them in what other processes may see of it, nor in what a killed one leaves",
    () =>
      Effect.gen(function* () {
        const { where, server } = yield* scene((socket) => socket.write(begins(words.answer)))
        const temporary = join(where.root, "tmp")
        mkdirSync(temporary)
        const asking = yield* start(where, ["run", "executor", "--audit"], {
          stdin: words.prompt,
          environment: { TMPDIR: temporary, IO3_DEBUG: "1" }
        })
        yield* until(() => server.calls.length === 1)
        const of = (name: string) => readFileSync(`/proc/${asking.process.pid}/${name}`)
        assert.deepStrictEqual(found(Buffer.concat([of("cmdline"), of("environ"), of("comm")])), [])
        const tasks = readdirSync(`/proc/${asking.process.pid}/task`)
        assert.deepStrictEqual(
          tasks
            .flatMap((task) => [of(`task/${task}/children`).toString(), ...found(of(`task/${task}/comm`))])
            .join(""),
          "",
          "it has no other process do anything"
        )
        asking.process.kill("SIGKILL")
        const { stdout, stderr } = yield* asking.ended
        assert.deepStrictEqual(found(stdout + stderr), [])
        assert.deepStrictEqual(foundUnder(where.root), [])
        assert.deepStrictEqual(readdirSync(temporary), [])
      })
  )
})
