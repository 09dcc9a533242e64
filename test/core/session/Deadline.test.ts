/** A held turn that nobody decides rejects itself: at its deadline and not before, once, whoever lives by then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { decisionsIn } from "../../support/sessionRows.ts"
import {
  type Core,
  over,
  principal,
  settingsWith,
  Shared,
  startOf,
  talking,
  turnOf
} from "../../support/sessionScene.ts"

const SECONDS = 90
const settings = (steward_expiry_seconds: number | null) =>
  settingsWith({
    steward_thresholds: { always: true },
    ...(steward_expiry_seconds !== null && { steward_expiry_seconds })
  })

/** Processes over one journal, one after the other or at once. */
const several = Effect.fnUntraced(function* (expirySeconds: number | null = SECONDS) {
  const shared = yield* Shared.make
  const models = talking()
  return {
    models,
    process: (expiry = expirySeconds, through = (journal: Journal["Service"]) => journal) => {
      const { journal, die } = shared.process()
      const layer = over(Layer.succeed(Journal, through(journal)), models, settings(expiry))
      return Effect.map(Layer.build(layer), (core) => ({
        die,
        run: <A>(effect: Effect.Effect<A, RuntimeFailure, Core>) => Effect.provide(effect, core)
      }))
    }
  }
})

const held = Effect.gen(function* () {
  const sessions = yield* Sessions
  const { session } = yield* sessions.start(startOf("steward"))
  yield* sessions.turn(session, turnOf("1 say"))
  const [pending] = yield* Steward.use(({ pending }) => pending)
  return pending ?? assert.fail("it is held")
})
const expire = Steward.use(({ expire }) => expire)
const statusOf = (session: string) => Sessions.use((sessions) => sessions.status(session))
const holds = Effect.gen(function* () {
  assert.isNull((yield* Verifier.use((verifier) => verifier.journal(true))).broken)
})
type Held = Effect.Success<typeof held>
const deciding = ({ run, digest, sequence }: Held, action: "approve" | "reject") => {
  const wish = { turn: run, digest, sequence, principal, by: "person", reason: "acceptable" } as const
  return Steward.use((steward) => steward.decide({ ...wish, action }))
}

/** The first decision finds that somebody has looked a moment before, and that this took until now to be on record. */
const lookedAt = (journal: Journal["Service"]): Journal["Service"] => {
  let isFirst = true
  return {
    ...journal,
    commit: (commit) => {
      const [append] = commit.appends
      const [decided] = append?.events ?? []
      if (!isFirst || !append || decided?._tag !== "StewardDecided") return journal.commit(commit)
      isFirst = false
      const looked = { _tag: "HeldViewed", principal, digest: decided.digest } as const
      return Effect.andThen(
        journal.commit({ appends: [{ ...append, events: [looked], sealed: [] }] }),
        journal.commit(commit)
      )
    }
  }
}

describe("the deadline of a held turn", () => {
  it.effect("rejects it then and not a moment before, once, and says who did: nobody", () =>
    Effect.gen(function* () {
      const { run } = yield* (yield* several()).process()
      const pending = yield* run(held)
      assert.strictEqual(pending.deadline, pending.heldAt + SECONDS * 1000)
      yield* TestClock.adjust(SECONDS * 1000 - 1)
      assert.deepStrictEqual(yield* run(expire), [])
      assert.strictEqual((yield* run(statusOf(pending.session ?? ""))).status, "paused")
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* run(expire), [pending.run])
      assert.deepStrictEqual(yield* run(expire), [])
      const decisions = yield* run(decisionsIn(pending.run))
      const { digest, sequence } = pending
      assert.deepStrictEqual(
        decisions.map((one) => ({ ...one })),
        [
          {
            _tag: "StewardDecided",
            action: "reject",
            reason: "expired",
            principal: "deadline" as typeof principal,
            by: "deadline",
            digest,
            sequence,
            edited: null
          }
        ]
      )
      assert.deepInclude(yield* run(statusOf(pending.session ?? "")), {
        status: "active",
        turnCount: 1,
        open: null
      })
      yield* run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("is the same for whoever comes after the process that held it, under whatever terms", () =>
    Effect.gen(function* () {
      const world = yield* several()
      const first = yield* world.process()
      const pending = yield* first.run(held)
      first.die()
      const second = yield* world.process(1)
      yield* TestClock.adjust(SECONDS * 1000 - 1)
      assert.deepStrictEqual(
        (yield* second.run(Steward.use(({ pending }) => pending))).map(({ deadline }) => deadline),
        [pending.deadline]
      )
      second.die()
      const third = yield* world.process(null)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* third.run(expire), [pending.run])
      assert.strictEqual(world.models.sent.length, 1)
      yield* third.run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("comes too late after a decision", () =>
    Effect.gen(function* () {
      const { run } = yield* (yield* several()).process()
      const pending = yield* run(held)
      yield* TestClock.adjust(SECONDS * 1000 - 1)
      assert.strictEqual((yield* run(deciding(pending, "approve"))).released?.text, "draft 1 say")
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* run(expire), [])
      assert.deepStrictEqual(
        (yield* run(decisionsIn(pending.run))).map(({ action }) => action),
        ["approve"]
      )
      yield* run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("leaves nothing to decide or to look at, though nobody has asked whether it has passed", () =>
    Effect.gen(function* () {
      const { run } = yield* (yield* several()).process()
      const pending = yield* run(held)
      yield* TestClock.adjust(SECONDS * 1000)
      for (const late of [
        deciding(pending, "approve"),
        Steward.use((steward) => steward.show(pending.run, principal))
      ] as ReadonlyArray<Effect.Effect<unknown, RuntimeFailure, Core>>) {
        const failed = Result.getOrThrow(Result.flip(yield* Effect.result(run(late))))
        assert.deepInclude({ ...failed }, { code: "STEWARD_DECIDED", decided: "reject" })
      }
      assert.strictEqual((yield* run(decisionsIn(pending.run))).length, 1)
      yield* run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("is not put off by a look", () =>
    Effect.gen(function* () {
      for (const late of ["expire", "decide"] as const) {
        const { run } = yield* (yield* several()).process(SECONDS, lookedAt)
        const pending = yield* run(held)
        yield* TestClock.adjust(SECONDS * 1000)
        if (late === "expire") assert.deepStrictEqual(yield* run(expire), [pending.run])
        else {
          const failed = Result.getOrThrow(
            Result.flip(yield* Effect.result(run(deciding(pending, "approve"))))
          )
          assert.deepInclude({ ...failed }, { code: "STEWARD_DECIDED", decided: "reject" })
        }
        assert.deepStrictEqual(
          (yield* run(decisionsIn(pending.run))).map(({ by }) => by),
          ["deadline"]
        )
        yield* run(holds)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is in nobody's way: the next turn begins, and has not read what was never released", () =>
    Effect.gen(function* () {
      const world = yield* several()
      const { run } = yield* world.process()
      const { session } = yield* run(held)
      yield* TestClock.adjust(SECONDS * 1000)
      const { rest } = yield* run(Sessions.use((sessions) => sessions.turn(session ?? "", turnOf("2 say"))))
      assert.strictEqual(rest._tag, "Held")
      assert.deepStrictEqual(
        world.models.sent.map(({ history }) => history),
        [[], []]
      )
      yield* run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("is kept by one of many that notice it at once", () =>
    Effect.gen(function* () {
      const world = yield* several()
      const processes = yield* Effect.all(Array.from({ length: 8 }, () => world.process()))
      const [first] = processes
      const pending = yield* (first ?? assert.fail()).run(held)
      yield* TestClock.adjust(SECONDS * 1000)
      const expired = yield* Effect.forEach(processes, ({ run }) => run(expire), { concurrency: "unbounded" })
      assert.deepStrictEqual(expired.flat(), [pending.run])
      assert.strictEqual((yield* (first ?? assert.fail()).run(decisionsIn(pending.run))).length, 1)
      yield* (first ?? assert.fail()).run(holds)
    }).pipe(Effect.scoped)
  )

  it.effect("never comes where none is set", () =>
    Effect.gen(function* () {
      const { run } = yield* (yield* several(null)).process()
      const pending = yield* run(held)
      assert.isNull(pending.deadline)
      yield* TestClock.adjust("3650 days")
      assert.deepStrictEqual(yield* run(expire), [])
      assert.isTrue(Option.isSome(Option.fromNullOr((yield* run(deciding(pending, "approve"))).released)))
    }).pipe(Effect.scoped)
  )
})
