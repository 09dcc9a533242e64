/** Holds the journal's file to being made late, private and whole, and to being refused when it is not ours or not sound. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { inspect } from "../../../src/adapters/journal/Inspection.ts"
import { join } from "node:path"
import { migrations, versionAfter } from "../../../src/adapters/journal/Database.ts"
import type { Code } from "../../../src/domain/Failure.ts"
import { edit, everything, fileOf, modeOf, using, withSteps, write } from "../../support/journalFile.ts"
import { append, codeOf, commitOf, folder, run, verified } from "../../support/ledger.ts"

/** What reading and writing say to a file with these bytes, after which it has the same bytes still. */
const refusal = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<ReadonlyArray<Code | null>> {
  const before = readFileSync(fileOf(directory))
  const codes = [
    yield* codeOf(using(directory, (journal) => journal.streams(everything))),
    yield* codeOf(using(directory, (journal) => journal.commit(commitOf(append(run("new"), 0)))))
  ]
  assert.isTrue(before.equals(readFileSync(fileOf(directory))))
  return codes
})

const corrupt: ReadonlyArray<Code> = ["JOURNAL_CORRUPT", "JOURNAL_CORRUPT"]
const older: ReadonlyArray<Code> = ["JOURNAL_OLDER", "JOURNAL_OLDER"]
const newer: ReadonlyArray<Code> = ["JOURNAL_NEWER", "JOURNAL_NEWER"]

describe("SQLite: making the file", () => {
  it.effect("reading where there is nothing makes nothing", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "data")
      const found = yield* using(directory, (journal) => journal.streams(everything))
      assert.deepStrictEqual(found, [])
      assert.isTrue(statSync(directory, { throwIfNoEntry: false }) === undefined)
    })
  )

  it.effect("the first commit makes folder and file, for this user alone", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "deep", "data")
      yield* using(directory, (journal) =>
        Effect.gen(function* () {
          yield* journal.commit(commitOf(append(run("a"), 0)))
          for (const name of readdirSync(directory))
            assert.strictEqual(modeOf(join(directory, name)), 0o600, name)
        })
      )
      assert.strictEqual(modeOf(directory), 0o700)
      assert.deepStrictEqual(readdirSync(directory), ["journal.sqlite"])
    })
  )

  it.effect("a folder that cannot be one is unavailable", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "file")
      writeFileSync(directory, "")
      assert.strictEqual(
        yield* codeOf(using(directory, (journal) => journal.commit(commitOf(append(run("a"), 0))))),
        "JOURNAL_UNAVAILABLE"
      )
      const listing = codeOf(using(directory, (journal) => journal.streams(everything)))
      assert.strictEqual(yield* listing, "JOURNAL_UNAVAILABLE", "it is not an empty journal either")
    })
  )

  it.effect("a link in its place is refused, whether it leads to a journal or nowhere", () =>
    Effect.gen(function* () {
      const [directory, outside] = [yield* folder, yield* folder]
      const both = Effect.all([
        codeOf(using(directory, (journal) => journal.streams(everything))),
        codeOf(using(directory, (journal) => journal.commit(commitOf(append(run("a"), 0)))))
      ])
      symlinkSync(fileOf(outside), fileOf(directory))
      assert.deepStrictEqual<unknown>(yield* both, corrupt)
      assert.deepStrictEqual(readdirSync(outside), [])
      yield* write(outside, "theirs")
      const before = readFileSync(fileOf(outside))
      assert.deepStrictEqual<unknown>(yield* both, corrupt)
      assert.isTrue(before.equals(readFileSync(fileOf(outside))))
    })
  )

  it.effect("SQLite follows no link in the place of its log or index either", () =>
    Effect.gen(function* () {
      for (const end of ["-wal", "-shm"]) {
        const [directory, outside] = [yield* folder, yield* folder]
        yield* write(directory, "mine")
        symlinkSync(join(outside, "new"), fileOf(directory) + end)
        const failing = codeOf(using(directory, (journal) => journal.commit(commitOf(append(run("a"), 0)))))
        assert.isNotNull(yield* failing, end)
        assert.deepStrictEqual(readdirSync(outside), [], end)
      }
    })
  )

  it.effect("a link to the folder is followed: data may live on another disk", () =>
    Effect.gen(function* () {
      const [directory, outside] = [join(yield* folder, "data"), yield* folder]
      symlinkSync(outside, directory)
      yield* write(directory, "mine")
      assert.deepStrictEqual(readdirSync(outside), ["journal.sqlite"])
    })
  )

  // Nothing is read-only to root.
  it.effect.skipIf(process.getuid?.() === 0)("a folder without write permission is unavailable", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "data")
      mkdirSync(directory)
      chmodSync(directory, 0o500)
      assert.strictEqual(
        yield* codeOf(using(directory, (journal) => journal.commit(commitOf(append(run("a"), 0))))),
        "JOURNAL_UNAVAILABLE"
      )
    })
  )
})

describe("SQLite: a file that is refused", () => {
  const damages: ReadonlyArray<readonly [string, (bytes: Buffer) => Uint8Array]> = [
    ["cut in half", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["cut within a page", (bytes) => bytes.subarray(0, bytes.length - 100)],
    ["cut to its header", (bytes) => bytes.subarray(0, 100)],
    ["empty", () => Buffer.alloc(0)],
    ["of something else", (bytes) => Buffer.alloc(bytes.length, "no database at all\n")],
    ["zeroed", (bytes) => Buffer.alloc(bytes.length)]
  ]
  for (const [name, damage] of damages) {
    it.effect(`${name}: damaged, and left alone`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a", "b")
        writeFileSync(fileOf(directory), damage(readFileSync(fileOf(directory))))
        assert.deepStrictEqual(yield* refusal(directory), corrupt)
      })
    )
  }

  it.effect("of another program: damaged, and left alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* edit(directory, "CREATE TABLE rows (x); INSERT INTO rows VALUES (1)")
      assert.deepStrictEqual(yield* refusal(directory), corrupt)
    })
  )

  const unlike = [
    [
      "a trigger that keeps what is erased",
      "CREATE TRIGGER t AFTER INSERT ON keys BEGIN SELECT new.key; END"
    ],
    ["an index less", "DROP INDEX streams_open"],
    [
      "a view in the place of what was spent",
      "ALTER TABLE spending RENAME TO s; CREATE VIEW spending AS SELECT * FROM s"
    ],
    ["a column more", "ALTER TABLE rows ADD COLUMN words TEXT"]
  ] as const
  for (const [what, sql] of unlike) {
    it.effect(`with ${what}: damaged, and left alone`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a")
        yield* edit(directory, sql)
        assert.deepStrictEqual(yield* refusal(directory), corrupt)
        const told: Array<string> = []
        inspect({ directory, now: 0, scratch: directory }, ({ facts }) => told.push(facts.state))
        assert.deepStrictEqual(told, ["foreign"], "and doctor says so")
      })
    )
  }

  it.effect("of a newer version: newer, and left alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      yield* edit(directory, `PRAGMA user_version = ${versionAfter(migrations) + 1}`)
      assert.deepStrictEqual(yield* refusal(directory), newer)
    })
  )

  it.effect("from before the ledger had its format: older, and left alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      yield* edit(directory, "PRAGMA user_version = 1")
      assert.deepStrictEqual(yield* refusal(directory), older)
    })
  )
})

describe("SQLite: rows put before all others", () => {
  for (const position of [-1, 0]) {
    it.effect(`at ${position}: no stream has them, and a walk from before the first place finds them`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a")
        const reads = using(directory, (journal) =>
          Effect.all([journal.read(run("a")), journal.scan(0, 10), journal.scan(-Infinity, 10)])
        )
        const [rows, , all] = yield* reads
        yield* edit(
          directory,
          `INSERT INTO rows SELECT ${position}, stream, seq + 1, at, payload, hash, hash FROM rows WHERE position = 3`
        )
        const [read, walked, found] = yield* reads
        assert.deepStrictEqual([read, walked], [rows, all])
        assert.deepStrictEqual(
          found.map((row) => row.position),
          [position, 1, 2, 3]
        )
      })
    )
  }
})

describe("SQLite: migration", () => {
  const added = "ALTER TABLE owners ADD COLUMN label TEXT"

  it.effect("brings an older file forward, once, with all its rows", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const steps = [...migrations, added]
      for (let time = 0; time < 2; time++) {
        const rows = yield* withSteps(directory, steps, (journal) => journal.read(run("a")))
        assert.strictEqual(verified(run("a"), rows).seq, 3)
      }
      assert.deepStrictEqual(yield* refusal(directory), newer)
    })
  )

  it.effect("that fails half way leaves the file at its version", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const broken = [...migrations, "DROP TABLE rows", "CREATE TABLE streams (again)"]
      assert.strictEqual(
        yield* codeOf(withSteps(directory, broken, (journal) => journal.read(run("a")))),
        "JOURNAL_UNAVAILABLE"
      )
      const rows = yield* using(directory, (journal) => journal.read(run("a")))
      assert.strictEqual(verified(run("a"), rows).seq, 3)
    })
  )
})
