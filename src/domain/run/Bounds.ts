/**
 * Owns the worst case of a run and the permits for its calls. `certify` is the only source of a `CallPermit`, and
 * without one no provider can be called (`ports/Journal.intend`, `ports/Provider`).
 */
import { Result, Schema } from "effect"
import { failure, type RuntimeFailure } from "../Failure.ts"
import { Count } from "../Ids.ts"

export const MAX_DRAFTS = 1
export const MAX_AUDIT_PASSES = 1
export const MAX_REVISION_PASSES = 1
export const MAX_CAPABILITY_CALLS = 1
/** A held step of a runbook may be redirected once. */
export const MAX_STEP_ATTEMPTS = 2

/** What a call is for. */
export const Purpose = Schema.Literals(["draft", "audit", "revision"])
export type Purpose = typeof Purpose.Type

/** What one call may cost at most. */
export const Reservation = Schema.Struct({
  /** Tokens read: an upper bound, never an estimate. */
  inputTokens: Count,
  outputTokens: Count,
  wallMillis: Count
})
export type Reservation = typeof Reservation.Type

/** The worst case of a run, computed before it: sums over every call that may be made. */
export const Certificate = Schema.Struct({
  calls: Count,
  inputTokens: Count,
  outputTokens: Count,
  wallMillis: Count,
  capabilityCalls: Count,
  gates: Count
})
export type Certificate = typeof Certificate.Type

/** Whether the calls of these reservations are all certified. */
export const covers = (certificate: Certificate, reserved: ReadonlyArray<Reservation>): boolean => {
  const total = sum(reserved)
  return (
    reserved.length <= certificate.calls &&
    total.inputTokens <= certificate.inputTokens &&
    total.outputTokens <= certificate.outputTokens &&
    total.wallMillis <= certificate.wallMillis
  )
}

/** Whether everything that one certificate allows is allowed by another too. */
export const isIn = (one: Certificate, other: Certificate): boolean =>
  FIELDS.every((field) => one[field] <= other[field])

/** What is left of a certificate when a part of it was used up. */
export const minus = (one: Certificate, other: Certificate): Certificate =>
  combine(one, other, (left, used) => left - used)

/** The worst case of several runs, one after the other. */
export const together = (certificates: ReadonlyArray<Certificate>): Certificate =>
  certificates.reduce((one, other) => combine(one, other, (sum, more) => sum + more), nothing)

const nothing: Certificate = {
  calls: 0,
  inputTokens: 0,
  outputTokens: 0,
  wallMillis: 0,
  capabilityCalls: 0,
  gates: 0
}
const FIELDS = Object.keys(nothing) as ReadonlyArray<keyof Certificate>

const combine = (
  one: Certificate,
  other: Certificate,
  f: (one: number, other: number) => number
): Certificate => ({
  calls: f(one.calls, other.calls),
  inputTokens: f(one.inputTokens, other.inputTokens),
  outputTokens: f(one.outputTokens, other.outputTokens),
  wallMillis: f(one.wallMillis, other.wallMillis),
  capabilityCalls: f(one.capabilityCalls, other.capabilityCalls),
  gates: f(one.gates, other.gates)
})

/** What is known of a call when it is over. */
export interface Spent {
  readonly outcome: "ok" | "failed" | "cancelled" | "indeterminate"
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  readonly latencyMillis: number
}

/** Whether a call kept to its reservation. One that was given up on may be over later than that: nobody waited for it. */
export const isWithin = (reserved: Reservation, spent: Spent): boolean =>
  (spent.inputTokens ?? 0) <= reserved.inputTokens &&
  (spent.outputTokens ?? 0) <= reserved.outputTokens &&
  (spent.outcome !== "ok" || spent.latencyMillis <= reserved.wallMillis)

const sum = (reserved: ReadonlyArray<Reservation>): Reservation => ({
  inputTokens: reserved.reduce((total, { inputTokens }) => total + inputTokens, 0),
  outputTokens: reserved.reduce((total, { outputTokens }) => total + outputTokens, 0),
  wallMillis: reserved.reduce((total, { wallMillis }) => total + wallMillis, 0)
})

class Permit {
  /** Permits are told apart by identity alone. */
  readonly #minted = true
  readonly purpose: Purpose
  readonly attempt: number
  readonly reservation: Reservation

  constructor(purpose: Purpose, attempt: number, reservation: Reservation) {
    this.purpose = purpose
    this.attempt = attempt
    this.reservation = reservation
  }

  static is(value: object): value is Permit {
    return #minted in value
  }
}

/** The right to make one call. The class behind it is not exported: nobody else can make one. */
export type CallPermit = Permit
export const isPermit = Permit.is

/** Limits of one place a call can go to. */
export interface CallLimits {
  /** The context window, in tokens. */
  readonly window: number
  readonly maxOutputTokens: number
  readonly wallMillis: number
}

/** What a run wants to be allowed. */
export interface Wish {
  /** UTF-8 bytes of the assembled messages. */
  readonly inputBytes: number
  readonly messages: number
  /** Null where no model is asked. */
  readonly draft: CallLimits | null
  /** A second place for the draft, used once and only when nothing came of the first. */
  readonly alternate: CallLimits | null
  /** The auditor, when the answer is to be audited; brings one audit and one revision. */
  readonly audit: CallLimits | null
  /** How many times a steward may be asked. */
  readonly gates: number
  /** What a capability may take before the first call; null without one. */
  readonly capability: Pick<Reservation, "wallMillis"> | null
}

/** Tokens a chat template adds to one message at most, and to a whole prompt. */
const TEMPLATE_TOKENS_PER_MESSAGE = 16
const TEMPLATE_TOKENS = 64

/** No tokenizer makes more tokens than there are bytes, and no model reads more than its window. */
export const inputBound = (bytes: number, messages: number, window: number): number =>
  Math.min(window, bytes + messages * TEMPLATE_TOKENS_PER_MESSAGE + TEMPLATE_TOKENS)

/** What one call of a run may cost at most. */
interface Reserved {
  readonly purpose: Purpose
  readonly attempt: number
  readonly reservation: Reservation
}

/** The worst case of a run: what is certified, and what each call in it may cost. */
export interface WorstCase {
  readonly certificate: Certificate
  readonly calls: ReadonlyArray<Reserved>
}

/** Computes the worst case, or refuses. It permits nothing. */
export const worstCase = (wish: Wish): Result.Result<WorstCase, RuntimeFailure> => {
  const reserve = (limits: CallLimits, inputTokens: number): Reservation => ({
    inputTokens,
    outputTokens: limits.maxOutputTokens,
    wallMillis: limits.wallMillis
  })
  const draftInput = (limits: CallLimits) => inputBound(wish.inputBytes, wish.messages, limits.window)

  const passes = (purpose: Purpose, most: number, reservation: Reservation) =>
    Array.from({ length: most }, (_, pass): Reserved => ({ purpose, attempt: pass + 1, reservation }))
  const { draft, alternate, audit } = wish
  const reviser = alternate && draft && alternate.window > draft.window ? alternate : draft
  const calls: ReadonlyArray<Reserved> = [
    ...(draft ? passes("draft", MAX_DRAFTS, reserve(draft, draftInput(draft))) : []),
    ...(alternate
      ? [
          {
            purpose: "draft" as const,
            attempt: MAX_DRAFTS + 1,
            reservation: reserve(alternate, draftInput(alternate))
          }
        ]
      : []),
    ...(audit ? passes("audit", MAX_AUDIT_PASSES, reserve(audit, audit.window)) : []),
    ...(audit && reviser ? passes("revision", MAX_REVISION_PASSES, reserve(reviser, reviser.window)) : [])
  ]

  const places = [draft, alternate, audit].filter((place) => place !== null)
  const cramped = places.find((place) => place.maxOutputTokens < 1 || place.maxOutputTokens >= place.window)
  if (cramped) {
    return Result.fail(
      failure("BOUNDS_EXCEEDED", "bounds", {
        limit: { actual: cramped.maxOutputTokens, allowed: Math.max(0, cramped.window - 1), unit: "tokens" }
      })
    )
  }
  const { inputTokens, outputTokens, wallMillis } = sum(calls.map(({ reservation }) => reservation))
  return Result.succeed({
    calls,
    certificate: {
      calls: calls.length,
      inputTokens,
      outputTokens,
      wallMillis: wallMillis + (wish.capability?.wallMillis ?? 0),
      capabilityCalls: wish.capability ? MAX_CAPABILITY_CALLS : 0,
      gates: wish.gates
    }
  })
}

export interface Certified {
  readonly certificate: Certificate
  readonly permits: ReadonlyArray<CallPermit>
}

/** Computes the worst case and mints a permit for each call in it, or refuses. */
export const certify = (wish: Wish): Result.Result<Certified, RuntimeFailure> =>
  Result.map(worstCase(wish), ({ certificate, calls }) => ({
    certificate,
    permits: calls.map(({ purpose, attempt, reservation }) => new Permit(purpose, attempt, reservation))
  }))

/** The permit for one call, if the certificate has it. */
export const permitFor = (
  permits: ReadonlyArray<CallPermit>,
  purpose: Purpose,
  attempt: number
): CallPermit | undefined =>
  permits.find((permit) => permit.purpose === purpose && permit.attempt === attempt)

/** What is left of a run's permits when another process goes on with it: a call that was intended is not made again. */
export const unintended = (
  permits: ReadonlyArray<CallPermit>,
  intended: ReadonlyArray<{ readonly purpose: Purpose; readonly attempt: number }>
): ReadonlyArray<CallPermit> =>
  permits.filter((permit) =>
    intended.every(({ purpose, attempt }) => permit.purpose !== purpose || permit.attempt !== attempt)
  )
