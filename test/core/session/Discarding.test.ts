/** A draft is discarded whatever became of its key, of the clock, or of its session meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { SessionErasure } from "../../../src/core/session/SessionErasure.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { Principal, type RunId, runStream } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"

const principal = Principal.make("local")

/** A decision looks at its session when it is sought, when it is taken up, and once more for what is written. */
const LAST_LOOK = 3

/** A journal whose keys can get lost, and in which something can happen right before a decision is written. */
const scene = (expiry: object = {}) => {
  const lost = new Set<string>()
  let meanwhile: Effect.Effect<unknown, RuntimeFailure> = Effect.void
  let looks = Infinity
  const happen = Effect.suspend(() => {
    const first = meanwhile
    meanwhile = Effect.void
    return first
  })
  const journal = Layer.effect(
    Journal,
    Effect.map(Journal, (base) =>
      Journal.of({
        ...base,
        info: (stream) => {
          if (stream.startsWith("session/")) looks -= 1
          return looks === 0 ? Effect.andThen(happen, base.info(stream)) : base.info(stream)
        },
        key: (stream) => (lost.has(stream) ? Effect.succeedNone : base.key(stream)),
        commit: (commit) => {
          const isDecision = commit.appends.some(({ events }) =>
            events.some(({ _tag }) => _tag === "StewardDecided")
          )
          return isDecision ? Effect.andThen(happen, base.commit(commit)) : base.commit(commit)
        }
      })
    )
  ).pipe(Layer.provide(MemoryJournal.layer))
  const { provider } = ScriptedProvider.make(
    "drafter",
    ["a", "b", "c"].map((say) => ({ say }))
  )
  const runtime = { ...TestRuntime.settings.runtime, steward_thresholds: { always: true }, ...expiry }
  return {
    lose: (run: RunId) => lost.add(runStream(run)),
    first: (effect: Effect.Effect<unknown, RuntimeFailure>, look = Infinity) => {
      meanwhile = effect
      looks = look
    },
    layer: TestRuntime.layer({
      providers: [provider],
      settings: { ...TestRuntime.settings, runtime },
      journal
    })
  }
}

const held = Effect.gen(function* () {
  const sessions = yield* Sessions
  const { session } = yield* sessions.start(Sessions.begin("steward"))
  const { run } = yield* sessions.turn(session, Sessions.ask("question"))
  const { digest, sequence } = yield* Effect.fromOption(
    Option.fromUndefinedOr((yield* (yield* Steward).pending).find((pending) => pending.run === run))
  )
  return { session, wish: { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const }
})

const holds = Effect.gen(function* () {
  assert.isNull((yield* (yield* Verifier).journal(true)).broken)
})

describe("a held draft", () => {
  it.effect("whose key is lost can be rejected, and its session erased", () => {
    const { lose, layer } = scene()
    return Effect.gen(function* () {
      const { session, wish } = yield* held
      lose(wish.turn)
      const steward = yield* Steward
      const approved = yield* Effect.flip(steward.decide({ ...wish, action: "approve" }))
      assert.strictEqual(approved.code, "VAULT_CONTENT_UNREADABLE")
      yield* steward.decide({ ...wish, action: "reject" })
      yield* (yield* SessionErasure).erase(session, principal)
      assert.deepInclude(yield* (yield* Sessions).status(session), { status: "closed", erased: true })
    }).pipe(Effect.provide(layer))
  })

  it.effect("whose key is lost expires, and is in nobody's way", () => {
    const { lose, layer } = scene({ steward_expiry_seconds: 2 })
    return Effect.gen(function* () {
      const first = yield* held
      lose(first.wish.turn)
      yield* TestClock.adjust("3 seconds")
      const second = yield* held
      const pending = yield* (yield* Steward).pending
      assert.deepStrictEqual(
        pending.map(({ run }) => run),
        [second.wish.turn]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("expires at its deadline, though the clock is set back right then", () => {
    const { first, layer } = scene({ steward_expiry_seconds: 2 })
    return Effect.gen(function* () {
      const before = yield* Clock.currentTimeMillis
      const { wish } = yield* held
      yield* TestClock.adjust("3 seconds")
      first(TestClock.setTime(before + 1000))
      assert.deepStrictEqual(yield* (yield* Steward).expire, [wish.turn])
      yield* holds
    }).pipe(Effect.provide(layer))
  })

  for (const action of ["approve", "reject"] as const) {
    it.effect(`of a session that somebody closes first: whoever would ${action} it learns that`, () => {
      const { first, layer } = scene()
      return Effect.gen(function* () {
        const { wish } = yield* held
        const steward = yield* Steward
        first(steward.decide({ ...wish, action: "close" }), LAST_LOOK)
        const second = Result.getOrThrow(
          Result.flip(yield* Effect.result(steward.decide({ ...wish, action })))
        )
        assert.deepInclude({ ...second }, { code: "STEWARD_DECIDED", decided: "close" })
        yield* holds
      }).pipe(Effect.provide(layer))
    })
  }
})
