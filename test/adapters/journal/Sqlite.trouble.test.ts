/** Lets disks fill, locks stay and rows be changed under a journal, and copies it while it is in use. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { migrations } from "../../../src/adapters/journal/Database.ts"
import { sha256 } from "../../../src/adapters/journal/Plan.ts"
import { verify } from "../../../src/domain/ledger/Ledger.ts"
import { start } from "../../support/children.ts"
import { edit, everything, fileOf, modeOf, using, withSteps, write } from "../../support/journalFile.ts"
import { append, cancelled, codeOf, commitOf, folder, run, sealedOf, verified } from "../../support/ledger.ts"

/** Starts a shell in a mount namespace of its own: `$1` is the directory, `"$2" "$3"` the child program. */
const startMounted = (script: string, directory: string) =>
  start("unshare", [
    "-Urm",
    "sh",
    "-c",
    script,
    "sh",
    directory,
    process.execPath,
    join(import.meta.dirname, "../../support/journalChild.ts")
  ])

describe("SQLite: trouble under way", () => {
  it.effect.runIf(process.platform === "linux")(
    "a place where nobody can make a folder is refused at once",
    () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* codeOf(write("/proc/nowhere/at/all", "a")), "JOURNAL_UNAVAILABLE")
      })
  )

  it.effect("a full file: what was acknowledged stays, and there is room again later", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* write(directory, "a")
      const pages = statSync(fileOf(directory)).size / 4096
      // A limit for the connection that migrates.
      const limited = [...migrations, `PRAGMA max_page_count = ${pages + 2}`]
      yield* withSteps(directory, limited, (journal) =>
        Effect.gen(function* () {
          const big = [sealedOf("prompt", new Uint8Array(50_000).fill(1))]
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
  it.live.skipIf(!hasNamespaces)(
    "a folder that cannot be written: the journal in it is read all the same",
    () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a")
        const script =
          'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" "$3" look "$1" in-thread'
        const lookInto = Effect.fnUntraced(function* (place: string) {
          const child = yield* startMounted(script, place)
          assert.strictEqual(yield* child.ended, 0)
          return JSON.parse(child.lines[0] ?? "{}")
        })
        const look = lookInto(directory)
        assert.deepStrictEqual(yield* look, { rows: 3, commit: "JOURNAL_UNAVAILABLE" })
        const older = yield* folder
        yield* withSteps(older, migrations.slice(0, 1), (journal) =>
          journal.commit(commitOf(append(run("a"), 0)))
        )
        assert.deepStrictEqual(yield* lookInto(older), { rows: 1, commit: "JOURNAL_UNAVAILABLE" })
        // A log that cannot be read with it may hold rows: then it is not read without.
        yield* Effect.sync(() => writeFileSync(`${fileOf(directory)}-wal`, ""))
        assert.strictEqual((yield* look).rows, "JOURNAL_UNAVAILABLE")
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

/** Relative paths are from this folder, for the rest of a test. */
const inFolder = (directory: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.cwd()
      process.chdir(directory)
      return before
    }),
    (before) => Effect.sync(() => process.chdir(before))
  )

describe("SQLite: backup", () => {
  it.effect("is a whole journal of its own, for this user alone, and replaces nothing", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const copies = join(directory, "copies")
      mkdirSync(copies)
      const infos = yield* using(directory, (journal) =>
        Effect.gen(function* () {
          yield* journal.commit(
            commitOf(append(run("a"), 0, { sealed: [sealedOf("prompt", [1])], key: Uint8Array.of(1) }))
          )
          yield* journal.commit(commitOf(append(run("b"), 0, { events: [cancelled] })))
          yield* journal.backup(fileOf(copies))
          assert.strictEqual(yield* codeOf(journal.backup(fileOf(copies))), "FILE_EXISTS")
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

  for (const name of [":memory:", "file::memory:", "file:copy.db", "file:copy.db?mode=memory"]) {
    it.effect(`to ${name}, a name that SQLite takes for another place, is that file`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a")
        yield* inFolder(directory)
        yield* using(directory, (journal) => journal.backup(name))
        assert.deepStrictEqual(readdirSync(directory).toSorted(), [name, "journal.sqlite"].toSorted())
        assert.strictEqual(modeOf(join(directory, name)), 0o600)
        const copies = join(directory, "copies")
        mkdirSync(copies)
        renameSync(join(directory, name), fileOf(copies))
        const rows = yield* using(copies, (journal) => journal.read(run("a")))
        assert.strictEqual(verified(run("a"), rows).seq, 3)
      })
    )
  }
})
