/** Lets disks fail under a journal and its key: full from the start or on the way, errors of the device, logs cut short. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { spawnSync } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inThread } from "../../../src/adapters/journal/Connection.ts"
import { migrations } from "../../../src/adapters/journal/Database.ts"
import { Followers } from "../../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../../src/adapters/journal/Owner.ts"
import { SqliteStore } from "../../../src/adapters/journal/SqliteStore.ts"
import { make } from "../../../src/adapters/journal/StoreJournal.ts"
import type { Pass, WritePoint } from "../../../src/adapters/WritePoint.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { ContentId, Principal, Timestamp } from "../../../src/domain/Ids.ts"
import type { Journal } from "../../../src/ports/Journal.ts"
import { start } from "../../support/children.ts"
import { slowly } from "../../support/io3.ts"
import { everything, fileOf, using } from "../../support/journalFile.ts"
import { append, cancelled, codeOf, commitOf, folder, run, sealedOf, verified } from "../../support/ledger.ts"

const support = join(import.meta.dirname, "../../support")
const [journalChild, vaultChild] = [join(support, "journalChild.ts"), join(support, "vaultChild.ts")]

/** Everything that a shell's children said; `$1` is a folder, `"$2" "$3"` the program of journals, `"$2" "$4"` that of keys. */
const shell = Effect.fnUntraced(function* (
  script: string,
  directory: string,
  ...before: ReadonlyArray<string>
) {
  const [command = "sh", ...args] = [...before, "sh", "-ec", script, "sh"]
  const child = yield* start(command, [...args, directory, process.execPath, journalChild, vaultChild])
  assert.strictEqual(yield* child.ended, 0)
  return child.lines
})

interface Filled {
  readonly code: string
  readonly begun: number
  readonly acknowledged: number
  readonly kept: number
}
const filled = (lines: ReadonlyArray<string>) => lines.map((line): Filled => JSON.parse(line))

/** That every chain holds, that no position is missing, and that the file is sound. */
const whole = (directory: string) =>
  using(directory, (journal) =>
    Effect.gen(function* () {
      const infos = yield* journal.streams({ ...everything, limit: 10_000 })
      for (const { stream, seq, head } of infos) {
        assert.deepStrictEqual(verified(stream, yield* journal.read(stream)), { seq, hash: head })
      }
      const rows = yield* journal.scan(0, 10_000)
      assert.deepStrictEqual(
        rows.map(({ position }) => position),
        rows.map((_, index) => index + 1)
      )
      const database = new DatabaseSync(fileOf(directory))
      assert.strictEqual(database.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
      database.close()
      return rows.length
    })
  )

const hasNamespaces = spawnSync("unshare", ["-Urm", "true"]).status === 0
if (!hasNamespaces) process.stderr.write("SKIPPED full disks: nothing can be mounted here\n")
const mounted = ["unshare", "-Urm"]

describe("SQLite: disks", slowly, () => {
  it.live.skipIf(!hasNamespaces)(
    "full from the start: nothing is made, and everything once there is room",
    () =>
      Effect.gen(function* () {
        const script = `
        mount -t tmpfs -o size=64k none "$1"
        head -c 65536 /dev/zero > "$1/ballast" || true
        "$2" "$3" look "$1/data" in-thread; "$2" "$4" "$1/data"; ls -A "$1/data"
        rm "$1/ballast"; mount -o remount,size=4m "$1"
        "$2" "$3" look "$1/data" in-thread; "$2" "$4" "$1/data"; ls -A "$1/data"`
        const said = yield* shell(script, yield* folder, ...mounted)
        assert.deepStrictEqual(
          said.map((line) => (/^[0-9a-f]{136}$/u.test(line) ? "a wrapped key" : line)),
          [
            '{"rows":0,"commit":"JOURNAL_FULL"}',
            "JOURNAL_FULL",
            '{"rows":0,"commit":null}',
            "a wrapped key",
            "journal.sqlite",
            "master.key"
          ]
        )
      })
  )

  it.live.skipIf(!hasNamespaces)(
    "full on the way: nothing acknowledged is lost, and it goes on once there is room",
    () =>
      Effect.gen(function* () {
        const script = `
        mount -t tmpfs -o size=2m none "$1"
        head -c 500000 /dev/zero > "$1/ballast"
        "$2" "$3" fill "$1/data" in-thread
        rm "$1/ballast"
        "$2" "$3" fill "$1/data" in-thread`
        const [first, second] = filled(yield* shell(script, yield* folder, ...mounted))
        for (const { code, begun, acknowledged, kept } of [first!, second!]) {
          assert.strictEqual(code, "JOURNAL_FULL")
          assert.isAbove(acknowledged, begun + 5)
          assert.strictEqual(kept, acknowledged)
        }
        assert.strictEqual(second?.begun, first?.kept)
      })
  )

  it.live("a device that fails: what was acknowledged is there, and it goes on once the device does", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      // What would go beyond so many blocks of 512 bytes is an error of the system, which SQLite takes for one of the disk.
      const failing = 'ulimit -f 512; exec "$2" "$3" fill "$1" in-thread'
      const [first] = filled(yield* shell(failing, directory))
      assert.ok(first)
      assert.strictEqual(first.code, "JOURNAL_UNAVAILABLE")
      assert.isAbove(first.acknowledged, 2)
      assert.strictEqual(first.kept, first.acknowledged)
      assert.strictEqual(yield* whole(directory), first.acknowledged)
      yield* using(directory, (journal) => journal.commit(commitOf(append(run("after"), 0))))
    })
  )
})

const local = Principal.make("local")
const budget = { window_hours: 24, calls: 99 }
const reserve = { principal: local, amount: { calls: 3, tokens: 5 }, budget }
const settle = { principal: local, reservedAt: Timestamp.make(0), unused: { calls: 1, tokens: 2 } }
const key = Uint8Array.of(7, 7)

/** One of everything that writes. */
type Deed = (journal: Journal["Service"]) => Effect.Effect<unknown, RuntimeFailure>
const deeds: ReadonlyArray<Deed> = [
  (journal) =>
    journal.commit({ ...commitOf(append(run("a"), 0, { sealed: [sealedOf("prompt", [1])], key })), reserve }),
  (journal) => journal.commit(commitOf(append(run("b"), 0), append(run("c"), 0, { key }))),
  (journal) => journal.commit({ ...commitOf(append(run("a"), 1, { events: [cancelled] })), settle }),
  (journal) => journal.commit(commitOf(append(run("a"), 2, { erase: true }))),
  (journal) => journal.scrub
]

/** Does every deed, a second time where the first was refused; gives the codes of those. */
const doAll = (directory: string, at: Pass) =>
  Effect.gen(function* () {
    const owner = thisProcess(0)
    const store = new SqliteStore(directory, owner, migrations, at)
    const journal = make(inThread(store), owner.id, new Followers())
    const refused: Array<string> = []
    for (const deed of deeds) {
      const code = yield* codeOf(deed(journal))
      if (code === null) continue
      refused.push(code)
      assert.isNull(yield* codeOf(deed(journal)))
    }
    yield* Effect.sync(() => store.close())
    return refused
  })

/** What came of the deeds. */
const outcome = (directory: string) =>
  using(directory, (journal) =>
    Effect.gen(function* () {
      return {
        rows: (yield* journal.scan(0, 100)).map(({ stream, seq }) => [stream, seq]),
        spending: (yield* journal.spending(0)).map(({ calls, tokens }) => [calls, tokens]),
        keys: yield* Effect.forEach(["a", "c"], (name) => Effect.map(journal.key(run(name)), Option.isSome)),
        text: Option.isSome(yield* journal.sealed(run("a"), ContentId.make("prompt")))
      }
    })
  )

/** Errors as SQLite and the system throw them, and what they are called. */
const errors: ReadonlyArray<readonly [string, object]> = [
  ["JOURNAL_UNAVAILABLE", { code: "ERR_SQLITE_ERROR", errcode: 10 | (3 << 8) }],
  ["JOURNAL_FULL", { code: "ERR_SQLITE_ERROR", errcode: 13 }]
]
const fileErrors: ReadonlyArray<readonly [string, object]> = [
  ["JOURNAL_UNAVAILABLE", { code: "EIO" }],
  ["JOURNAL_FULL", { code: "ENOSPC" }]
]
const ofFiles: ReadonlySet<WritePoint> = new Set(["draft", "fill", "link", "folder"])

describe("SQLite: an error at each moment at which the disk changes", slowly, () => {
  it.effect("is a refusal with a code, after which nothing is half done and everything can be done", () =>
    Effect.gen(function* () {
      const points: Array<WritePoint> = []
      const undisturbed = join(yield* folder, "data")
      yield* doAll(undisturbed, (point, act) => {
        points.push(point)
        return act()
      })
      assert.includeMembers(points, [
        "link",
        "begin",
        "register",
        "grow",
        "erase",
        "charge",
        "commit",
        "checkpoint"
      ])
      const expected = yield* outcome(undisturbed)
      assert.deepStrictEqual(expected.spending, [[2, 3]])
      assert.deepStrictEqual([expected.keys, expected.text], [[false, true], false])
      for (const [moment, point] of points.entries()) {
        for (const [code, fields] of ofFiles.has(point) ? fileErrors : errors) {
          const directory = join(yield* folder, "data")
          let passed = 0
          const refused = yield* doAll(directory, (_, act) => {
            if (passed++ === moment) throw Object.assign(new Error("the disk"), fields)
            return act()
          })
          assert.deepStrictEqual(refused, [code], `${point}, the moment ${moment}`)
          assert.deepStrictEqual(yield* outcome(directory), expected)
          yield* whole(directory)
        }
      }
    })
  )
})

describe("SQLite: a log that is not whole", slowly, () => {
  it.effect("gives back a whole journal up to where it is, and one that can be gone on with", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const log = `${fileOf(directory)}-wal`
      const commits = 12
      const files = yield* using(directory, (journal) =>
        Effect.gen(function* () {
          for (let index = 0; index < commits; index++) {
            const sealed = [sealedOf("prompt", new Uint8Array(3_000).fill(index))]
            yield* journal.commit({ ...commitOf(append(run(index), 0, { sealed })), reserve })
          }
          return { file: readFileSync(fileOf(directory)), log: readFileSync(log) }
        })
      )
      const kept = Effect.fnUntraced(function* (bytes: Uint8Array) {
        const copy = yield* folder
        writeFileSync(fileOf(copy), files.file)
        writeFileSync(`${fileOf(copy)}-wal`, bytes)
        const rows = yield* whole(copy)
        yield* using(copy, (journal) =>
          Effect.gen(function* () {
            const spending = yield* journal.spending(0)
            assert.strictEqual(
              spending.reduce((sum, { calls }) => sum + calls, 0),
              3 * rows
            )
            yield* journal.commit(commitOf(append(run("after"), 0)))
          })
        )
        return rows
      }, Effect.scoped)

      let [rows, reached] = [0, new Set<number>()]
      for (let end = 0; end < files.log.length; end += 6_007) {
        const now = yield* kept(files.log.subarray(0, end))
        assert.isAtLeast(now, rows, "a longer log has no less")
        reached.add((rows = now))
      }
      assert.isAbove(reached.size, commits / 2)
      assert.strictEqual(yield* kept(files.log), commits)
      for (let at = 100; at < files.log.length; at += 19_973) {
        const garbled = Buffer.from(files.log)
        garbled[at] = garbled[at]! ^ 1
        assert.isAtMost(yield* kept(garbled), commits)
      }
    })
  )
})
