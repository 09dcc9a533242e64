/** Holds a look at a journal to leaving no copy of it behind, whether it ends, is interrupted or was killed. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, utimesSync } from "node:fs"
import { join } from "node:path"
import * as LocalMachine from "../../../src/adapters/machine/LocalMachine.ts"
import { Machine } from "../../../src/ports/Machine.ts"
import { until } from "../../support/io3.ts"
import { edit, fileOf, using } from "../../support/journalFile.ts"
import { append, commitOf, folder, run } from "../../support/ledger.ts"

const MEGABYTES = 192
const HOUR_MILLIS = 3_600_000

/** A folder that this process takes for the system's temporary one. */
const temporary = Effect.gen(function* () {
  const path = yield* folder
  return yield* Effect.acquireRelease(
    Effect.sync(() => {
      const before = process.env["TMPDIR"]
      process.env["TMPDIR"] = path
      return { path, before }
    }),
    ({ before }) =>
      Effect.sync(() => {
        if (before === undefined) delete process.env["TMPDIR"]
        else process.env["TMPDIR"] = before
      })
  )
})

/** A journal with a log beside it, and no index to the log: as a process leaves it that is killed and copied. */
const withLoneLog = (megabytes: number) =>
  Effect.gen(function* () {
    const data = yield* folder
    yield* using(data, (journal) => journal.commit(commitOf(append(run("a"), 0))))
    yield* edit(
      data,
      `INSERT INTO sealed (stream, id, bytes) VALUES (1, 'large', zeroblob(${megabytes * 1024 * 1024}))`
    )
    const [file, log] = [`${fileOf(data)}.kept`, `${fileOf(data)}-wal.kept`]
    yield* using(data, (journal) =>
      Effect.gen(function* () {
        yield* journal.commit(commitOf(append(run("b"), 0)))
        copyFileSync(fileOf(data), file)
        copyFileSync(`${fileOf(data)}-wal`, log)
      })
    )
    renameSync(file, fileOf(data))
    renameSync(log, `${fileOf(data)}-wal`)
    return data
  })

const looking = (data: string) =>
  Machine.use(({ journal }) => journal).pipe(
    Effect.provide(
      LocalMachine.layer({
        locations: { data, userConfig: data, projectConfig: data },
        environment: {},
        node: "24.0.0"
      })
    )
  )

const copies = (path: string) =>
  readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith("journal.sqlite"))

describe("a look at a journal with a log alone", () => {
  it.live("finds it sound, touches nothing, and leaves no copy", () =>
    Effect.gen(function* () {
      const data = yield* withLoneLog(0)
      const { path } = yield* temporary
      assert.strictEqual((yield* looking(data))?.facts.state, "sound")
      assert.deepStrictEqual(readdirSync(path), [])
      assert.isFalse(existsSync(`${fileOf(data)}-shm`))
    }).pipe(Effect.scoped)
  )

  it.live("leaves no copy when it is interrupted", () =>
    Effect.gen(function* () {
      const data = yield* withLoneLog(MEGABYTES)
      const { path } = yield* temporary
      const look = yield* Effect.forkChild(looking(data))
      yield* until(() => copies(path).length > 0)
      yield* Fiber.interrupt(look)
      assert.deepStrictEqual(readdirSync(path), [])
    }).pipe(Effect.scoped)
  )

  it.live("takes away what was left by one that was killed, and not what another is looking at now", () =>
    Effect.gen(function* () {
      const data = yield* withLoneLog(0)
      const { path } = yield* temporary
      for (const name of ["io3-look-left", "io3-look-now", "io3-other"])
        mkdirSync(join(path, name, "copy-1"), { recursive: true })
      const then = new Date(Date.now() - HOUR_MILLIS)
      for (const name of ["io3-look-left", "io3-other"]) utimesSync(join(path, name), then, then)
      yield* looking(data)
      assert.deepStrictEqual(readdirSync(path).toSorted(), ["io3-look-now", "io3-other"])
    }).pipe(Effect.scoped)
  )
})
