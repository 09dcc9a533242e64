/** Kills the core at every moment at which the disk changes, and at random, and holds what is left to what was told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { cpSync } from "node:fs"
import { join } from "node:path"
import { type WritePoint, writePoints } from "../src/adapters/WritePoint.ts"
import { Resumption } from "../src/core/run/Resumption.ts"
import { Runs } from "../src/core/run/Runs.ts"
import { Journal } from "../src/ports/Journal.ts"
import { Aftermath } from "./support/aftermath.ts"
import { chances, isLong, quota } from "./support/campaign.ts"
import { type Child, start } from "./support/children.ts"
import { bundled } from "./support/bundle.ts"
import { scene, type Told } from "./support/coreScene.ts"
import { begunWithKey, keyed } from "./support/keyed.ts"
import { folder } from "./support/ledger.ts"

/** As many at once as the machine has to spare. */
const LANES = 2
const patiently = { timeout: quota(300_000, 3_600_000) }

/** Starts a core in a process of its own, from one file like the release. */
const starter = Effect.map(
  bundled("coreChild.ts"),
  (path) =>
    (...args: ReadonlyArray<string>) =>
      start(process.execPath, [path, ...args])
)
type Start = Effect.Success<typeof starter>

/** Where a process passes that runs through everything once: the points, in order. */
const passages = Effect.fnUntraced(function* (startCore: Start, directory: string) {
  const child = yield* startCore("once", directory)
  assert.strictEqual(yield* child.ended, 0)
  const { passed }: { readonly passed: ReadonlyArray<WritePoint> } = JSON.parse(child.lines.at(-1) ?? "")
  return passed
})

/** Whoever comes next settles what was left, and works as if nothing had been. */
const goOn = (directory: string, aftermath: Aftermath) => {
  const lines: Array<string> = []
  return Effect.gen(function* () {
    yield* (yield* Resumption).recover
    yield* (yield* Runs).run(Runs.request("executor", "after all that", { audit: true }))
    // Whoever sends a key again that the dead process had, or may have had, is answered of the one run there is.
    const { subject, answer } = yield* keyed
    assert.deepStrictEqual(yield* begunWithKey, [subject])
    assert.deepStrictEqual(yield* keyed, { subject, answer })
    const journal = yield* Journal
    assert.deepStrictEqual(
      yield* journal.streams({ prefix: "run/", openOnly: true, before: null, limit: 10 }),
      []
    )
    assert.isTrue(yield* journal.scrub)
  }).pipe(
    Effect.provide(scene({ directory, tell: (told: Told) => lines.push(JSON.stringify(told)) })),
    Effect.andThen(Effect.sync(() => aftermath.hear(lines))),
    Effect.andThen(aftermath.examine),
    Effect.orDie
  )
}

const wasKilled = ({ process: { signalCode } }: Child) => assert.strictEqual(signalCode, "SIGKILL")

/** Kills one process before and one after each of these moments, or, in the short campaign, on either side by turns; every one begins with what is in `prepared`. */
const killAtEach = Effect.fnUntraced(function* (
  startCore: Start,
  moments: ReadonlyArray<number>,
  prepared: { readonly directory: string; readonly lines: ReadonlyArray<string> } | null
) {
  const sides = (moment: number) =>
    isLong ? (["before", "after"] as const) : [moment % 2 === 0 ? ("before" as const) : ("after" as const)]
  const deaths = moments.flatMap((moment) => sides(moment).map((side) => [moment, side] as const))
  yield* Effect.forEach(
    deaths,
    ([moment, side]) =>
      Effect.gen(function* () {
        const directory = join(yield* folder, "data")
        const aftermath = new Aftermath(directory)
        if (prepared) {
          cpSync(prepared.directory, directory, { recursive: true })
          aftermath.hear(prepared.lines)
        }
        const child = yield* startCore("once", directory, String(moment), side)
        yield* child.ended
        wasKilled(child)
        aftermath.hear(child.lines)
        yield* aftermath.examine
        yield* goOn(directory, aftermath)
      }).pipe(Effect.scoped),
    { concurrency: LANES, discard: true }
  )
})

describe("a process that is killed at a moment at which the disk changes", patiently, () => {
  it.live("loses nothing it has acknowledged and repeats no call, before and after each", () =>
    Effect.gen(function* () {
      const startCore = yield* starter
      const fresh = yield* passages(startCore, join(yield* folder, "data"))
      yield* killAtEach(startCore, [...fresh.keys()], null)

      // A process that dies with a paid draft leaves its successor something to go on with.
      const directory = join(yield* folder, "data")
      const paid = fresh.lastIndexOf("charge") - 6
      const dying = yield* startCore("once", directory, String(paid), "after")
      yield* dying.ended
      wasKilled(dying)
      const copy = join(yield* folder, "data")
      yield* Effect.sync(() => cpSync(directory, copy, { recursive: true }))
      const later = yield* passages(startCore, copy)
      const taken = later.indexOf("adopt")
      const around = [...later.keys()].filter((moment) => moment >= taken - 2 && moment <= taken + 8)
      yield* killAtEach(startCore, around, { directory, lines: dying.lines })
      assert.sameMembers([...new Set([...fresh, ...later])], [...writePoints])
    })
  )
})

const KILLS = quota(20, 2000)
/** A folder is begun anew after so many: its verification grows with it. */
const EACH_FOLDER = 10
/** A run tells some four lines. */
const MOST_LINES = 40
const LONGEST_MILLIS = 10

describe("a process that is killed at random", patiently, () => {
  it.live(`${KILLS} times: loses nothing it has acknowledged and repeats no call`, () =>
    Effect.gen(function* () {
      const startCore = yield* starter
      const chance = chances("kills of the core")
      let answers = 0
      yield* Effect.forEach(
        Array.from({ length: KILLS / EACH_FOLDER }, (_, index) => index * EACH_FOLDER),
        (first) =>
          Effect.gen(function* () {
            const directory = join(yield* folder, "data")
            const aftermath = new Aftermath(directory)
            for (let kill = first; kill < first + EACH_FOLDER; kill++) {
              const child = yield* startCore("live", directory)
              // By what it did and not by the clock: a machine that is busy lets it do as much.
              yield* child.said(2 + Math.floor(chance(kill) * MOST_LINES))
              yield* Effect.sleep(chance(kill + 0.5) * LONGEST_MILLIS)
              child.process.kill("SIGKILL")
              yield* child.ended
              wasKilled(child)
              aftermath.hear(child.lines)
              yield* aftermath.examine
            }
            yield* goOn(directory, aftermath)
            answers += aftermath.answers
          }).pipe(Effect.scoped),
        { concurrency: LANES, discard: true }
      )
      assert.isAbove(answers, KILLS, "they got work done before")
    })
  )
})
