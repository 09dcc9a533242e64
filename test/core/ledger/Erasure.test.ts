/** Erases runs and looks for what is left: in the record, in every byte of the folder, under readers and after a kill. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Budgets } from "../../../src/core/run/Budgets.ts"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { History } from "../../../src/core/ledger/History.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { ContentId, Principal, type RunId, runStream } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { bundled } from "../../support/bundle.ts"
import { start } from "../../support/children.ts"
import { scene } from "../../support/coreScene.ts"
import { slowly } from "../../support/io3.ts"
import { fileOf } from "../../support/journalFile.ts"
import { codeOf, folder } from "../../support/ledger.ts"

const local = Principal.make("local")
const erase = (run: string) => Erasure.use((erasure) => erasure.erase(run, local))
const ask = (question: string, audit = false) =>
  Effect.map(
    Runs.use((runs) => runs.run(Runs.request("executor", question, { audit }))),
    ({ run }) => run
  )
const answered = (run: RunId) =>
  Effect.map(
    History.use((history) => history.text(run)),
    ({ released }) => released.text
  )

/** What must be nowhere once the run is erased: its wrapped key and its sealed texts, in pieces: a page may end within one. */
const secretsOf = (run: RunId) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const stream = runStream(run)
    const ids = ["prompt", "draft.1", "audit.1"].map((id) => ContentId.make(id))
    const sealed = yield* Effect.forEach(ids, (id) => journal.sealed(stream, id))
    const whole = [
      Option.getOrThrow(yield* journal.key(stream)),
      ...sealed.flatMap(Option.toArray).map(({ bytes }) => bytes)
    ]
    return whole.flatMap((bytes) => pieces(Buffer.from(bytes)))
  })
const PIECE = 16
const pieces = (bytes: Buffer): ReadonlyArray<Buffer> =>
  Array.from({ length: Math.floor(bytes.length / PIECE) }, (_, index) =>
    bytes.subarray(index * PIECE, (index + 1) * PIECE)
  )

/** How many of these are in any file of the folder. */
const foundIn = (directory: string, secrets: ReadonlyArray<Buffer>): number => {
  const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)))
  return secrets.filter((secret) => files.some((bytes) => bytes.indexOf(secret) >= 0)).length
}

/** Whether they are there, except where a page ends within one. */
const allIn = (directory: string, secrets: ReadonlyArray<Buffer>): boolean =>
  foundIn(directory, secrets) > 0.95 * secrets.length

const sound = Effect.gen(function* () {
  assert.isNull((yield* (yield* Verifier).journal(true)).broken)
  assert.deepStrictEqual(yield* (yield* Budgets).recount, [])
})

describe("an erasure", slowly, () => {
  it.live("leaves the record, and nothing of the texts in any byte of the folder", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const question = "What is a receipt? ".repeat(500)
        const [gone, kept] = [yield* ask(question, true), yield* ask(`${question}!`, true)]
        const secrets = yield* secretsOf(gone)
        const others = yield* secretsOf(kept)
        assert.isAbove(secrets.length, 1_000)
        assert.isTrue(allIn(directory, secrets))

        assert.deepStrictEqual(yield* erase(gone), { run: gone, scrubbed: true })
        assert.strictEqual(foundIn(directory, secrets), 0)
        assert.strictEqual(foundIn(directory, [Buffer.from("What is a receipt")]), 0)
        assert.isTrue(allIn(directory, others))
        assert.strictEqual(yield* codeOf(answered(gone)), "RUN_ERASED")
        assert.strictEqual(yield* answered(kept), `${question}!`)
        yield* sound

        const journal = yield* Journal
        const rows = yield* journal.read(runStream(gone))
        assert.include(rows.at(-1)?.payload ?? "", '"RunErased"')
        assert.isFalse(Option.getOrThrow(yield* journal.info(runStream(gone))).open)
        assert.strictEqual(yield* codeOf(erase(gone)), "RUN_ERASED")
        assert.strictEqual((yield* journal.read(runStream(gone))).length, rows.length)
      }).pipe(Effect.provide(scene({ directory })))
    })
  )

  it.live("of any runs, in any order, leaves no copy where pages were split or merged", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const runs = yield* Effect.forEach(Array.from({ length: 60 }), (_, index) =>
          ask(`${index} `.repeat(1 + ((index * 37) % 400)), index % 4 === 0)
        )
        const secrets = yield* Effect.forEach(runs, secretsOf)
        const order = runs.map((_, index) => (index * 23) % runs.length)
        for (const [count, index] of order.slice(0, 40).entries()) {
          yield* erase(runs[index]!)
          if (count % 3 === 0) yield* ask("another one in between")
        }
        for (const [count, index] of order.entries()) {
          if (count < 40) assert.strictEqual(foundIn(directory, secrets[index]!), 0, `run ${index}`)
          else assert.isTrue(allIn(directory, secrets[index]!), `run ${index}`)
        }
        yield* sound
      }).pipe(Effect.provide(scene({ directory })))
    })
  )

  it.live("is refused for a run that has not ended, is not there, or is not the only one", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const program = yield* bundled("coreChild.ts")
      // It dies right after its first intent.
      const child = yield* start(process.execPath, [program, "once", directory, "15", "after"])
      yield* child.ended
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        const streams = { prefix: "run/", openOnly: false, before: null, limit: 10 }
        const [open] = yield* journal.streams(streams)
        const name = open!.stream.slice("run/".length)
        assert.strictEqual(yield* codeOf(erase(name)), "RUN_OPEN")
        assert.isTrue(Option.isSome(yield* journal.key(open!.stream)))
        yield* ask("another")
        assert.strictEqual(yield* codeOf(erase("0")), "RUN_AMBIGUOUS")
        assert.strictEqual(yield* codeOf(erase("ffff")), "RUN_NOT_FOUND")
        assert.deepStrictEqual(yield* erase(name), { run: name, scrubbed: true } as never)
      }).pipe(Effect.provide(scene({ directory })))
    })
  )

  it.live("at the same moment as another one of the same run: one of them did it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const here = <A, E>(effect: Effect.Effect<A, E, Erasure | Runs>) =>
        Effect.provide(effect, scene({ directory }))
      const run = yield* here(ask("question"))
      const codes = yield* Effect.all([here(codeOf(erase(run))), here(codeOf(erase(run)))], {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(codes.toSorted(), ["RUN_ERASED", null])
    })
  )
})

describe("an erasure whose log could not be emptied", slowly, () => {
  it.live("says so while somebody reads, and is finished by whoever writes next", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const run = yield* ask("question")
        const secrets = yield* secretsOf(run)
        const reader = new DatabaseSync(fileOf(directory), { readOnly: true })
        reader.exec("BEGIN; SELECT count(*) FROM rows")
        assert.deepStrictEqual(yield* erase(run), { run, scrubbed: false })
        assert.isAbove(foundIn(directory, secrets), 0)
        assert.isFalse(yield* (yield* Journal).scrub)
        yield* ask("the reader is still there")
        reader.exec("ROLLBACK")
        reader.close()
        // Another process: its first commit finds what is owed.
        yield* ask("the next").pipe(Effect.provide(scene({ directory })))
        assert.strictEqual(foundIn(directory, secrets), 0)
        assert.isTrue(yield* (yield* Journal).scrub)
      }).pipe(Effect.provide(scene({ directory })))
    })
  )

  it.live("because its process was killed: the next one that writes does it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const program = yield* bundled("coreChild.ts")
      yield* Effect.gen(function* () {
        const run = yield* ask("question")
        const secrets = yield* secretsOf(run)
        const child = yield* start(process.execPath, [program, "erase", directory, run])
        yield* child.ended
        assert.strictEqual(child.process.signalCode, "SIGKILL")
        assert.strictEqual(yield* codeOf(erase(run)), "RUN_ERASED", "it was committed")
        assert.isAbove(foundIn(directory, secrets), 0, "the log has it still")
        yield* ask("the next").pipe(Effect.provide(scene({ directory })))
        assert.strictEqual(foundIn(directory, secrets), 0)
        yield* sound
      }).pipe(Effect.provide(scene({ directory })))
    })
  )
})
