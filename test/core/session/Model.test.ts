/** Sessions and their steward beside a model of them: whatever is done, in whatever order, and whoever dies over it. */
import { describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Journal } from "../../../src/ports/Journal.ts"
import { quota } from "../../support/campaign.ts"
import { folder } from "../../support/ledger.ts"
import { journalIn } from "../../support/runs.ts"
import { histories } from "../../support/sessionCommands.ts"
import type { Ground } from "../../support/sessionHands.ts"
import { live } from "../../support/sessionLife.ts"
import { Shared, talking } from "../../support/sessionScene.ts"

const patiently = { timeout: quota(600_000, 7_200_000) }

const inMemory = Effect.map(Shared.make, (shared): Ground => ({
  boot: () => {
    const { journal, ...process } = shared.process()
    return { ...process, journal: Layer.succeed(Journal, journal) }
  }
}))

/** Processes that end, and do not die: the one that runs the test is the owner of all of it. */
const onDisk = Effect.map(folder, (directory): Ground => ({
  boot: () => ({ journal: journalIn(directory), die: () => {}, dieAfter: () => {} })
}))

const holds = (runs: number, mayDie: boolean, ground: Effect.Effect<Ground, never, Scope.Scope>) =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(histories(mayDie), (history) =>
        Effect.runPromise(
          Effect.flatMap(ground, (ground) => live(ground, talking(), history)).pipe(
            Effect.provide(TestClock.layer()),
            Effect.scoped
          )
        )
      ),
      { numRuns: runs }
    )
  )

describe("sessions and their steward", patiently, () => {
  it.live("are what their model is, begun anew between any two commands, dying between any two commits", () =>
    holds(quota(400, 50_000), true, inMemory)
  )

  it.live("are what their model is on a disk", () => holds(quota(50, 2_000), false, onDisk))
})
