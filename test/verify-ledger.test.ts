/** Holds the independent verifier to its word: it knows every event, stands alone, and says what the documentation says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, execFileSync } from "node:child_process"
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Event } from "../src/domain/Event.ts"
import { codes } from "../src/domain/Failure.ts"
import { root } from "../src/domain/ledger/Head.ts"
import { chronicles, together } from "./support/chronicles.ts"
import { hand, rowsOf } from "./support/exports.ts"
import { documented, shapeOf } from "./support/shapes.ts"
import { EVENTS, program, RETRYABLE, scripts, SENTENCES, verifyExport } from "./support/verifier.ts"

const doc = readFileSync(join(import.meta.dirname, "../docs/ledger-format.md"), "utf8")
const sources = [
  program,
  ...readdirSync(join(scripts, "verify-ledger")).map((name) => join(scripts, "verify-ledger", name))
]

describe("the verifier's events", () => {
  it("are those of the Schemas, member by member", () => {
    const expected = Event.members.map((member) => {
      const { _tag, ...members } = shapeOf(member) as Readonly<Record<string, { one: ReadonlyArray<string> }>>
      return [_tag?.one[0], members]
    })
    assert.deepStrictEqual(EVENTS, Object.fromEntries(expected))
    const members = (events: object) =>
      Object.entries(events).map(([, shape]) => Object.keys(shape as object))
    const inOrder = Object.fromEntries(expected) as typeof EVENTS
    assert.deepStrictEqual(
      members(EVENTS),
      members(Object.fromEntries(Object.keys(EVENTS).map((kind) => [kind, inOrder[kind]])))
    )
  })

  it("have codes that can be tried again where the runtime has", () => {
    const retryable = Object.entries(codes).flatMap(([code, { retryable }]) => (retryable ? [code] : []))
    assert.sameMembers([...RETRYABLE], retryable)
  })

  it("are those of the documentation", () => {
    const said = /<!-- events -->\n+```text\n([\s\S]*?)\n```\n+<!-- \/events -->/.exec(doc)?.[1]
    assert.strictEqual(said, documented(RETRYABLE))
  })
})

describe("the verifier's sources", () => {
  it("import Node's own modules and each other, and nothing else", () => {
    const imported = sources.flatMap((source) => {
      const text = readFileSync(source, "utf8")
      assert.notMatch(text, /import\(|require\(|process\.(binding|dlopen)/)
      return [...text.matchAll(/\bfrom\s+"([^"]+)"/g)].map(([, specifier = ""]) => specifier)
    })
    const foreign = imported.filter(
      (specifier) => !/^node:(fs|crypto)$|^\.\/(verify-ledger\/)?[a-z]+\.mjs$/.test(specifier)
    )
    assert.deepStrictEqual(foreign, [])
    assert.includeMembers(imported, ["node:fs", "node:crypto", "./verify-ledger/verifier.mjs"])
  })

  it("name no falsehood that the documentation does not", () => {
    const names = sources.flatMap((source) =>
      [...readFileSync(source, "utf8").matchAll(/hold\([^"]*(?:"[a-z ]+"[^"]*)*"([a-z_]+)"\s*\)/g)].map(
        ([, name = ""]) => name
      )
    )
    assert.isAbove(new Set(names).size, 15)
    for (const name of names) assert.include(doc, `\`${name}\``)
  })

  it("have a sentence for each of them", () => {
    const names = sources.flatMap((source) =>
      [
        ...readFileSync(source, "utf8").matchAll(
          /\bhold\((?:[^"()]|\([^()]*\)|"[^"]*"(?!\s*\)))*"([a-z_]+)"\s*\)/g
        )
      ].map(([, name = ""]) => name)
    )
    assert.includeMembers(Object.keys(SENTENCES), [...new Set(names), "settlement", "drift", "wrong_stream"])
    for (const [name, sentence] of Object.entries(SENTENCES)) {
      assert.include(doc, `\`${name}\``)
      assert.match(sentence, /^[A-Z][^\n"]+\.$/)
    }
  })
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const run = (script: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly exit: number; readonly out: string; readonly err: string }>((resolve) => {
        const child = execFile(process.execPath, [script, ...args], { env: {} }, (_, out, err) =>
          resolve({ exit: child.exitCode ?? -1, out, err })
        )
      })
  )

/** A folder with the verifier, an export of a few runs, its public key, and a checkpoint in its middle. */
const scene = Effect.gen(function* () {
  const path = yield* folder
  cpSync(program, join(path, "verify-ledger.mjs"))
  cpSync(join(scripts, "verify-ledger"), join(path, "verify-ledger"), { recursive: true })
  const truth = yield* hand("11".repeat(32))
  const lives = yield* chronicles
  const rows = rowsOf(together([...lives.values()].slice(0, 6)))
  const text = yield* truth.exportOf(rows)
  const checkpoint = (position: number, more: object = {}) => {
    const heads = new Map(rows.slice(0, position).map((row) => [row.stream, row]))
    const head = {
      at: 1,
      format: "io3/checkpoint/v1",
      position,
      root: root(truth.tools.hash, heads),
      streams: heads.size
    }
    return truth.sign({ ...head, ...more })
  }
  const put = (name: string, what: string | Uint8Array) => {
    writeFileSync(join(path, name), what)
    return join(path, name)
  }
  return { path, script: join(path, "verify-ledger.mjs"), truth, rows, text, checkpoint, put }
})

describe("the verifier, alone in a folder", { timeout: 60_000 }, () => {
  it.effect("says what holds, in words and as JSON", () =>
    Effect.gen(function* () {
      const { script, truth, rows, text, put } = yield* scene
      const file = put("export.ndjson", text)
      const plain = yield* run(script, file)
      assert.strictEqual(plain.exit, 0)
      assert.match(plain.err, /^Nobody vouches for the key [^\n]*--public-key\.\n$/)
      const vouched = yield* run(script, file, "--public-key", truth.key)
      assert.deepStrictEqual({ ...vouched, out: "" }, { exit: 0, out: "", err: "" })
      assert.match(plain.out, /^export: everything holds; rows \d+, streams 7, runs 6, .*vouched false/)
      const given = yield* run(script, file, "--public-key", put("key", `${truth.key}\n`), "--json")
      assert.deepInclude(JSON.parse(given.out), {
        ok: true,
        rows: rows.length,
        streams: 7,
        key: truth.key,
        vouched: true
      })
    })
  )

  it.effect("says how it is used when it is asked", () =>
    Effect.gen(function* () {
      const { exit, out, err } = yield* run(program, "--help")
      assert.deepStrictEqual([exit, err], [0, ""])
      assert.match(out, /^usage: /)
      for (const word of ["--public-key", "--checkpoint", "--text", "--json"])
        assert.include(out, `\n  ${word} `)
    })
  )

  it.effect.skipIf(process.platform === "win32")("reads what can be read only once: a pipe", () =>
    Effect.gen(function* () {
      const { script, text, put } = yield* scene
      const piped = 'cat "$1" | "$2" "$3" /dev/stdin'
      const file = put("export.ndjson", text)
      const said = execFileSync("sh", ["-c", piped, "sh", file, process.execPath, script], {
        encoding: "utf8"
      })
      assert.match(said, /^export: everything holds; /)
    })
  )

  it.effect("says in one line what does not, and where", () =>
    Effect.gen(function* () {
      const { script, truth, rows, put } = yield* scene
      const at = rows.findIndex(({ payload }) => payload.includes("RouteResolved"))
      const lied = rows.map((row, index) =>
        index === at
          ? { ...row, payload: row.payload.replace('"fallbackUsed":false', '"fallbackUsed":true') }
          : row
      )
      const entries = lied.map(({ stream, payload }) => ({ stream, event: JSON.parse(payload) }))
      const file = put("export.ndjson", yield* truth.exportOf(rowsOf(entries)))
      const { position, stream, seq } = rows[at] ?? assert.fail("there is a route")
      const found = yield* run(script, file)
      assert.deepStrictEqual(found, {
        exit: 1,
        out: `position ${position} ${stream} seq ${seq}: route\n`,
        err: "The route is not the one that the configuration gives.\n"
      })
      const json = yield* run(script, file, "--json")
      assert.deepStrictEqual(JSON.parse(json.out), { ok: false, falsehood: "route", position, stream, seq })
    })
  )

  it.effect("tells nothing of a file that is no export, and of how it was asked only how to", () =>
    Effect.gen(function* () {
      const { script, put } = yield* scene
      const secret = "A secret that somebody wrote."
      for (const content of [
        secret,
        "",
        "\n",
        `{"format":"io3/ledger/v1"}\n${secret}\n`,
        `{"checkpoint":"${secret}"}\n`
      ]) {
        const file = put("file", content)
        const text = content.startsWith('{"checkpoint":') ? ["--text", file] : []
        const { exit, out, err } = yield* run(script, file, ...text)
        assert.deepStrictEqual({ exit, out }, { exit: 1, out: "format\n" })
        assert.match(err, /^The file is not an export[^\n]*\.\n$/)
      }
      const file = put("file", secret)
      for (const args of [
        [],
        [file, file],
        [file, "--text", file],
        [file, "--checkpoint"],
        [file, "--other"],
        [file, "--public-key", file]
      ]) {
        const { exit, out, err } = yield* run(script, ...args)
        assert.deepStrictEqual({ exit, out }, { exit: 2, out: "" })
        assert.match(err, /^usage: /)
      }
      const missing = yield* run(script, join(file, "nowhere"))
      assert.deepStrictEqual(missing, { exit: 2, out: "", err: "A file could not be read.\n" })
    })
  )

  it.effect("holds an export against a checkpoint that was kept elsewhere", () =>
    Effect.gen(function* () {
      const { script, truth, rows, text, checkpoint, put } = yield* scene
      const file = put("export.ndjson", text)
      const shorter = put("shorter.ndjson", yield* truth.exportOf(rows.slice(0, 20)))
      const other = yield* hand("22".repeat(32))
      const forged = put("forged.ndjson", yield* other.exportOf(rows))
      const against = (export_: string, kept: string) =>
        run(script, export_, "--checkpoint", put("checkpoint", kept))

      for (const position of [0, 1, 20, rows.length]) {
        const { exit, out } = yield* against(file, yield* checkpoint(position))
        assert.strictEqual(exit, 0)
        assert.include(out, `vouched true, checkpoint ${position}`)
      }
      const kept = yield* checkpoint(20)
      const found = [
        yield* against(shorter, yield* checkpoint(21)),
        yield* against(file, yield* checkpoint(20, { streams: 9 })),
        yield* against(file, yield* checkpoint(20, { root: "0".repeat(64) })),
        yield* against(file, kept.replace('"position":20', '"position":21')),
        yield* against(file, kept.trimEnd()),
        yield* against(forged, kept)
      ]
      assert.deepStrictEqual(
        found.map(({ out }) => out.trimEnd()),
        ["truncated", "checkpoint", "checkpoint", "signature", "format", "key"]
      )
    })
  )

  it.effect("takes bytes in however they are cut", () =>
    Effect.gen(function* () {
      const { truth, text } = yield* scene
      const bytes = Buffer.from(text)
      const cut = (size: number) =>
        Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size)
        )
      for (const size of [1, 7, 1000, bytes.length]) {
        assert.deepInclude(verifyExport(cut(size), { key: truth.key }), { ok: true })
      }
    })
  )
})
