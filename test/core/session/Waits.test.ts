/** Holds what is asked of sessions to how often it waits for the journal, in counts that are the same on every machine. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Transcripts } from "../../../src/core/session/Transcripts.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { over, principal, settingsWith, startOf, talking, turnOf, waits } from "../../support/sessionScene.ts"

/** A journal that answers whoever asks in one turn of the event loop with the next one, and counts those. */
const distant = () => {
  let waiting: Array<() => void> = []
  const counted = { waits: 0 }
  const answered = Effect.callback<void>((resume) => {
    if (waiting.push(() => resume(Effect.void)) > 1) return
    setImmediate(() => {
      const all = waiting
      waiting = []
      counted.waits++
      all.forEach((answer) => answer())
    })
  })
  const far =
    <A extends ReadonlyArray<unknown>, B, E>(near: (...args: A) => Effect.Effect<B, E>) =>
    (...args: A) =>
      Effect.andThen(answered, near(...args))
  const layer = Layer.effect(
    Journal,
    Effect.map(Journal, (near) =>
      Journal.of({
        ...near,
        commit: far(near.commit),
        read: far(near.read),
        scan: far(near.scan),
        streams: far(near.streams),
        info: far(near.info),
        ends: far(near.ends),
        sealed: far(near.sealed),
        key: far(near.key)
      })
    )
  ).pipe(Layer.provide(MemoryJournal.layer))
  /** How often an effect waits. */
  const times = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      const before = counted.waits
      return Effect.map(effect, () => counted.waits - before)
    })
  return { layer, times }
}

const many = (runtime = {}) => {
  const { layer, times } = distant()
  return { times, core: over(layer, talking(), settingsWith({ session_max_turns: 1000, ...runtime })) }
}

describe("a session", () => {
  it.live("reads what its turns have said together, and not one after the other", () => {
    const { core, times } = many({ context_limit_chars: 64_000 })
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const transcripts = yield* Transcripts
      const { session } = yield* sessions.start(startOf("work"))
      const turn = sessions.turn(session, turnOf("1 say"))
      const after = Effect.fnUntraced(function* (turns: number) {
        for (let at = 1; at < turns; at++) yield* turn
        return { turn: yield* times(turn), told: yield* times(transcripts.text(session)) }
      })
      const few = yield* after(8)
      const more = yield* after(40)
      // Thirty-two further turns are four batches more of texts, and two of rows.
      assert.isAtMost(more.turn - few.turn, 6)
      assert.isAtMost(more.told - few.told, 18)
    }).pipe(Effect.provide(core))
  })

  it.live("has a turn decided about without a look at the others that wait", () => {
    const { core, times } = many(waits)
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const steward = yield* Steward
      const held = Effect.gen(function* () {
        const { session } = yield* sessions.start(startOf("steward"))
        const { run } = yield* sessions.turn(session, turnOf("1 say"))
        return run
      })
      const decided = Effect.fnUntraced(function* () {
        const run = yield* held
        const pending = yield* steward.held(run)
        const { digest, sequence } = pending!
        return yield* times(
          steward.decide({
            action: "approve",
            reason: "acceptable",
            turn: run,
            digest,
            sequence,
            principal,
            by: "person"
          })
        )
      })
      const alone = yield* decided()
      for (let at = 0; at < 20; at++) yield* held
      assert.strictEqual(yield* decided(), alone)
      assert.isAtMost(alone, 6)
    }).pipe(Effect.provide(core))
  })
})
