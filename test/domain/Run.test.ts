import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import type { Purpose } from "../../src/domain/Bounds.ts"
import { CallSettled, isEnding, RunCancelled, RunEvent, RunFailed } from "../../src/domain/Event.ts"
import type { FallbackReason } from "../../src/domain/Route.ts"
import { evolve, initial, next, replay, RunState } from "../../src/domain/Run.ts"

type Kinds = {
  readonly [E in (typeof RunEvent.members)[number] as E["Type"]["_tag"]]: E
}
const kinds = Object.fromEntries(
  RunEvent.members.map((member) => [member.fields._tag.schema.literal, member])
) as unknown as Kinds

/** More than the longest life has events. */
const LONGEST = 16
const Choice = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
const exactly = <S extends Schema.Constraint>(schema: S, length: number) =>
  Schema.Array(schema).check(Schema.isMinLength(length), Schema.isMaxLength(length))

/** Random fields for an event of each kind, and which way to go where a state leaves a choice. */
const Dice = Schema.Struct({
  events: Schema.Struct(kinds),
  settled: exactly(CallSettled, 4),
  choices: exactly(Choice, LONGEST)
})
interface Roll {
  readonly events: (typeof Dice.Type)["events"]
  readonly choice: number
}

/** What a state allows, made from random fields: the ones the law reads are set, the others stay as they were rolled. */
const legal = (state: RunState, { events, choice }: Roll): RunEvent => {
  const step = next(state)
  const interrupted = step._tag !== "Accept" && step._tag !== "Settle" && choice < 4
  if (interrupted) return choice < 2 ? events.RunCancelled : events.RunFailed
  switch (step._tag) {
    case "Accept":
      return { ...events.RunAccepted, audit: choice % 3 > 0 }
    case "Route":
      return events.RouteResolved
    case "Assemble":
      return events.ContextAssembled
    case "Certify":
      return {
        ...events.BoundsCertified,
        certificate: { ...events.BoundsCertified.certificate, calls: 2 + (choice % 3) }
      }
    case "Call":
      return intended(events, step.purpose, step.attempt, step.fallbackReason)
    case "Audit":
      return choice < 20
        ? { ...events.AuditConcluded, verdict: null, unavailable: "no_challenger" }
        : intended(events, "audit", 1)
    case "Settle":
      return {
        ...events.CallSettled,
        purpose: step.purpose,
        attempt: step.attempt,
        outcome: choice < 60 ? "ok" : events.CallSettled.outcome
      }
    case "Conclude":
      return step.settled.outcome === "ok" && events.AuditConcluded.verdict
        ? { ...events.AuditConcluded, unavailable: null }
        : { ...events.AuditConcluded, verdict: null, unavailable: "call_failed" }
    case "Release":
      return { ...events.Released, receipt: { ...events.Released.receipt, audit: step.audit } }
    case "Refuse":
      return { ...events.RunRefused, code: step.code }
    case "Fail":
      return events.RunFailed
    case "Cancel":
    case "Done":
      return events.RunCancelled
  }
}
const intended = (
  events: Roll["events"],
  purpose: Purpose,
  attempt: number,
  fallbackReason: FallbackReason | null = null
): RunEvent => ({ ...events.CallIntended, purpose, attempt, fallbackReason })

/** A whole life: one legal event after the other until the run has ended. */
const lives = Arbitrary.schema(Dice).pipe(
  Arbitrary.map((dice) => {
    const events: Array<RunEvent> = []
    let state = initial
    for (const choice of dice.choices) {
      if (state.ending) break
      const settled = dice.settled[state.calls.length % dice.settled.length] ?? dice.events.CallSettled
      const event = legal(state, { events: { ...dice.events, CallSettled: settled }, choice })
      const evolved = evolve(state, event)
      if (Result.isFailure(evolved)) return { events, state, stuck: event }
      events.push(event)
      state = evolved.success
    }
    return { events, state, stuck: null }
  })
)
const states = (events: ReadonlyArray<RunEvent>): ReadonlyArray<RunState> =>
  Array.from({ length: events.length + 1 }, (_, length) => Result.getOrThrow(replay(events.slice(0, length))))

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
      const tried = yield* Arbitrary.sampleEffect(lives, { count: 300, seed: 1 })
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

  it.prop("nothing happens after the end", [lives, RunEvent], ([{ state, events, stuck }, event]) => {
    const ended = stuck === null ? state : Result.getOrThrow(evolve(state, cancelled))
    assert.isTrue(Result.isFailure(evolve(ended, event)))
    for (const again of events) assert.isTrue(Result.isFailure(evolve(ended, again)))
    assert.strictEqual(next(ended)._tag, "Done")
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
const cancelled: typeof RunCancelled.Type = { _tag: "RunCancelled", phase: "draft", receipt: null }
