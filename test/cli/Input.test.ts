/** Offers the program prompts of every kind, from each place one can come from. */
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option, Stdio, Stream } from "effect"
import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { read, type Sources } from "../../src/cli/Input.ts"
import { reveal } from "../../src/domain/Content.ts"
import { folder } from "../support/ledger.ts"

const MIB = 1024 * 1024

/** What the person gave: a flag, a file's path, what is piped in. */
interface Given {
  readonly prompt?: string
  readonly file?: string
  readonly stdin?: string | Uint8Array
  readonly terminal?: boolean
}

const ask = ({ prompt, file, stdin = "", terminal = false }: Given) => {
  const sources: Sources = { prompt: Option.fromUndefinedOr(prompt), file: Option.fromUndefinedOr(file) }
  const bytes = Buffer.from(stdin)
  // One byte at a time: characters come in halves.
  const pieces = bytes.length < 100 ? Array.from(bytes, (byte) => Uint8Array.of(byte)) : [bytes]
  const stdio = Stdio.layerTest({
    stdin: Stream.fromIterable(pieces),
    stdinIsTerminal: Effect.succeed(terminal)
  })
  return read(sources).pipe(
    Effect.map((input) => ({ prompt: reveal(input.prompt), file: input.file && reveal(input.file) })),
    Effect.provide(Layer.merge(stdio, NodeFileSystem.layer))
  )
}

const refused = (given: Given) =>
  Effect.map(Effect.exit(ask(given)), (exit) => Option.getOrUndefined(Exit.findErrorOption(exit))?.code)

const file = (name: string, bytes: string | Uint8Array) =>
  Effect.map(folder, (directory) => {
    const path = join(directory, name)
    writeFileSync(path, bytes)
    return path
  })

describe("Input", () => {
  it.effect("is the flag's text, a file's, or what is piped in", () =>
    Effect.gen(function* () {
      const path = yield* file("question.txt", "from a file: é水👩\n")
      assert.deepStrictEqual(yield* ask({ prompt: "flag" }), { prompt: "flag", file: null })
      assert.deepStrictEqual(yield* ask({ file: path }), { prompt: "from a file: é水👩\n", file: null })
      assert.deepStrictEqual(yield* ask({ stdin: "piped: é水👩" }), { prompt: "piped: é水👩", file: null })
      assert.deepStrictEqual(yield* ask({ file: "-", stdin: "piped" }), { prompt: "piped", file: null })
    })
  )

  it.effect("is the flag's text with the file, or what is piped in, beside it", () =>
    Effect.gen(function* () {
      const path = yield* file("notes.txt", "notes")
      const prompt = "summarise"
      assert.deepStrictEqual(yield* ask({ prompt, file: path }), { prompt, file: "notes" })
      assert.deepStrictEqual(yield* ask({ prompt, file: "-", stdin: "diff" }), { prompt, file: "diff" })
      // What nobody named is not read.
      assert.deepStrictEqual(yield* ask({ prompt, stdin: "ignored" }), { prompt, file: null })
    })
  )

  it.effect("is never made up", () =>
    Effect.gen(function* () {
      const empty = yield* file("empty.txt", " \n\t")
      for (const given of [
        {},
        { prompt: "" },
        { prompt: " \n" },
        { file: empty },
        { prompt: "", file: empty },
        { stdin: "\n" },
        { terminal: true, stdin: "typed by nobody yet" }
      ]) {
        assert.strictEqual(yield* refused(given), "PROMPT_REQUIRED")
      }
    })
  )

  it.effect("is text, and nothing else", () =>
    Effect.gen(function* () {
      const halves = [Uint8Array.of(0xc3), Uint8Array.of(0x61, 0xff), Uint8Array.of(0xed, 0xa0, 0x80)]
      for (const bytes of [...halves, "nul\0nul", Buffer.from("\ufeffutf-16", "utf16le")]) {
        assert.strictEqual(yield* refused({ stdin: bytes }), "FILE_NOT_TEXT")
        assert.strictEqual(yield* refused({ file: yield* file("blob", bytes) }), "FILE_NOT_TEXT")
      }
      // A flag cannot hold NUL: the system has no such arguments.
    })
  )

  it.effect("is at most 1 MiB from each place", () =>
    Effect.gen(function* () {
      const most = "x".repeat(MIB)
      assert.strictEqual((yield* ask({ stdin: most })).prompt.length, MIB)
      assert.strictEqual((yield* ask({ prompt: "p", file: yield* file("most", most) })).file?.length, MIB)
      assert.strictEqual(yield* refused({ stdin: `${most}x` }), "PROMPT_TOO_LARGE")
      assert.strictEqual(yield* refused({ prompt: `${most}x` }), "PROMPT_TOO_LARGE")
      assert.strictEqual(yield* refused({ file: yield* file("more", `${most}${most}`) }), "PROMPT_TOO_LARGE")
      // Without an end: it is not read to one.
      assert.strictEqual(yield* refused({ file: "/dev/zero" }), "PROMPT_TOO_LARGE")
    })
  )

  it.effect("is said to be missing or unreadable without its name", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      assert.strictEqual(yield* refused({ file: join(directory, "none") }), "FILE_NOT_FOUND")
      assert.strictEqual(yield* refused({ file: join(directory, "\0") }), "FILE_UNREADABLE")
      assert.strictEqual(yield* refused({ file: directory }), "FILE_UNREADABLE")
      const locked = yield* file("locked", "secret")
      chmodSync(locked, 0)
      // Whoever may read everything reads this as well.
      assert.strictEqual(
        yield* refused({ file: locked }),
        process.getuid?.() === 0 ? undefined : "FILE_UNREADABLE"
      )
    })
  )
})
