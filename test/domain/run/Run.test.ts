import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import type { Purpose } from "../../../src/domain/run/Bounds.ts"
import { CallSettled, isEnding, RunCancelled, RunEvent, RunFailed } from "../../../src/domain/Event.ts"
import { initial, next, RunState } from "../../../src/domain/run/Run.ts"
import { evolve, replay } from "../../../src/domain/run/Evolution.ts"
import { Choice, greedyLives, lives, states } from "../../support/lives.ts"

const invariants = (state: RunState): void => {
  const settledOk = (purpose: Purpose) =>
    state.calls.filter((call) => call.intended.purpose === purpose && call.settled?.outcome === "ok").length
  const made = (purpose: Purpose) => state.calls.filter((call) => call.intended.purpose === purpose).length
  assert.isAtMost(settledOk("draft"), 1)
  assert.isAtMost(made("draft"), 2)
  assert.isAtMost(made("audit"), 1)
  assert.isAtMost(made("revision"), 1)
  assert.isAtMost(state.calls.length, state.bounds?.certificate.calls ?? 0)
  const open = state.calls.filter((call) => call.settled === null)
  assert.isAtMost(open.length, 1)
  assert.isTrue(open.length === 0 || state.ending === null, "no ending while a call is out")
  for (const call of state.calls) {
    assert.isTrue(call.settled === null || call.settled.purpose === call.intended.purpose)
    assert.isTrue(call.settled === null || call.settled.attempt === call.intended.attempt)
    const again = call.intended.attempt === 2
    assert.strictEqual(call.intended.fallbackReason !== null, again, "a second attempt says why, and only it")
  }
  assert.isTrue(made("revision") === 0 || state.audit?.verdict?.decision === "needs_work")
  assert.isTrue(made("audit") === 0 || state.accepted?.audit === true)
  assert.isTrue(!state.audit?.verdict || settledOk("audit") === 1, "a verdict without an answer")
  if (state.ending?._tag === "Released") {
    assert.strictEqual(settledOk("draft"), 1)
    const { audit } = state.ending.receipt
    assert.strictEqual(audit === "none", state.accepted?.audit === false)
    assert.strictEqual(audit === "pass", state.audit?.verdict?.decision === "pass")
    assert.strictEqual(audit === "revised", settledOk("revision") === 1)
    assert.isTrue(audit !== "unaudited" || state.accepted?.onUnavailable === "release")
  }
}

describe("Run.evolve", () => {
  it.prop("random events are refused, or the invariants hold", [Schema.Array(RunEvent)], ([events]) => {
    let state = initial
    for (const event of events) {
      const evolved = evolve(state, event)
      if (Result.isFailure(evolved)) assert.strictEqual(evolved.failure.code, "RUN_TRANSITION_INVALID")
      else state = evolved.success
      invariants(state)
    }
  })

  it.prop(
    "what a state allows is accepted, and a run comes to its end",
    [lives],
    ([{ events, state, stuck }]) => {
      assert.isTrue(stuck === null || stuck._tag === "CallIntended", `${stuck?._tag} was refused`)
      assert.isTrue(stuck !== null || state.ending !== null, "no end after sixteen events")
      for (const reached of states(events)) invariants(reached)
    }
  )

  it.effect("the lives that are tried end in every way", () =>
    Effect.gen(function* () {
      const tried = yield* Arbitrary.sampleEffect(lives, { count: 300, seed: 2 })
      const ends = tried.map(({ state: { ending } }) =>
        ending?._tag === "Released" ? `Released ${ending.receipt.audit}` : ending?._tag
      )
      const audits = ["none", "pass", "revised", "unaudited"].map((audit) => `Released ${audit}`)
      assert.includeMembers(ends, [...audits, "RunRefused", "RunFailed", "RunCancelled"])
    })
  )

  it.prop(
    "calls are refused beyond the certificate, and for no other reason",
    [lives],
    ([{ state, stuck }]) => {
      assert.strictEqual(
        stuck !== null,
        stuck?._tag === "CallIntended" && state.calls.length === state.bounds?.certificate.calls
      )
    }
  )

  it.prop(
    "every state before the end allows an end or a settlement",
    [lives, CallSettled, RunFailed, RunCancelled],
    ([{ events }, settled, failed, stopped]) => {
      for (const state of states(events).slice(1)) {
        if (state.ending) continue
        const open = state.calls.find((call) => call.settled === null)?.intended
        const settles = open && evolve(state, { ...settled, purpose: open.purpose, attempt: open.attempt })
        assert.strictEqual(settles !== undefined && Result.isSuccess(settles), open !== undefined)
        assert.strictEqual(Result.isSuccess(evolve(state, failed)), open === undefined)
        assert.strictEqual(Result.isSuccess(evolve(state, stopped)), open === undefined)
      }
    }
  )

  it.prop(
    "nothing happens after the end but that the texts are erased, once",
    [lives, RunEvent],
    ([{ state, events, stuck }, event]) => {
      const ended = stuck === null ? state : Result.getOrThrow(evolve(state, cancelled))
      assert.strictEqual(Result.isSuccess(evolve(ended, event)), event._tag === "RunErased")
      for (const again of events) assert.isTrue(Result.isFailure(evolve(ended, again)))
      assert.strictEqual(next(ended)._tag, "Done")
    }
  )

  it.prop("what is too long is refused before it is read, and not when it was", [lives], ([{ events }]) => {
    const refused: RunEvent = {
      _tag: "RunRefused",
      code: "CONTEXT_LIMIT_EXCEEDED",
      phase: "audit",
      retryable: false,
      receipt: null
    }
    for (const state of states(events)) {
      const step = next(state)
      const before =
        step._tag === "Call"
          ? step.purpose === "revision"
          : ["Assemble", "Certify", "Audit"].includes(step._tag)
      assert.strictEqual(Result.isSuccess(evolve(state, refused)), before)
    }
  })

  it.prop("an end is an end to the journal too", [lives], ([{ events, state }]) => {
    assert.deepStrictEqual(
      events.map(isEnding),
      events.map((_, index) => state.ending !== null && index === events.length - 1)
    )
  })

  it.prop("a stream read in two parts is the stream", [lives, Choice], ([{ events, state }, choice]) => {
    const at = choice % (events.length + 1)
    const first = Result.getOrThrow(replay(events.slice(0, at)))
    assert.deepStrictEqual(Result.getOrThrow(replay(events.slice(at), first)), state)
    assert.deepStrictEqual(Result.getOrThrow(replay(events)), state)
  })

  it.prop("a state can be written down and taken up again", [lives], ([{ state }]) => {
    const written: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(RunState)(state)))
    assert.deepStrictEqual(Schema.decodeUnknownSync(RunState)(written), state)
  })

  it.prop("a stream with a stranger in it is refused", [lives, RunEvent], ([{ events }, stranger]) => {
    for (let at = 0; at <= events.length; at++) {
      const read = replay(events.toSpliced(at, 0, stranger))
      if (Result.isSuccess(read)) invariants(read.success)
      else assert.strictEqual(read.failure.code, "RUN_TRANSITION_INVALID")
    }
  })
})

/** What a run has taken of what it was allowed; what nobody counted is none. */
const taken = ({ calls }: RunState) => {
  const settled = calls.flatMap((call) => (call.settled ? [call.settled] : []))
  const sum = (counts: ReadonlyArray<number | null>) =>
    counts.reduce<number>((total, count) => total + (count ?? 0), 0)
  return {
    calls: calls.length,
    inputTokens: sum(settled.map(({ inputTokens }) => inputTokens)),
    outputTokens: sum(settled.map(({ outputTokens }) => outputTokens)),
    // Nobody waited for a call that was given up on.
    wallMillis: sum(settled.map(({ outcome, latencyMillis }) => (outcome === "ok" ? latencyMillis : 0)))
  }
}
const excess = (state: RunState): ReadonlyArray<string> => {
  const allowed = state.bounds?.certificate
  return Object.entries(taken(state)).flatMap(([what, much]) =>
    much > (allowed?.[what as keyof ReturnType<typeof taken>] ?? 0) ? [what] : []
  )
}

describe("a run and its certificate", () => {
  it.prop("no run takes more than it was certified for, however greedy", [greedyLives()], ([{ events }]) => {
    for (const state of states(events)) assert.deepStrictEqual(excess(state), [])
  })

  const boundless = { inputTokens: 2 ** 40, outputTokens: 2 ** 40, wallMillis: 2 ** 40 }
  /** The law without the rule that settlements keep to their reservations. */
  const unsettled: typeof evolve = (state, event) =>
    Result.map(
      evolve(
        {
          ...state,
          calls: state.calls.map(({ intended, settled }) => ({
            intended: { ...intended, reserved: boundless },
            settled
          }))
        },
        event
      ),
      (evolved) => ({
        ...evolved,
        calls: evolved.calls.map((call, index) => ({
          ...call,
          intended: state.calls[index]?.intended ?? call.intended
        }))
      })
    )
  /** The law without the rule that intents keep to the certificate. */
  const uncertified: typeof evolve = (state, event) =>
    Result.map(
      evolve(
        state.bounds
          ? {
              ...state,
              bounds: {
                ...state.bounds,
                certificate: { ...state.bounds.certificate, ...boundless, calls: 99 }
              }
            }
          : state,
        event
      ),
      (evolved) => ({ ...evolved, bounds: state.bounds ?? evolved.bounds })
    )
  for (const [name, law, what] of [
    ["settlements", unsettled, ["inputTokens", "outputTokens", "wallMillis"]],
    ["intents", uncertified, ["calls", "inputTokens", "outputTokens", "wallMillis"]]
  ] as const) {
    it.effect(`a law that lets ${name} through is found out`, () =>
      Effect.gen(function* () {
        const tried = yield* Arbitrary.sampleEffect(greedyLives(law), { count: 300, seed: 1 })
        const exceeded = new Set(tried.flatMap(({ state }) => excess(state)))
        assert.deepStrictEqual([...exceeded].toSorted(), [...what].toSorted())
      })
    )
  }
})

const cancelled: typeof RunCancelled.Type = { _tag: "RunCancelled", phase: "draft", receipt: null }
