/** Runs the real program with files beside prompts: what is sent of them, what is refused, and that no name of one is told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { gated } from "../support/gated.ts"
import { type Home, io3, parse, slowly } from "../support/io3.ts"
import { type Model, says, scene } from "../support/model.ts"

const written = (where: Home, name: string, bytes: string | Uint8Array): string => {
  const path = join(where.folder, name)
  writeFileSync(path, bytes)
  return path
}

const framed = (text: string, prompt: string) => `[Attached text]\n---\n${text}\n---\n\n${prompt}`
const asked = ({ calls }: Model) => calls.map(({ messages }) => messages.at(-1)?.content)

describe("a file for context", slowly, () => {
  it.live("goes beside a prompt from wherever that comes, as it is", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer.")))
      const table = written(where, "a name.pdf", "\ufeffname,age\r\nAda,36\r\n")
      const question = written(where, "question.md", "How old?")
      const beside = ["run", "executor", "--file-context"]
      const endings = [
        yield* io3(where, [...beside, table, "--prompt", "Who?"]),
        yield* io3(where, [...beside, table, "-f", question]),
        yield* io3(where, [...beside, table, "-o", "json"], { stdin: "When?" }),
        yield* io3(where, [...beside, "-", "-f", question], { stdin: "piped" }),
        yield* io3(where, [...beside, written(where, "empty", ""), "-p", "Alone?"])
      ]
      assert.deepStrictEqual(
        endings.map(({ code }) => code),
        [0, 0, 0, 0, 0]
      )
      const text = "name,age\r\nAda,36\r\n"
      assert.deepStrictEqual(asked(server), [
        framed(text, "Who?"),
        framed(text, "How old?"),
        framed(text, "When?"),
        framed("piped", "How old?"),
        "Alone?"
      ])
      const sent = JSON.stringify(server.calls)
      assert.notInclude(sent + endings.map(({ stdout, stderr }) => stdout + stderr).join(""), "a name")
    })
  )

  it.live("goes beside the prompts of turns, in a conversation beside the first that is answered", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer.")))
      const notes = written(where, "notes.txt", "notes")
      const begun = yield* io3(where, ["session", "start", "--session-mode", "work", "-o", "json"])
      const { session_id } = parse(SessionOutput, begun.stdout)
      const endings = [
        yield* io3(where, ["session", "start", "--file-context", notes], { stdin: "one" }),
        yield* io3(where, ["session", "continue", session_id, "--file-context", notes, "-p", "two"]),
        yield* io3(where, ["chat", "--file-context", notes], { stdin: "three\nfour\n" }),
        yield* io3(where, ["session", "close", "--session-id", session_id])
      ]
      assert.deepStrictEqual(
        endings.map(({ code }) => code),
        [0, 0, 0, 0]
      )
      const [one, two, three, four] = asked(server)
      assert.deepStrictEqual(
        [one, two, three, four],
        [framed("notes", "one"), framed("notes", "two"), framed("notes", "three"), "four"]
      )
      assert.strictEqual(server.calls[3]?.messages.length, 4)
    })
  )

  it.live("goes beside what a steward asks in place of a held answer", () =>
    Effect.gen(function* () {
      const { where, server, run, held } = yield* gated(["first", "second"])
      const { run_id, digest } = yield* held
      const notes = written(where, "notes.txt", "notes")
      const redirect = ["steward", "redirect", run_id, "--digest", digest, "--file-context", notes]
      assert.strictEqual((yield* run([...redirect, "-p", "again"])).code, 3)
      assert.strictEqual(asked(server).at(-1), framed("notes", "again"))
    })
  )

  it.live("is refused by what it is, under any name, before anything is recorded", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("never asked")))
      const pdf = written(where, "a name.txt", "%PDF-1.7\n1 0 obj\n")
      const ask = ["run", "executor", "--prompt", "What is it?", "--file-context"]
      const text = yield* io3(where, [...ask, pdf])
      assert.deepStrictEqual(text, {
        code: 2,
        stdout: "",
        stderr:
          "UNSUPPORTED_FILE_TYPE: The file is of a kind that is not read as text.\n  pdf: give its text instead\n"
      })
      const json = yield* io3(where, [...ask, pdf, "-o", "json"])
      const { code, file_kind } = parse(FailureOutput, json.stdout).error
      assert.deepStrictEqual([json.code, code, file_kind], [2, "UNSUPPORTED_FILE_TYPE", "pdf"])
      const blob = written(where, "a name.csv", Uint8Array.of(0, 1, 2, 3))
      const chat = yield* io3(where, ["chat", "--file-context", blob], { stdin: "question\n" })
      assert.deepStrictEqual([chat.code, chat.stderr], [2, "FILE_NOT_TEXT: The input is not UTF-8 text.\n"])
      for (const args of [
        [...ask, pdf, "-f", pdf],
        ["run", "executor", "-f", "-", "--file-context", "-"],
        ["chat", "--file-context", "-"]
      ]) {
        const ended = yield* io3(where, args, { stdin: "piped" })
        assert.deepStrictEqual([ended.code, ended.stdout], [2, ""])
        assert.notInclude(ended.stderr, "a name")
      }
      assert.deepStrictEqual([server.calls.length, existsSync(where.data)], [0, false])
    })
  )
})
