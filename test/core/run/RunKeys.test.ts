/** Holds recovery to going on with every other run where the keys of one do not open. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Resumption } from "../../../src/core/run/Resumption.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { edit } from "../../support/journalFile.ts"
import { folder } from "../../support/ledger.ts"
import { audited, codeOf, dyingAfter, faulty, journalIn, sceneOver, verdict } from "../../support/runs.ts"

/** An audited run whose draft is paid for. */
const PAID = 2

/** A folder in which a process left three runs, each with a draft that was paid for. */
const leftThree = Effect.gen(function* () {
  const directory = yield* folder
  const drafter = ["one", "two", "three"].map((text) => ({ say: [text] }))
  const journal = dyingAfter([PAID, PAID, PAID], journalIn(directory))
  yield* Effect.gen(function* () {
    const { run } = yield* Runs
    for (const _ of drafter) yield* Effect.exit(run(audited))
  }).pipe(Effect.provide(sceneOver({ drafter }, journal, directory).layer))
  return directory
})

/** Other bytes in place of a run's key, the oldest being 0; before them all is the key of the configurations. */
const damage = (directory: string, run: number) =>
  edit(
    directory,
    `UPDATE keys SET key = zeroblob(68) WHERE stream = (SELECT stream FROM keys ORDER BY stream LIMIT 1 OFFSET ${run + 1})`
  )

/** What recovery says, and where the runs stand then, the oldest first. */
const recovered = (directory: string) =>
  Effect.gen(function* () {
    const { recover } = yield* Resumption
    const code = codeOf(yield* Effect.exit(recover)) ?? "done"
    const runs = yield* (yield* Ledgers).recent(3)
    return [code, ...runs.map(({ standing }) => standing).toReversed()]
  }).pipe(
    Effect.provide(
      sceneOver(
        { judge: [verdict("pass"), verdict("pass"), verdict("pass")] },
        journalIn(directory),
        directory
      ).layer
    )
  )

describe("the keys of a run that was left behind", () => {
  it.effect("were altered: it is ended, and the others are gone on with", () =>
    Effect.gen(function* () {
      const directory = yield* leftThree
      yield* damage(directory, 0)
      assert.deepStrictEqual(yield* recovered(directory), ["done", "failed", "released", "released"])
      const { layer } = sceneOver({}, journalIn(directory), directory)
      assert.strictEqual((yield* Effect.provide(faulty, layer))?.fault, "text")
    }).pipe(Effect.scoped)
  )
})
