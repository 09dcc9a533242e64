/** Holds a run to what it may take of the runtime, in counts that are the same on every machine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Scheduler from "effect/Scheduler"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Runs } from "../../../src/core/run/Runs.ts"
import { scene } from "../../support/runs.ts"

/** It asks before every step of a program whether another one is to have its turn. */
class Counting extends Scheduler.MixedScheduler {
  steps = 0

  override shouldYield(...fiber: Parameters<Scheduler.MixedScheduler["shouldYield"]>): boolean {
    this.steps++
    return super.shouldYield(...fiber)
  }
}

const run = Runs.use((runs) => runs.run(Runs.request("executor", "hello")))

describe("what a run takes", () => {
  it.effect("a plain run is so many steps of programs at most", () => {
    const scheduler = new Counting()
    const { layer } = scene({ drafter: [{ say: "one" }, { say: "two" }] })
    return Effect.gen(function* () {
      // The first one makes what the others find.
      yield* run
      scheduler.steps = 0
      yield* Effect.provideService(run, Scheduler.Scheduler, scheduler)
      assert.isAbove(scheduler.steps, 50)
      assert.isBelow(scheduler.steps, MOST_STEPS)
    }).pipe(Effect.provide(layer))
  })

  it("a run makes no programs of its own on its way", () => {
    for (const file of ["Walk.ts", "OpenLog.ts", "Release.ts"]) {
      const source = readFileSync(join(import.meta.dirname, "../../../src/core/run", file), "utf8")
      // At the margin stands what is made once, when the module is read.
      assert.notMatch(source, /^[ \t].*(?:Effect\.gen\(|Effect\.fn(?:Untraced)?\(|function\s*\*)/mu, file)
    }
  })
})

/** It takes 256, some sixty of them the scripted model's. */
const MOST_STEPS = 270
