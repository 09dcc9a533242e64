/** Many at once on one runbook, in whatever order the journal answers them: one goes on, one decides, no call is made twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { Runbooks } from "../../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import type { RunId } from "../../../src/domain/Ids.ts"
import type { SessionMode } from "../../../src/domain/session/Turn.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { quota } from "../../support/campaign.ts"
import {
  by,
  type DeclaredStep,
  promptOf,
  remembering,
  runbookOf,
  working
} from "../../support/runbookScene.ts"
import { scheduled, settling } from "../../support/scheduled.ts"
import { type Core, over, persona, principal, Shared, turnOf } from "../../support/sessionScene.ts"

const patiently = { timeout: quota(300_000, 3_600_000) }
const settings = remembering({ steward_thresholds: { step_count: 2 } })
const say: DeclaredStep = { kind: "say", able: null, packs: false, when: null }
const options = { by, acceptConfig: false }

/** Two processes do everything at once, over a runbook that a third one has begun. */
const property = (
  mode: SessionMode,
  steps: ReadonlyArray<DeclaredStep>,
  each: (run: RunId, held: string) => ReadonlyArray<Effect.Effect<unknown, RuntimeFailure, Core>>,
  after: (
    run: RunId,
    exits: ReadonlyArray<Exit.Exit<unknown, RuntimeFailure>>,
    asked: ReadonlyArray<number>
  ) => Effect.Effect<void, RuntimeFailure, Core>
) =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(fc.scheduler({ act: settling }), (scheduler) =>
        Effect.gen(function* () {
          const shared = yield* Shared.make
          const workers = working()
          const process = (journal: Journal["Service"]) =>
            over(Layer.succeed(Journal, journal), workers, settings, workers.capabilities)
          const calm = yield* Layer.build(process(shared.process().journal))
          const start = { sessionMode: mode, personaMode: persona, by }
          const { execution } = yield* Effect.provide(
            Runbooks.use((runbooks) => runbooks.run(runbookOf(1, steps), start)),
            calm
          )
          const { run, after: stands } = execution
          const sides = yield* Effect.forEach([shared.process(), shared.process()], ({ journal }) =>
            Layer.build(process(scheduled(journal, scheduler)))
          )
          const all = Effect.forEach(
            each(run, stands.open?.run ?? ""),
            (effect, index) => Effect.exit(Effect.provide(effect, sides[index % 2] ?? assert.fail())),
            { concurrency: "unbounded" }
          )
          const running = Effect.runPromise(Effect.provide(all, TestClock.layer()))
          const exits = yield* Effect.promise(() => scheduler.waitFor(running))
          const asked = workers.asked.map(({ number }) => number)
          yield* Effect.provide(after(run, exits, asked), calm)
          const { broken } = yield* Effect.provide(
            Verifier.use((verifier) => verifier.journal(true)),
            calm
          )
          assert.isNull(broken)
        }).pipe(Effect.scoped, Effect.provide(TestClock.layer()), Effect.runPromise)
      ),
      { numRuns: quota(80, 10_000) }
    )
  )

const codes = (exits: ReadonlyArray<Exit.Exit<unknown, RuntimeFailure>>) =>
  exits.map((exit) => Option.getOrNull(Exit.findErrorOption(exit))?.code ?? null)
const resume = (run: RunId) => Replays.use((replays) => replays.resume(run, options))
const placeOf = (run: RunId) => Runbooks.use((runbooks) => runbooks.place(run))

const decide = (run: string, action: "approve" | "reject" | "redirect" | "close") =>
  Effect.gen(function* () {
    const steward = yield* Steward
    const { pending } = yield* steward.show(run, principal)
    const { digest, sequence } = pending
    const wish = { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const
    const request = { ...turnOf(promptOf(9, "say")), mode: persona }
    return yield* steward.decide(action === "redirect" ? { ...wish, action, request } : { ...wish, action })
  })

describe("at once on one runbook", patiently, () => {
  it.live("whoever comes second hears so before anything is called, and each step is done once", () =>
    property(
      "work",
      [{ ...say, kind: "flaky" }, say, say],
      (run) => [resume(run), resume(run), resume(run)],
      (run, exits, asked) =>
        Effect.gen(function* () {
          for (const code of codes(exits)) {
            assert.include([null, "RUNBOOK_CONFLICT", "RESUME_INVALID_STATE"], code)
          }
          // The first step broke once before; whoever took over goes on, and the others have called nobody.
          assert.deepStrictEqual(asked, [1, 1, 2, 3])
          assert.strictEqual((yield* placeOf(run)).execution.after.status, "completed")
        })
    )
  )

  it.live(
    "one decision about a held step wins, and whoever resumes meanwhile waits or goes on after it",
    () =>
      property(
        "steward",
        [say, say, say],
        (run, held) => [decide(held, "approve"), resume(run), decide(held, "reject"), decide(held, "close")],
        (run, exits, asked) =>
          Effect.gen(function* () {
            const [approved, resumed, rejected, closed] = codes(exits)
            const decisions = [approved, rejected, closed]
            assert.strictEqual(decisions.filter((code) => code === null).length, 1)
            for (const code of decisions) assert.include([null, "STEWARD_DECIDED"], code)
            assert.include([null, "RUNBOOK_PAUSED", "RUNBOOK_CONFLICT", "RESUME_INVALID_STATE"], resumed)
            const { execution } = yield* placeOf(run)
            assert.deepStrictEqual(asked, resumed === null ? [1, 2, 3] : [1, 2])
            assert.strictEqual(execution.after.status === "completed", resumed === null)
          })
      )
  )

  it.live("two who would redirect a held step redirect it once", () =>
    property(
      "steward",
      [say, say, say],
      (_, held) => [decide(held, "redirect"), decide(held, "redirect")],
      (run, exits, asked) =>
        Effect.gen(function* () {
          assert.sameMembers(codes(exits), [null, "STEWARD_DECIDED"])
          assert.deepStrictEqual(asked, [1, 2, 9])
          const { after } = (yield* placeOf(run)).execution
          assert.deepInclude({ ...after }, { status: "active", next: 2, completed: 2, steps: 3, open: null })
        })
    )
  )
})
