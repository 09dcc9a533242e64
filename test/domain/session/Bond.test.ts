import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Result } from "effect"
import * as fc from "fast-check"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { isSessionEvent } from "../../../src/domain/Event.ts"
import { RUN_PREFIX, SESSION_PREFIX, SessionId } from "../../../src/domain/Ids.ts"
import { decode, type Row } from "../../../src/domain/ledger/Ledger.ts"
import { initial, type RunState } from "../../../src/domain/run/Run.ts"
import { replay } from "../../../src/domain/run/Evolution.ts"
import { ofRun, ofHost, Pairs, type Side } from "../../../src/domain/run/Bond.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import {
  over,
  persona,
  principal,
  settingsWith,
  Shared,
  startOf,
  talking,
  turnOf
} from "../../support/sessionScene.ts"

/** A session with a turn of each kind: released, failed, refused, held and approved, redirected, rejected. */
const lived = Effect.gen(function* () {
  const { journal } = (yield* Shared.make).process()
  const settings = settingsWith({ steward_thresholds: { step_count: 2 } })
  yield* Effect.provide(
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const steward = yield* Steward
      const { session } = yield* sessions.start(startOf("steward"))
      const ask = (prompt: string, audit = false) =>
        Effect.exit(sessions.turn(session, turnOf(prompt, audit)))
      const wish = Effect.gen(function* () {
        const [held] = yield* steward.pending
        const { run, digest, sequence } = held ?? assert.fail("it is held")
        return { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const
      })
      yield* ask("1 say")
      yield* ask("2 break")
      yield* ask("3 reject", true)
      yield* ask("4 say")
      yield* steward.decide({ ...(yield* wish), action: "approve" })
      yield* ask("5 say")
      yield* ask("6 say")
      const request = { ...turnOf("7 say"), mode: persona }
      yield* steward.decide({ ...(yield* wish), action: "redirect", request })
      yield* ask("8 say")
      yield* steward.decide({ ...(yield* wish), action: "close" })
    }),
    over(Layer.succeed(Journal, journal), talking(), settings)
  )
  return yield* journal.scan(0, 10_000)
})

/** The side of every row, in order. */
const sidesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Side | null> => {
  const states = new Map<string, RunState>()
  return rows.map(({ stream, payload }) => {
    const event = Option.getOrThrow(decode(payload))
    if (isSessionEvent(event)) {
      return ofHost(SessionId.make(stream.slice(SESSION_PREFIX.length)), event)
    }
    if (!stream.startsWith(RUN_PREFIX)) return null
    const before = states.get(stream) ?? initial
    const state = Result.getOrThrow(replay([event as Parameters<typeof ofRun>[1]], before))
    states.set(stream, state)
    return ofRun(state, event as Parameters<typeof ofRun>[1])
  })
}

const isPaired = (sides: ReadonlyArray<Side | null>): boolean => {
  const pairs = new Pairs()
  return sides.every((side) => pairs.take(side)) && pairs.isWhole
}

describe("what a run and its session say of each other", () => {
  it.effect(
    "is said twice, side by side: no row of either can be left out, told elsewhere or told otherwise",
    () =>
      Effect.gen(function* () {
        const sides = sidesOf(yield* lived)
        assert.isTrue(isPaired(sides))
        const named = sides.flatMap((side, index) => (side && side.words !== null ? [index] : []))
        // Eight turns begin, three of them are held, and all end.
        assert.strictEqual(named.length, 2 * (8 + 3 + 8))
        const closed = sides.findIndex((side) => side?.words === null)
        assert.isFalse(isPaired(sides.toSpliced(closed, 1)), "a steward's close leaves it open")
        for (const at of named) {
          assert.isFalse(isPaired(sides.toSpliced(at, 1)), `without ${at}`)
          assert.isFalse(isPaired(sides.toSpliced(at, 1, null)), `nothing at ${at}`)
          const side = sides[at] ?? assert.fail()
          assert.isFalse(
            isPaired(sides.toSpliced(at, 1, { ...side, words: `${side.words} ` })),
            `other ${at}`
          )
          assert.isFalse(isPaired(sides.toSpliced(at, 0, side)), `twice ${at}`)
          if (side.opens) assert.isFalse(isPaired(sides.toSpliced(at + 1, 0, null)), `parted after ${at}`)
        }
      })
  )
})

describe("Pairs", () => {
  const side = fc.record({
    opens: fc.boolean(),
    words: fc.constantFrom("a", "b"),
    follows: fc.constant(null),
    is: fc.constant(null),
    onlyFollows: fc.constant(false)
  })
  it("are whole when every row that opens is closed by the very next, in the same words", () => {
    fc.assert(
      fc.property(fc.array(fc.option(side), { maxLength: 12 }), (sides) => {
        const spelled = sides.map((side) =>
          side ? (side.opens ? side.words.toUpperCase() : side.words) : "-"
        )
        assert.strictEqual(isPaired(sides), /^(-|Aa|Bb)*$/u.test(spelled.join("")))
      }),
      { numRuns: 2000 }
    )
  })
})
