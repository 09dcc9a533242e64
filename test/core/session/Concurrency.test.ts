/** Many at once on one session, in whatever order the journal answers them: one turn, one decision, and nobody is lost. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward, type Wish } from "../../../src/core/session/Steward.ts"
import { Content } from "../../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import type { Digest, SessionId } from "../../../src/domain/Ids.ts"
import type { Action } from "../../../src/domain/session/Turn.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { quota } from "../../support/campaign.ts"
import { scheduled, settling } from "../../support/scheduled.ts"
import { decisionsIn } from "../../support/sessionRows.ts"
import {
  type Core,
  over,
  persona,
  principal,
  settingsWith,
  Shared,
  startOf,
  talking,
  turnOf
} from "../../support/sessionScene.ts"

const patiently = { timeout: quota(120_000, 3_600_000) }
const settings = settingsWith({ steward_thresholds: { always: true }, session_max_turns: 9 })

/** Does everything at once in the order of the scheduler, after what has to be there. */
const atOnce = <A, B>(
  scheduler: fc.Scheduler,
  models: ReturnType<typeof talking>,
  before: Effect.Effect<A, RuntimeFailure, Core>,
  each: (given: A) => ReadonlyArray<Effect.Effect<B, RuntimeFailure, Core>>,
  after: (
    given: A,
    exits: ReadonlyArray<Exit.Exit<B, RuntimeFailure>>
  ) => Effect.Effect<void, RuntimeFailure, Core>
) =>
  Effect.gen(function* () {
    const shared = yield* Shared.make
    const { journal } = shared.process()
    const calm = over(Layer.succeed(Journal, journal), models, settings)
    const given = yield* Effect.provide(before, calm)
    // Two processes, which do not know of each other.
    const sides = yield* Effect.forEach([shared.process(), shared.process()], ({ journal }) =>
      Layer.build(over(Layer.succeed(Journal, scheduled(journal, scheduler)), models, settings))
    )
    const all = Effect.forEach(
      each(given),
      (effect, index) => Effect.exit(Effect.provide(effect, sides[index % 2] ?? assert.fail())),
      { concurrency: "unbounded" }
    )
    const running = Effect.runPromise(Effect.provide(all, TestClock.layer()))
    const exits = yield* Effect.promise(() => scheduler.waitFor(running))
    yield* Effect.provide(after(given, exits), calm)
    yield* Effect.provide(
      Verifier.use((verifier) => verifier.journal(true)),
      calm
    ).pipe(Effect.map(({ broken }) => assert.isNull(broken)))
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))

const codeOf = <A>(exit: Exit.Exit<A, RuntimeFailure>): RuntimeFailure | null =>
  Option.getOrNull(Exit.findErrorOption(exit))

const property = <A>(
  runs: number,
  arbitrary: fc.Arbitrary<A>,
  holds: (scheduler: fc.Scheduler, drawn: A) => Effect.Effect<void, RuntimeFailure>
) =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(fc.scheduler({ act: settling }), arbitrary, (scheduler, drawn) =>
        Effect.runPromise(holds(scheduler, drawn))
      ),
      { numRuns: runs }
    )
  )

const begun = (mode: "work" | "steward") =>
  Effect.map(
    Sessions.use((sessions) => sessions.start(startOf(mode))),
    ({ session }) => session
  )
const held = Effect.gen(function* () {
  const session = yield* begun("steward")
  yield* Sessions.use((sessions) => sessions.turn(session, turnOf("0 say")))
  const [pending] = yield* Steward.use(({ pending }) => pending)
  return pending ?? assert.fail("a turn is held")
})

const deciding = (
  { run, digest, sequence }: { readonly run: string; readonly digest: Digest; readonly sequence: number },
  action: Action,
  number: number
) => {
  const wish = { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const
  const whole: Wish =
    action === "edit"
      ? { ...wish, action, text: Content.of(`edited ${number}`) }
      : action === "redirect"
        ? { ...wish, action, request: { ...turnOf(`${number} say`), mode: persona } }
        : { ...wish, action }
  return Steward.use((steward) => steward.decide(whole))
}

describe("at once on one session", patiently, () => {
  it.live("one turn wins, and everybody else hears of a conflict before anything is called", () =>
    property(quota(100, 10_000), fc.integer({ min: 2, max: 5 }), (scheduler, count) =>
      Effect.gen(function* () {
        // Whoever wins waits for all others: they cannot come later than its end.
        const others = yield* Deferred.make<void>()
        let over = 0
        const models = talking(Deferred.await(others))
        const asking = (session: SessionId, number: number) =>
          Sessions.use((sessions) => sessions.turn(session, turnOf(`${number} say`))).pipe(
            Effect.onExit(() => (++over >= count - 1 ? Deferred.succeed(others, undefined) : Effect.void))
          )
        yield* atOnce(
          scheduler,
          models,
          begun("work"),
          (session) => Array.from({ length: count }, (_, index) => asking(session, index + 1)),
          (session, exits) =>
            Effect.gen(function* () {
              assert.strictEqual(models.sent.length, 1)
              const codes = exits.map((exit) => codeOf(exit)?.code ?? "won").toSorted()
              assert.deepStrictEqual(codes, [
                ...Array.from({ length: count - 1 }, () => "SESSION_CONFLICT"),
                "won"
              ])
              const status = yield* Sessions.use((sessions) => sessions.status(session))
              assert.deepInclude(status, { turns: 1, turnCount: 1, open: null, status: "active" })
            })
        )
      })
    )
  )

  it.live(
    "turns that do not wait for each other are one after the other, and each has read those before it",
    () =>
      property(quota(100, 10_000), fc.integer({ min: 2, max: 5 }), (scheduler, count) => {
        const models = talking()
        return atOnce(
          scheduler,
          models,
          begun("work"),
          (session) =>
            Array.from({ length: count }, (_, index) =>
              Sessions.use((sessions) => sessions.turn(session, turnOf(`${index + 1} say`)))
            ),
          (session, exits) =>
            Effect.gen(function* () {
              const won = exits.filter(Exit.isSuccess).length
              for (const exit of exits) {
                const failed = codeOf(exit)
                if (failed) assert.strictEqual(failed.code, "SESSION_CONFLICT")
              }
              assert.strictEqual(models.sent.length, won)
              const said: Array<readonly [string, string]> = []
              for (const { history, number } of models.sent) {
                assert.deepStrictEqual(history, said)
                said.push(["user", `${number} say`], ["assistant", `draft ${number} say`])
              }
              const status = yield* Sessions.use((sessions) => sessions.status(session))
              assert.deepInclude(status, { turns: won, turnCount: won, open: null })
            })
        )
      })
  )

  it.live("one decision wins, and everybody else hears which, whatever else is said of the session", () =>
    property(
      quota(200, 20_000),
      fc.record({
        actions: fc.array(fc.constantFrom<Action>("approve", "edit", "redirect", "reject", "close"), {
          minLength: 2,
          maxLength: 4
        }),
        beside: fc.subarray(["mode", "title", "show", "turn"] as const)
      }),
      (scheduler, { actions, beside }) => {
        const models = talking()
        return atOnce(
          scheduler,
          models,
          held,
          (pending): ReadonlyArray<Effect.Effect<unknown, RuntimeFailure, Core>> => [
            ...actions.map((action, index) => deciding(pending, action, index + 1)),
            ...beside.map((what) => {
              const { session, run } = pending
              if (what === "show") return Steward.use((steward) => steward.show(run, principal))
              return Effect.gen(function* () {
                const sessions = yield* Sessions
                if (what === "turn") return yield* sessions.turn(session ?? "", turnOf("9 say"))
                return what === "mode"
                  ? yield* sessions.changeMode(session ?? "", "work", principal)
                  : yield* sessions.retitle(session ?? "", Content.of("title"), principal)
              })
            })
          ],
          (pending, exits) =>
            Effect.gen(function* () {
              const decisions = exits.slice(0, actions.length)
              const winner = decisions.findIndex(Exit.isSuccess)
              const action = actions[winner] ?? assert.fail("one has won")
              decisions.forEach((exit, index) => {
                const failed = codeOf(exit)
                if (index === winner) return
                assert.deepInclude({ ...failed }, { code: "STEWARD_DECIDED", decided: action })
              })
              assert.deepStrictEqual(
                (yield* decisionsIn(pending.run)).map(({ action }) => action),
                [action]
              )
              for (const exit of exits.slice(actions.length)) {
                const code = codeOf(exit)?.code
                if (code) {
                  assert.include(
                    ["STEWARD_DECIDED", "SESSION_PAUSED", "SESSION_CONFLICT", "SESSION_NOT_ACTIVE"],
                    code
                  )
                }
              }
            })
        )
      }
    )
  )
})
