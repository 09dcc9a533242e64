/** Keeps memory with the real program: values by file and standard input, a yes that somebody has to say, many at once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  ForgottenOutput,
  PacksOutput,
  RecordsOutput,
  ShownOutput,
  WrittenOutput
} from "../../src/api/results/MemoryResults.ts"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { bytesUnder, configure, type Home, home, io3, parse, script, slowly } from "../support/io3.ts"
import { CTRL_C, CTRL_D, sit } from "../support/terminal.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED memory at a terminal: there is no script(1) of util-linux\n")

const write = (where: Home, stdin: string, ...more: ReadonlyArray<string>) =>
  io3(where, ["memory", "write", "project", "colour", ...more], { stdin })
const show = (where: Home, ...more: ReadonlyArray<string>) =>
  io3(where, ["memory", "show", "project", "colour", ...more])
const failed = (stdout: string) => parse(FailureOutput, stdout).error.code

describe("io3 memory", slowly, () => {
  it.live("keeps a value from standard input, a file or a flag, version by version, and gives it back", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const first = yield* write(where, "The colour is téal.\n", "--yes")
      assert.deepStrictEqual(
        [first.code, first.stdout, first.stderr],
        [0, "project/colour  version 1  standard  human  19 characters\n", ""]
      )
      writeFileSync(join(where.folder, "value.txt"), "two\nlines\n")
      const args = [
        "--sensitivity",
        "elevated",
        "--provenance",
        "llm:qwen3",
        "--expect",
        "1",
        "--yes",
        "-o",
        "json"
      ]
      const second = yield* io3(where, ["memory", "write", "project", "colour", "-f", "value.txt", ...args])
      const written = parse(WrittenOutput, second.stdout)
      const { identifier, version, sensitivity, provenance, chars } = written
      assert.deepEqual(
        [identifier, version, sensitivity, String(provenance), chars],
        ["project/colour", 2, "elevated", "llm:qwen3", 9]
      )
      const shown = yield* show(where)
      assert.deepStrictEqual([shown.code, shown.stdout], [0, "two\nlines\n"])
      assert.match(
        shown.stderr,
        /^project\/colour {2}version 2 {2}elevated {2}llm:qwen3 {2}9 characters {2}\S+Z, first \S+Z\n$/u
      )
      const { value, ...record } = parse(ShownOutput, (yield* show(where, "-o", "json")).stdout)
      assert.deepStrictEqual([record, value], [written, "two\nlines"])
      // What was shown, written again, is the same.
      yield* write(where, shown.stdout, "--yes")
      assert.strictEqual((yield* show(where)).stdout, shown.stdout)
      const flags = [
        "memory",
        "write",
        "--scope",
        "project",
        "--key",
        "colour",
        "--value",
        "exact\n",
        "--yes"
      ]
      assert.strictEqual((yield* io3(where, flags)).code, 0)
      assert.strictEqual(parse(ShownOutput, (yield* show(where, "-o", "ndjson")).stdout).value, "exact\n")
      const help = (yield* io3(where, ["memory", "write", "--help"])).stdout
      assert.match(help, /--value[^\n]*\n?[^\n]*process list/u)
    })
  )

  it.live("writes and forgets nothing without a yes, and says in place of which version it would", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const unsaid = yield* write(where, "value\n", "-o", "json")
      assert.deepStrictEqual([unsaid.code, failed(unsaid.stdout)], [1, "MEMORY_WRITE_FAILED"])
      assert.deepStrictEqual(yield* io3(where, ["memory", "list"]), {
        code: 0,
        stdout: "Nothing is remembered yet.\n",
        stderr: ""
      })
      yield* write(where, "value\n", "--yes")
      const moved = yield* write(where, "other\n", "--yes", "--expect", "0", "-o", "json")
      assert.deepStrictEqual([moved.code, failed(moved.stdout)], [1, "MEMORY_CONFLICT"])
      const kept = yield* io3(where, ["memory", "forget", "project", "colour", "-o", "json"])
      assert.deepStrictEqual([kept.code, failed(kept.stdout)], [1, "MEMORY_WRITE_FAILED"])
      assert.strictEqual((yield* show(where)).stdout, "value\n")
      const gone = yield* io3(where, ["memory", "forget", "project", "colour", "--yes", "-o", "json"])
      assert.deepStrictEqual(parse(ForgottenOutput, gone.stdout), {
        status: "ok",
        identifier: "project/colour",
        scope: parse(ForgottenOutput, gone.stdout).scope,
        key: parse(ForgottenOutput, gone.stdout).key,
        version: 1,
        scrubbed: true
      })
      const missing = yield* show(where, "-o", "json")
      assert.deepStrictEqual([missing.code, failed(missing.stdout)], [1, "MEMORY_NOT_FOUND"])
      yield* write(where, "again\n", "--yes", "--expect", "0")
      assert.strictEqual(parse(ShownOutput, (yield* show(where, "-o", "json")).stdout).version, 2)
      assert.strictEqual((yield* io3(where, ["ledger", "verify", "--texts"])).code, 0)
    })
  )

  it.live("refuses what is no name and no value, to the byte, and repeats nothing of it", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const wrong = ["../../etc/passwd", "__proto__", "a".repeat(10_000)]
      for (const [at, name] of wrong.entries()) {
        const args = at % 2 === 0 ? [name, "k"] : ["s", name]
        const { code, stdout, stderr } = yield* io3(where, [
          "memory",
          "write",
          ...args,
          "--value",
          "v",
          "--yes",
          "-o",
          "json"
        ])
        assert.deepStrictEqual([code, failed(stdout), stderr], [2, "MEMORY_NAME_INVALID", ""])
        assert.notInclude(stdout, name.length > 2 ? name : "\u0000")
      }
      const usage = [
        [["memory", "write", "s"], "Name one record: SCOPE KEY"],
        [["memory", "write", "s", "k", "--scope", "t"], "Name one record: SCOPE KEY"],
        [["memory", "write", "s", "k", "--yes"], /^A value is required/u],
        [["memory", "write", "s", "k", "--value", "v", "-f", "x"], /two values/u],
        [
          ["memory", "write", "s", "k", "--value", "v", "--provenance", "me"],
          /^Invalid value for --provenance \(WHOSE\): .*human, mixed or llm:MODEL\n/u
        ]
      ] as const
      for (const [args, said] of usage) {
        const { code, stdout, stderr } = yield* io3(where, args)
        assert.deepStrictEqual([code, stdout], [2, ""], args.join(" "))
        if (typeof said === "string") assert.strictEqual(stderr, `${said}\n`)
        else assert.match(stderr, said)
      }
      const most = 64 * 1024
      assert.strictEqual((yield* write(where, `${"a".repeat(most)}\n`, "--yes")).code, 0)
      for (const size of [most + 1, 1024 * 1024 + 1]) {
        const large = yield* write(where, "a".repeat(size), "--yes", "-o", "json")
        assert.deepStrictEqual([large.code, failed(large.stdout)], [2, "MEMORY_VALUE_TOO_LARGE"])
      }
      assert.strictEqual((yield* write(where, "\u0000", "--yes")).code, 2)
      assert.strictEqual((yield* show(where)).stdout, `${"a".repeat(most)}\n`)
    })
  )

  it.live(
    "is written by many processes at once without a lost version, and lists what there is page by page",
    () =>
      Effect.gen(function* () {
        const where = yield* home()
        yield* write(where, "first", "--yes")
        const crowd = Array.from({ length: 6 }, (_, at) => `value-${at}`)
        const ended = yield* Effect.forEach(crowd, (value) => write(where, value, "--yes", "-o", "json"), {
          concurrency: 6
        })
        const versions = ended.flatMap(({ code, stdout }) =>
          code === 0 ? [parse(WrittenOutput, stdout).version] : []
        )
        for (const { code, stdout } of ended)
          if (code !== 0) assert.strictEqual(failed(stdout), "MEMORY_CONFLICT")
        // Each version was written by one of them.
        assert.deepStrictEqual(
          versions.toSorted((a, b) => a - b),
          versions.map((_, at) => at + 2)
        )
        const last = ended.findIndex(
          ({ code, stdout }) => code === 0 && parse(WrittenOutput, stdout).version === versions.length + 1
        )
        assert.strictEqual((yield* show(where)).stdout, `${crowd[last]}\n`)

        for (const key of ["a", "b"])
          yield* io3(where, ["memory", "write", "other", key, "--value", key, "--yes"])
        const page = yield* io3(where, ["memory", "list", "--limit", "2"])
        assert.deepStrictEqual(
          [page.stdout, /--cursor \d+\n$/u.test(page.stderr)],
          [
            "other/b  version 1  standard  human  1 character\nother/a  version 1  standard  human  1 character\n",
            true
          ]
        )
        const { records, next } = parse(
          RecordsOutput,
          (yield* io3(where, ["memory", "list", "--scope", "project", "-o", "json"])).stdout
        )
        assert.deepStrictEqual(
          [records.map(({ identifier }) => identifier), next],
          [["project/colour"], null]
        )
        const none = yield* io3(where, ["memory", "list", "--scope", "nobody"])
        assert.strictEqual(none.stdout, "No record matches.\n")
      })
  )

  it.live("lists packs with what is there of each, and for whom they are read", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.projectConfig, {
        "memory_packs.yaml": `\
packs:
  - { id: pack.base, scope: base, keys: [tone] }
  - { id: pack.project, scope: project, keys: [colour], include_packs: [pack.base] }
defaults:
  modes: { executor: [pack.project] }
  sessions: [pack.base]
`,
        "runtime.yaml": "memory_budget_chars: 100\n"
      })
      yield* write(where, "teal", "--yes", "--sensitivity", "restricted")
      const { packs, budget_chars } = parse(
        PacksOutput,
        (yield* io3(where, ["memory", "packs", "-o", "json"])).stdout
      )
      assert.strictEqual(budget_chars, 100)
      assert.deepStrictEqual(
        packs.map(({ id, keys, default_of_modes, default_of_sessions }) => [
          id,
          keys.map(({ key, version, sensitivity }) => `${key} ${version} ${sensitivity}`),
          default_of_modes.join(),
          default_of_sessions
        ]),
        [
          ["pack.base", ["tone 0 null"], "", true],
          ["pack.project", ["tone 0 null", "colour 1 restricted"], "executor", false]
        ]
      )
      const text = yield* io3(where, ["memory", "packs"])
      assert.strictEqual(
        text.stdout,
        `\
Declared packs: 2 · at most 100 characters in a context
  pack.base · 1 key · read in sessions
    base/tone  not there
  pack.project · 2 keys · read in executor
    project/tone  not there
    project/colour  version 1  restricted
`
      )
      // No value is anywhere in clear.
      const value = Buffer.from("teal")
      const clear = [...bytesUnder(where.root)]
        .filter(([, bytes]) => bytes.includes(value))
        .map(([path]) => path)
      assert.deepStrictEqual(clear, [])
    })
  )
})

describe.skipIf(!there)("io3 memory at a terminal", slowly, () => {
  it.live("asks about one version of one record, and takes a yes for that alone", () =>
    Effect.gen(function* () {
      const where = yield* home()
      writeFileSync(join(where.folder, "value.txt"), "teal\n")
      const args = ["memory", "write", "project", "colour", "-f", "value.txt"]
      for (const said of ["n", "yess"]) {
        const person = yield* sit(where, args)
        yield* person.sees("Write project/colour, 4 characters, a new record? [y/N]")
        yield* person.says(said)
        assert.strictEqual((yield* person.ended).code, 1, said)
        assert.include(person.screen(), "MEMORY_WRITE_FAILED")
      }
      for (const key of [CTRL_C, CTRL_D]) {
        const person = yield* sit(where, args)
        yield* person.sees("[y/N]")
        yield* person.types(key)
        assert.notStrictEqual((yield* person.ended).code, 0)
      }
      assert.strictEqual((yield* io3(where, ["memory", "list"])).stdout, "Nothing is remembered yet.\n")
      for (const [at, said] of ["y", "YES"].entries()) {
        const person = yield* sit(where, args)
        yield* person.sees(at === 0 ? "a new record? [y/N]" : "in place of version 1? [y/N]")
        yield* person.says(said)
        yield* person.sees(`project/colour  version ${at + 1}`)
        assert.strictEqual((yield* person.ended).code, 0)
      }
      // It was written again while somebody was asked.
      const late = yield* sit(where, args)
      yield* late.sees("in place of version 2? [y/N]")
      yield* write(where, "blue", "--yes")
      yield* late.says("y")
      yield* late.sees("MEMORY_CONFLICT")
      assert.strictEqual((yield* show(where)).stdout, "blue\n")
      const forgetting = yield* sit(where, ["memory", "forget", "project", "colour"])
      yield* forgetting.sees("Forget project/colour?")
      yield* forgetting.says("y")
      yield* forgetting.sees("Forgotten: project/colour.")
      const asked = yield* sit(where, ["memory", "write", "project", "colour"])
      yield* asked.sees("A value is required")
    })
  )
})
