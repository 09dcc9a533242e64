/** Holds the journal's file to being made late, private and whole, and to being refused when it is not ours or not sound. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Result } from "effect"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inThread } from "../../../src/adapters/journal/Connection.ts"
import { migrations } from "../../../src/adapters/journal/Database.ts"
import { Followers } from "../../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../../src/adapters/journal/Owner.ts"
import { sha256 } from "../../../src/adapters/journal/Plan.ts"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import { make } from "../../../src/adapters/journal/StoreJournal.ts"
import type { Code } from "../../../src/domain/Failure.ts"
import { verify } from "../../../src/domain/Ledger.ts"
import { Journal, type StreamFilter } from "../../../src/ports/Journal.ts"
import { start } from "../../support/children.ts"
import {
  append,
  cancelled,
  certified,
  codeOf,
  commitOf,
  folder,
  run,
  sealedOf,
  verified
} from "../../support/ledger.ts"

const everything: StreamFilter = { prefix: "", openOnly: false, before: null, limit: 100 }
const fileOf = (directory: string) => join(directory, "journal.sqlite")
const modeOf = (path: string) => statSync(path).mode & 0o777

/** Uses a journal on a folder, then closes it. */
const using = <A, E>(directory: string, body: (journal: Journal["Service"]) => Effect.Effect<A, E>) =>
  Journal.use(body).pipe(Effect.provide(Layer.fresh(Sqlite.layer({ directory, mode: "in-thread" }))))

/** A journal at other migrations than today's. */
const withSteps = <A, E>(
  directory: string,
  steps: ReadonlyArray<string>,
  body: (journal: Journal["Service"]) => Effect.Effect<A, E>
) =>
  Effect.suspend(() => {
    const owner = thisProcess(0)
    const store = new SqliteStore(directory, owner, steps)
    return Effect.ensuring(
      body(make(inThread(store), owner.id, new Followers())),
      Effect.sync(() => store.close())
    )
  })

/** Changes a closed journal behind its back. */
const edit = (directory: string, sql: string) =>
  Effect.sync(() => {
    const db = new DatabaseSync(fileOf(directory))
    db.exec(sql)
    db.close()
  })

const write = (directory: string, ...names: ReadonlyArray<string>) =>
  using(directory, (journal) =>
    Effect.forEach(names, (name) =>
      journal.commit(commitOf(append(run(name), 0, { events: [certified(1), certified(2), cancelled] })))
    )
  )

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

  it.effect("of a newer version: newer, and left alone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      yield* edit(directory, `PRAGMA user_version = ${migrations.length + 1}`)
      assert.deepStrictEqual(yield* refusal(directory), newer)
    })
  )
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

describe("SQLite: trouble under way", () => {
  it.effect("a full file: what was acknowledged stays, and there is room again later", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const pages = statSync(fileOf(directory)).size / 4096
      // A limit for the connection that migrates.
      const limited = [...migrations, `PRAGMA max_page_count = ${pages + 2}`]
      yield* withSteps(directory, limited, (journal) =>
        Effect.gen(function* () {
          const big = [sealedOf("prompt", ...new Array<number>(50_000).fill(1))]
          const failing = yield* codeOf(journal.commit(commitOf(append(run("b"), 0, { sealed: big }))))
          assert.strictEqual(failing, "JOURNAL_FULL")
          assert.deepStrictEqual(yield* journal.read(run("b")), [])
          yield* journal.commit(commitOf(append(run("c"), 0)))
          assert.strictEqual(verified(run("a"), yield* journal.read(run("a"))).seq, 3)
        })
      )
    })
  )

  const hasNamespaces = spawnSync("unshare", ["-Urm", "true"]).status === 0
  it.live.skipIf(!hasNamespaces)("a full disk: nothing acknowledged is lost", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const program = join(import.meta.dirname, "../../support/journalChild.ts")
      const script = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" fill "$1/data" in-thread'
      const child = yield* start("unshare", [
        "-Urm",
        "sh",
        "-c",
        script,
        "sh",
        directory,
        process.execPath,
        program
      ])
      assert.strictEqual(yield* child.ended, 0)
      const { code, acknowledged, kept } = JSON.parse(child.lines[0] ?? "{}")
      assert.strictEqual(code, "JOURNAL_FULL")
      assert.isAbove(acknowledged, 5)
      assert.strictEqual(kept, acknowledged)
    })
  )

  it.effect("another process that holds the file for too long: busy, then fine", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      yield* using(directory, (journal) =>
        Effect.gen(function* () {
          const holder = new DatabaseSync(fileOf(directory))
          holder.exec("BEGIN IMMEDIATE")
          assert.strictEqual(yield* codeOf(journal.commit(commitOf(append(run("b"), 0)))), "JOURNAL_BUSY")
          assert.strictEqual((yield* journal.read(run("a"))).length, 3)
          holder.exec("ROLLBACK")
          holder.close()
          yield* journal.commit(commitOf(append(run("b"), 0)))
        })
      )
    })
  )
})

describe("SQLite: tampering", () => {
  it.effect("no byte of a row can change unseen", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const db = new DatabaseSync(fileOf(directory))
      db.exec("PRAGMA synchronous = OFF")
      const fault = Effect.map(
        using(directory, (journal) => journal.read(run("a"))),
        (rows) => Result.isFailure(verify(sha256, run("a"), rows))
      )
      for (const column of ["payload", "previous", "hash"] as const) {
        const text = String(db.prepare(`SELECT ${column} AS text FROM rows WHERE seq = 2`).get()?.["text"])
        const change = db.prepare(`UPDATE rows SET ${column} = ? WHERE seq = 2`)
        for (let at = 0; at < text.length; at += 3) {
          const flipped = String.fromCharCode(text.charCodeAt(at) ^ 1)
          change.run(`${text.slice(0, at)}${flipped}${text.slice(at + 1)}`)
          assert.isTrue(yield* fault, `${column} ${at}`)
        }
        change.run(text)
        assert.isFalse(yield* fault)
      }
      for (const [change, undo] of [
        ["at = at + 1", "at = at - 1"],
        ["seq = seq + 5", "seq = seq - 5"]
      ] as const) {
        db.exec(`UPDATE rows SET ${change} WHERE position = 2`)
        assert.isTrue(yield* fault, change)
        db.exec(`UPDATE rows SET ${undo} WHERE position = 2`)
      }
      db.exec("DELETE FROM rows WHERE position = 2")
      assert.isTrue(yield* fault)
      db.close()
    })
  )

  it.effect("a missing last row is told by the stream's own head", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      yield* edit(directory, "DELETE FROM rows WHERE seq = 3")
      yield* using(directory, (journal) =>
        Effect.gen(function* () {
          const { seq, head } = Option.getOrThrow(yield* journal.info(run("a")))
          assert.notDeepEqual(verified(run("a"), yield* journal.read(run("a"))), { seq, hash: head })
        })
      )
    })
  )
})

describe("SQLite: backup", () => {
  it.effect("is a whole journal of its own, for this user alone, and replaces nothing", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const copies = join(directory, "copies")
      mkdirSync(copies)
      const infos = yield* using(directory, (journal) =>
        Effect.gen(function* () {
          yield* journal.commit(
            commitOf(append(run("a"), 0, { sealed: [sealedOf("prompt", 1)], key: Uint8Array.of(1) }))
          )
          yield* journal.commit(commitOf(append(run("b"), 0, { events: [cancelled] })))
          yield* journal.backup(fileOf(copies))
          assert.strictEqual(yield* codeOf(journal.backup(fileOf(copies))), "JOURNAL_UNAVAILABLE")
          assert.strictEqual(
            yield* codeOf(journal.backup(join(copies, "no", "folder"))),
            "JOURNAL_UNAVAILABLE"
          )
          yield* journal.commit(commitOf(append(run("c"), 0)))
          return (yield* journal.streams(everything)).filter(({ stream }) => stream !== run("c"))
        })
      )
      assert.strictEqual(modeOf(fileOf(copies)), 0o600)
      yield* using(copies, (journal) =>
        Effect.gen(function* () {
          assert.deepStrictEqual(
            (yield* journal.streams(everything)).map(({ stream, head, open }) => ({ stream, head, open })),
            infos.map(({ stream, head, open }) => ({ stream, head, open }))
          )
          assert.deepStrictEqual([...Option.getOrThrow(yield* journal.key(run("a")))], [1])
          yield* journal.commit(commitOf(append(run("c"), 0)))
        })
      )
    })
  )
})
