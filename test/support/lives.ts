/** Owns whole lives of runs for property tests: random fields, one legal event after the other. */
import { Arbitrary, Result, Schema } from "effect"
import type { Purpose } from "../../src/domain/run/Bounds.ts"
import { CallSettled, RunEvent } from "../../src/domain/Event.ts"
import { isGeneration } from "../../src/domain/run/Generation.ts"
import type { FallbackReason } from "../../src/domain/run/Route.ts"
import { initial, next, type RunState } from "../../src/domain/run/Run.ts"
import { evolve, replay } from "../../src/domain/run/Evolution.ts"

type Kinds = {
  readonly [E in (typeof RunEvent.members)[number] as E["Type"]["_tag"]]: E
}
const kinds = Object.fromEntries(
  RunEvent.members.map((member) => [member.fields._tag.schema.literal, member])
) as unknown as Kinds

/** More than the longest life has events. */
const LONGEST = 16
/** Which way to go where a state leaves a choice, in percent. */
export const Choice = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 99 }))
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
  const interrupted = step._tag !== "Accept" && step._tag !== "Settle" && step._tag !== "Decide" && choice < 4
  if (interrupted) return choice < 2 ? events.RunCancelled : events.RunFailed
  switch (step._tag) {
    case "Accept":
      return accepted(events, choice)
    case "Route":
      return events.RouteResolved
    case "Invoke":
      return {
        ...events.CapabilityInvoked,
        ...(state.accepted?.capability && { id: state.accepted.capability.id }),
        ...(choice % 4 === 0
          ? { ok: false, errorCode: null, code: "CAPABILITY_TIMEOUT", outputChars: 0, digest: null }
          : { ok: true, errorCode: null, code: null, digest: events.RunAccepted.promptDigest })
      }
    case "Assemble": {
      const { memory = [], ...context } = events.ContextAssembled
      return state.accepted?.packs ? { ...context, memory } : context
    }
    case "Certify":
      return {
        ...events.BoundsCertified,
        certificate: {
          ...events.BoundsCertified.certificate,
          calls: 2 + (choice % 3),
          inputTokens: 4 * EACH,
          outputTokens: 4 * EACH,
          wallMillis: 4 * EACH
        }
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
        outcome: choice < 60 ? "ok" : events.CallSettled.outcome,
        inputTokens: choice % 5 === 0 ? null : choice * 10,
        outputTokens: choice % 7 === 0 ? null : choice,
        latencyMillis: choice
      }
    case "Conclude":
      return step.settled.outcome === "ok" && events.AuditConcluded.verdict
        ? { ...events.AuditConcluded, unavailable: null }
        : { ...events.AuditConcluded, verdict: null, unavailable: "call_failed" }
    case "Gate":
      return { ...events.GateEvaluated, threshold: choice < 50 ? events.GateEvaluated.threshold : null }
    case "Decide":
      return state.gate && choice < 20
        ? { ...events.HeldViewed, digest: state.gate.digest }
        : { ...events.StewardDecided, ...(state.gate && { digest: state.gate.digest }) }
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
/** A run by itself, a client's, a turn or a step; some with a capability, some with packs. */
const accepted = ({ RunAccepted }: Roll["events"], choice: number): RunEvent => {
  const { turn, step, capability, packs, source, client, generation, ...plain } = RunAccepted
  const isFit = generation !== undefined && isGeneration(generation)
  return {
    ...plain,
    audit: choice % 3 > 0,
    ...(turn && choice % 2 === 0 && { turn }),
    ...(step && choice % 2 === 1 && { step }),
    ...(capability && choice % 5 === 0 && { capability }),
    ...(packs && packs.length > 0 && { packs }),
    ...(source && { source }),
    ...(client && !(choice % 2 === 0 ? turn : step) && { client }),
    ...(isFit && { generation })
  }
}

const intended = (
  events: Roll["events"],
  purpose: Purpose,
  attempt: number,
  fallbackReason: FallbackReason | null = null
): RunEvent => ({
  ...events.CallIntended,
  purpose,
  attempt,
  fallbackReason,
  reserved: { inputTokens: EACH, outputTokens: EACH, wallMillis: EACH }
})
/** What each call may cost, of tokens and of milliseconds. */
const EACH = 1000

/** The same event with more in it than may be: more reserved, more read, written and waited for. */
const greedy = (event: RunEvent, choice: number): RunEvent => {
  switch (event._tag) {
    case "CallIntended": {
      const each = EACH * (1 + (choice % 7))
      return { ...event, reserved: { inputTokens: each, outputTokens: each, wallMillis: each } }
    }
    case "CallSettled":
      return {
        ...event,
        inputTokens: choice * 90,
        outputTokens: choice * 60,
        latencyMillis: choice * 80
      }
    default:
      return event
  }
}

/** Goes from one state to the next, or says that this cannot be. */
type Law = typeof evolve

/** Whole lives under a law: of the events proposed at each step, the first that the law accepts. */
const livesUnder = (law: Law, propose: (event: RunEvent, choice: number) => ReadonlyArray<RunEvent>) =>
  Arbitrary.schema(Dice).pipe(
    Arbitrary.map((dice) => {
      const events: Array<RunEvent> = []
      let state = initial
      for (const choice of dice.choices) {
        if (state.ending) break
        const settled = dice.settled[state.calls.length % dice.settled.length] ?? dice.events.CallSettled
        const event = legal(state, { events: { ...dice.events, CallSettled: settled }, choice })
        const proposed = propose(event, choice)
        const accepted = proposed.find((one) => Result.isSuccess(law(state, one)))
        if (accepted === undefined) return { events, state, stuck: event }
        events.push(accepted)
        state = Result.getOrThrow(law(state, accepted))
      }
      return { events, state, stuck: null }
    })
  )

/** A whole life: one legal event after the other until the run has ended. */
export const lives = livesUnder(evolve, (event) => [event])

/** A life that takes as much as it gets. */
export const greedyLives = (law: Law = evolve) =>
  livesUnder(law, (event, choice) => [greedy(event, choice), event])

/** Every state a life goes through. */
export const states = (events: ReadonlyArray<RunEvent>): ReadonlyArray<RunState> =>
  Array.from({ length: events.length + 1 }, (_, length) => Result.getOrThrow(replay(events.slice(0, length))))
