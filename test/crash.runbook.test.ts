/** Kills processes that run a runbook of twenty steps, wherever they are, and holds what is left to what was told. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { Aftermath } from "./support/aftermath.ts"
import { bundled } from "./support/bundle.ts"
import { chances, isLong, quota } from "./support/campaign.ts"
import { startWith } from "./support/children.ts"
import { scene } from "./support/coreScene.ts"
import { folder } from "./support/ledger.ts"
import type { Done, Point } from "./support/runbookChild.ts"
import { differences, type Folded, folded } from "./support/runbookFold.ts"
import { hasCapability, twentySteps } from "./support/twentySteps.ts"

const LANES = 2
const patiently = { timeout: quota(600_000, 7_200_000) }
/** The commit of a step is to its run and its runbook. */
const STREAMS_AT_ONCE = 2
/** How many processes live between two looks at all that is on record. */
const EXAMINED_EVERY = isLong ? 1 : 5

type Death = readonly [point: Point, number: number, side: "before" | "after"]
/** Where the processes of one life die, one after the other; `null` is the one that may live. */
type Fate = (born: number) => Death | null

const inside = (directory: string) => Effect.orDie(Effect.provide(folded, scene({ directory })))

const ended = Effect.fnUntraced(function* (
  path: string,
  directory: string,
  audit: string,
  death: Death | null
) {
  const child = yield* startWith(path, directory, audit, ...(death ?? []).map(String))
  child.process.stdin?.end()
  yield* child.ended
  return { lines: child.lines, isKilled: child.process.signalCode === "SIGKILL" }
})

const doneIn = (lines: ReadonlyArray<string>): string => {
  const { done }: Done = JSON.parse(lines.at(-1) ?? "{}")
  return done
}

/** A runbook that nobody kills. */
const undisturbed = Effect.fnUntraced(function* (path: string, audit: string) {
  const directory = join(yield* folder, "data")
  const { lines } = yield* ended(path, directory, audit, null)
  assert.strictEqual(doneIn(lines), "completed")
  return (yield* inside(directory)) ?? assert.fail("it is on record")
})

const tagsIn = (lines: ReadonlyArray<string>, tag: string): number =>
  lines.filter((line) => JSON.parse(line)._tag === tag).length

/** Each call of a step was made once, or nobody knows what became of it; no call was made that is not on record. */
const eachOnce = ({ runs }: Folded, calls: number, invoked: number, kills: number): void => {
  const all = runs.flatMap(({ state }) => state.calls.map(({ settled }) => settled?.outcome))
  const unknown = all.filter((outcome) => outcome === "indeterminate").length
  assert.strictEqual(all.filter((outcome) => outcome === "ok").length + unknown, all.length)
  assert.isAtMost(calls, all.length)
  assert.isAtLeast(calls, all.length - unknown)
  const due = twentySteps.steps.filter((_, index) => hasCapability(index)).length
  // What a capability does is nothing to anybody: one whose process is killed before a word of it is kept does it again.
  assert.isAtLeast(invoked, due)
  assert.isAtMost(invoked, due + kills)
}

/** Lives a runbook through, process after process, until one of them comes to its end. */
const lived = Effect.fnUntraced(function* (path: string, audit: string, whole: Folded, fate: Fate) {
  const directory = join(yield* folder, "data")
  const aftermath = new Aftermath(directory, STREAMS_AT_ONCE * EXAMINED_EVERY)
  let [kills, calls, invoked] = [0, 0, 0]
  for (let born = 0; ; born++) {
    assert.isBelow(born, 200, "it comes to an end")
    const { lines, isKilled } = yield* ended(path, directory, audit, fate(born))
    aftermath.hear(lines)
    calls += tagsIn(lines, "called")
    invoked += tagsIn(lines, "invoked")
    if (isKilled) kills += 1
    if (!isKilled || born % EXAMINED_EVERY === 0) yield* aftermath.examine
    if (isKilled) continue
    // The one before may have died right after its last commit.
    assert.include(["completed", "RESUME_INVALID_STATE"], doneIn(lines))
    break
  }
  const after = (yield* inside(directory)) ?? assert.fail("it is on record")
  assert.deepStrictEqual(differences(whole, after), [])
  eachOnce(after, calls, invoked, kills)
  return kills
})

/** In a process that goes on, the step that was interrupted is the first to be done again. */
const afterFirst =
  (point: Point, side: "before" | "after" = "before"): Fate =>
  (born) => [point, born === 0 ? 0 : 1, side]

const fates: Readonly<Record<string, Fate>> = {
  "between two steps, right after the end of one": () => ["end", 0, "after"],
  "between two steps, right before the beginning of one": () => ["intent", 1, "before"],
  "with a call that is on record and was not made": afterFirst("intent", "after"),
  "in a call": afterFirst("call"),
  "with an answer that is not on record": afterFirst("end"),
  "in a capability": afterFirst("capability"),
  "while somebody goes on, and after that": (born) => {
    const deaths: ReadonlyArray<Death> = [
      ["resumed", 0, "before"],
      ["resumed", 0, "after"],
      ["call", 2, "before"],
      ["lost", 0, "before"],
      ["lost", 0, "after"]
    ]
    if (born === 0) return ["started", 0, "before"]
    if (born === 1) return ["started", 0, "after"]
    return isLong || born < 14 ? (deaths[born % deaths.length] ?? null) : null
  }
}

describe("a process that is killed while it runs a runbook", patiently, () => {
  it.live("leaves one that comes to the same end, each call made once or known to be unknown", () =>
    Effect.gen(function* () {
      const path = yield* bundled("runbookChild.ts")
      const whole = yield* undisturbed(path, "plain")
      const kills = yield* Effect.forEach(
        Object.entries(fates),
        ([where, fate]) =>
          lived(path, "plain", whole, fate).pipe(
            Effect.scoped,
            Effect.map((kills) => {
              assert.isAtLeast(kills, 4, where)
              return kills
            })
          ),
        { concurrency: LANES }
      )
      assert.isAtLeast(
        kills.reduce((sum, one) => sum + one, 0),
        100
      )
    })
  )

  it.live("and the same of an audited one, wherever chance has it", () =>
    Effect.gen(function* () {
      const path = yield* bundled("runbookChild.ts")
      const whole = yield* undisturbed(path, "audited")
      const chance = chances("kills of runbooks")
      const points: ReadonlyArray<Point> = ["intent", "paid", "call", "end", "lost", "resumed", "other"]
      const fate =
        (life: number): Fate =>
        (born) => {
          const draw = (what: number) => chance(life * 10_000 + born * 10 + what)
          const point = points[Math.floor(draw(0) * points.length)] ?? "end"
          return [point, Math.floor(draw(1) * 16), draw(2) < 0.5 ? "before" : "after"]
        }
      yield* Effect.forEach(
        Array.from({ length: quota(1, 100) }, (_, life) => life),
        (life) => Effect.scoped(lived(path, "audited", whole, fate(life))),
        { concurrency: LANES }
      )
    })
  )
})
