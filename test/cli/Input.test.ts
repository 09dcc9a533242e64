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
  readonly context?: string
  readonly stdin?: string | Uint8Array
  readonly terminal?: boolean
}

const ask = ({ prompt, file, context, stdin = "", terminal = false }: Given) => {
  const sources: Sources = {
    prompt: Option.fromUndefinedOr(prompt),
    file: Option.fromUndefinedOr(file),
    fileContext: Option.fromUndefinedOr(context)
  }
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
  Effect.map(Effect.exit(ask(given)), (exit) => {
    const reason = Option.getOrUndefined(Exit.findErrorOption(exit))
    return reason?._tag === "UsageError" ? "usage" : (reason?.fileKind ?? reason?.code)
  })

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

  it.effect("is what was named, with a file for context beside it", () =>
    Effect.gen(function* () {
      const context = yield* file("notes.txt", "\ufeffline\r\nline")
      const beside = { file: "line\r\nline" }
      const question = yield* file("question.txt", "from a file")
      assert.deepStrictEqual(yield* ask({ prompt: "flag", context }), { prompt: "flag", ...beside })
      assert.deepStrictEqual(yield* ask({ file: question, context }), { prompt: "from a file", ...beside })
      assert.deepStrictEqual(yield* ask({ stdin: "piped", context }), { prompt: "piped", ...beside })
      assert.deepStrictEqual(yield* ask({ file: "-", stdin: "piped", context }), {
        prompt: "piped",
        ...beside
      })
      assert.deepStrictEqual(yield* ask({ prompt: "flag", context: "-", stdin: "diff" }), {
        prompt: "flag",
        file: "diff"
      })
      // One source cannot be two texts, nor two files one.
      assert.strictEqual(yield* refused({ context: "-", stdin: "piped" }), "PROMPT_REQUIRED")
      assert.strictEqual(yield* refused({ terminal: true, context }), "PROMPT_REQUIRED")
      assert.strictEqual(yield* refused({ file: "-", context: "-", stdin: "piped" }), "usage")
      assert.strictEqual(yield* refused({ prompt: "flag", file: question, context }), "usage")
    })
  )

  it.effect("has nothing beside it where the file is empty", () =>
    Effect.gen(function* () {
      for (const text of ["", "\ufeff", " \r\n"]) {
        const empty = yield* file("empty.txt", text)
        assert.deepStrictEqual(yield* ask({ prompt: "flag", context: empty }), { prompt: "flag", file: null })
        assert.deepStrictEqual(yield* ask({ prompt: "flag", file: empty }), { prompt: "flag", file: null })
      }
    })
  )

  it.effect("is refused by what a file is, and not by its name", () =>
    Effect.gen(function* () {
      for (const [name, bytes, kind] of [
        ["notes.txt", "%PDF-1.7\n%\u00e2", "pdf"],
        ["notes.md", Uint8Array.of(0x1f, 0x8b, 8), "archive"],
        ["notes.csv", Buffer.from("\ufeffutf-16", "utf16le"), "utf16_text"],
        // What it is is said of a large one as well.
        ["film.json", Buffer.concat([Buffer.from("7f454c46", "hex"), Buffer.alloc(2 * MIB)]), "executable"]
      ] as const) {
        const path = yield* file(name, bytes)
        assert.strictEqual(yield* refused({ prompt: "flag", context: path }), kind)
        assert.strictEqual(yield* refused({ file: path }), kind)
        assert.strictEqual(yield* refused({ stdin: bytes }), kind)
      }
      const table = yield* file("table.pdf", "a,b\n1,2\n")
      assert.deepStrictEqual(yield* ask({ prompt: "flag", context: table }), {
        prompt: "flag",
        file: "a,b\n1,2\n"
      })
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
      for (const bytes of [...halves, "nul\0nul", "\u0001\u0002"]) {
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
