/** Lives through thousands of installations in a second each of theirs: whatever chance does, what must be so is so. */
import { assert, describe, it } from "@effect/vitest"
import { Stream } from "effect"
import { planted } from "./simulation/bugs.ts"
import { isLong } from "./support/campaign.ts"
import { type Simulated, simulate } from "./simulation/simulate.ts"

/** One seed alone, as a failure asks for it; else as many as there is time for. */
const only = process.env["SIMULATION_SEED"]
const QUOTA = isLong ? 100_000 : 200
/** Seeds of one test. */
const BATCH = QUOTA / 10

/** What went wrong, the last of what happened before it, and how to see all of it again. */
const complaint = ({ seed, wrong, trace }: Simulated): string =>
  [
    `seed ${seed}: ${wrong.join("; ")}`,
    ...trace.filter((line) => !/^(run|session)\//u.test(line)).slice(only === undefined ? -25 : 0),
    `again: SIMULATION_SEED=${seed} npx vitest run test/simulation.test.ts`
  ].join("\n")

const holds = (seed: number): Simulated => {
  const simulated = simulate(seed)
  if (simulated.wrong.length > 0) assert.fail(complaint(simulated))
  return simulated
}

const ENDLESS = { timeout: 3_600_000 }

describe.runIf(only !== undefined)("the seed that was asked for", ENDLESS, () => {
  it("holds", () => {
    assert.isAbove(holds(Number(only)).trace.length, 0)
  })
})

describe.skipIf(only !== undefined)("a simulated installation", ENDLESS, () => {
  const seen = new Set<string>()

  it.each(Array.from({ length: QUOTA / BATCH }, (_, batch) => batch * BATCH))(
    "holds from seed %i on",
    (first) => {
      for (let seed = first; seed < first + BATCH; seed++) {
        const { trace } = holds(seed)
        assert.isAbove(trace.length, 0)
        for (const sight of sights)
          if (!seen.has(sight) && trace.some((line) => line.includes(sight))) seen.add(sight)
      }
    }
  )

  it("goes through everything that can happen", () => {
    assert.deepStrictEqual(
      sights.filter((sight) => !seen.has(sight)),
      []
    )
  })

  it("is the same twice with the same seed, byte for byte", () => {
    for (let seed = 0; seed < 20; seed++) {
      assert.strictEqual(simulate(seed).trace.join("\n"), simulate(seed).trace.join("\n"), `seed ${seed}`)
    }
  })

  it("is not, when something in it does not come from the seed", () => {
    let turn = 0
    const bugs = {
      provider: (
        provider: Parameters<NonNullable<Parameters<typeof simulate>[1]>["provider"] & object>[0]
      ) => ({
        ...provider,
        generate: (...call: Parameters<typeof provider.generate>) =>
          turn++ % 2 === 0 ? provider.generate(...call) : Stream.take(provider.generate(...call), 1)
      })
    }
    const differs = Array.from({ length: 10 }, (_, seed) => seed).some(
      (seed) => simulate(seed, bugs).trace.join("\n") !== simulate(seed, bugs).trace.join("\n")
    )
    assert.isTrue(differs)
  })
})

describe.skipIf(only !== undefined)("a bug that is planted is noticed", ENDLESS, () => {
  it.each(Object.entries(planted))("%s", (_, { bugs, noticed }) => {
    for (let seed = 0; seed < 300; seed++) {
      const said = simulate(seed, bugs).wrong.join("; ")
      if (noticed.test(said)) return
      assert.strictEqual(said, "", `seed ${seed} noticed something else`)
    }
    assert.fail("300 seeds noticed nothing")
  })
})

/** Words of the log that have to be met somewhere: without them, the simulation would be about less than it says. */
const sights = [
  "draft.2",
  "revision.1",
  "RunResumed",
  "RunErased",
  "RunCancelled",
  "Released",
  "JOURNAL_CONFLICT",
  "BUDGET_EXCEEDED",
  "CONTEXT_LIMIT_EXCEEDED",
  "AUDIT_REJECTED",
  "AUDIT_UNAVAILABLE",
  "CONTEXT_TRUNCATED",
  "PROVIDER_OUTCOME_UNKNOWN",
  "PROVIDER_TIMEOUT",
  "PROVIDER_BAD_RESPONSE",
  "INTERNAL_ERROR",
  "RUN_INTERRUPTED",
  '"audit":"revised"',
  '"audit":"unaudited"',
  '"complete":false',
  '"indeterminate"',
  "journal lost",
  "journal dies before",
  "journal dies after",
  "sleeps",
  "Left",
  "TurnHeld",
  "HeldViewed",
  "SessionTitled",
  "SessionModeChanged",
  "SessionClosed",
  "SessionErased",
  '"action":"approve"',
  '"action":"edit"',
  '"action":"redirect"',
  '"action":"reject"',
  '"action":"close"',
  '"by":"deadline"',
  '"threshold":"step_count"',
  '"threshold":"token_budget"',
  '"threshold":"audit"',
  '"threshold":"always"',
  '"history":{"turns":2',
  '"dropped":1}',
  "SESSION_CONFLICT",
  "SESSION_PAUSED",
  "SESSION_AT_LIMIT",
  "SESSION_NOT_ACTIVE",
  "STEWARD_DECIDED",
  "STEWARD_STALE",
  "STEWARD_EXPIRED",
  "STEWARD_REJECTED",
  "STEWARD_REDIRECTED",
  ": Held"
]
