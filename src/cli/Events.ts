/** Owns how a run and its events read in a terminal: one line each. */
import { countOf, type Recalled } from "../domain/memory/Recall.ts"
import { DateTime, Option } from "effect"
import type { Entry, RunRecord } from "../domain/ledger/Records.ts"
import type { CapabilityInvoked, Event } from "../domain/Event.ts"
import { counted } from "./Facts.ts"
import { written as moment } from "./Moment.ts"

/** A time no calendar has is shown as the number it is. */
export const time = (at: number): string =>
  Option.match(DateTime.make(at), { onNone: () => String(at), onSome: DateTime.formatIso })

/** E.g. `0190…  released       executor → ollama qwen3:8b`. */
export const runLine = ({ run, standing, entries }: RunRecord): string => {
  const accepted = entries.find(({ event }) => event._tag === "RunAccepted")?.event
  const called = entries.findLast(({ event }) => event._tag === "CallIntended")?.event
  const routed = entries.find(({ event }) => event._tag === "RouteResolved")?.event
  const mode = accepted?._tag === "RunAccepted" ? accepted.mode : "?"
  const to =
    called?._tag === "CallIntended"
      ? ` → ${called.provider} ${called.model}`
      : routed?._tag === "RouteResolved"
        ? ` → ${routed.route.provider}`
        : ""
  return `${run}  ${standing.padEnd(13)}  ${time(entries[0]?.at ?? 0)}  ${mode}${to}`
}

export const entryLine = ({ seq, at, event }: typeof Entry.Type): string =>
  `${String(seq).padStart(4)}  ${time(at)}  ${event._tag.padEnd(16)}  ${detail(event)}`

export const eventLine =
  (record: RunRecord) =>
  (entry: typeof Entry.Type): string => {
    const unsettled =
      record.standing === "indeterminate" &&
      entry.event._tag === "CallIntended" &&
      entry.seq === record.entries.at(-1)?.seq
    return `${entryLine(entry)}${unsettled ? "  indeterminate" : ""}`
  }

const detail = (event: Event): string => {
  switch (event._tag) {
    case "ConfigLoaded":
      return `config ${short(event.configDigest)}`
    case "RunAccepted":
      return `${event.mode} · ${event.promptChars} characters · audit ${event.audit ? "asked for" : "off"} · config ${short(event.configDigest)}`
    case "RouteResolved":
      return `${event.route.provider} ${event.route.selected?.model ?? "stand-in"}${event.route.fallbackUsed ? ` · fallback: ${event.route.fallbackReason}` : ""}`
    case "CapabilityInvoked":
      return `${event.id} ${event.version} · ${invokedLine(event)}`
    case "ContextAssembled":
      return `${event.chars} characters in ${event.segments.length} segments · messages ${short(event.promptHash)}${event.memory ? ` · ${remembered(event.memory)}` : ""}`
    case "MemoryWritten":
      return `${event.scope}/${event.key} version ${event.version} · ${event.sensitivity} · ${event.provenance} · ${counted(event.chars, "character")} · by ${event.principal}`
    case "MemoryForgotten":
      return `${event.scope}/${event.key} · the keys of ${counted(event.version, "version")} were destroyed · by ${event.principal}`
    case "TokenIssued":
      return `${event.token} · ${event.principal} · ${event.role} · ${event.expiresAt === null ? "does not expire" : `until ${moment(event.expiresAt)}`}`
    case "TokenRevoked":
      return event.token
    case "LoginOffered":
      return `${event.login} · with ${event.token}`
    case "LoginTaken":
    case "LoginEnded":
      return event.login
    case "RunbookStarted":
      return `${event.runbook} · ${counted(event.steps.length, "step")} · ${event.mode} · at most ${counted(event.certificate.calls, "call")}`
    case "RunbookResumed":
      return `attempt ${event.after.attempt} · by ${event.principal}`
    case "StepSkipped":
      return `step ${event.index + 1}`
    case "StepStarted":
      return `step ${event.step.index + 1} · run ${event.run} · attempt ${event.step.attempt} · ${event.step.mode}`
    case "StepHeld":
      return `step ${event.index + 1} · run ${event.run} · ${event.threshold}`
    case "StepEnded":
      return `step ${event.index + 1} · run ${event.run} · ${event.status}${event.code ? ` ${event.code}` : ""} · ${event.tokens} tokens`
    case "RunbookCompleted":
      return `${event.after.completed} done, ${event.after.skipped} skipped · ${event.after.tokens} tokens`
    case "RunbookTerminated":
      return `step ${event.index + 1} · ${event.code}`
    case "RunbookErased":
      return `the keys of its texts were destroyed · by ${event.principal}`
    case "BoundsCertified":
      return `at most ${counted(event.certificate.calls, "call")}, ${event.certificate.inputTokens} in / ${event.certificate.outputTokens} out tokens, ${event.certificate.wallMillis / 1000} s`
    case "CallIntended":
      return `${event.purpose} ${event.attempt} → ${event.provider} ${event.model}${event.fallbackReason ? ` · after: ${event.fallbackReason}` : ""}`
    case "CallSettled":
      return `${event.purpose} ${event.attempt} · ${event.outcome}${event.code ? ` ${event.code}` : ""} · ${event.inputTokens ?? "?"} in / ${event.outputTokens ?? "?"} out${event.outcome === "indeterminate" ? "" : ` · ${event.latencyMillis} ms`}${event.finish === "length" ? " · cut at the token limit" : ""}`
    case "AuditConcluded":
      return `${event.verdict?.decision ?? `unavailable: ${event.unavailable}`} · ${counted(event.verdict?.issues.length ?? 0, "issue")} · independent ${event.independent}`
    case "Released":
      return `${event.receipt.chars} characters · ${short(event.receipt.digest)} · audit ${event.receipt.audit}`
    case "RunRefused":
    case "RunFailed":
      return `${event.code} in ${event.phase}${event.receipt ? ` · ${event.receipt.chars} characters had left` : ""}`
    case "RunResumed":
      return `attempt ${event.attempt}`
    case "RunErased":
      return `the keys of its texts were destroyed · by ${event.principal}`
    case "GateEvaluated":
      return `${event.threshold ? `held: ${event.threshold}` : "open"} · number ${event.step} · ${event.tokens} tokens by then`
    case "HeldViewed":
      return `looked at by ${event.principal}`
    case "StewardDecided":
      return `${event.action} · ${event.reason} · by ${event.principal} (${event.by})`
    case "SessionStarted":
      return `${event.after.mode} · ${event.persona} · at most ${event.terms.maxTurns} turns`
    case "SessionModeChanged":
      return `${event.mode} · by ${event.principal}`
    case "SessionTitled":
      return `${counted(event.chars, "character")} · by ${event.principal}`
    case "TurnStarted":
      return `turn ${event.turn.index} · run ${event.run} · ${event.turn.mode}${event.turn.insteadOf === undefined ? "" : ` · in place of turn ${event.turn.insteadOf}`}`
    case "TurnHeld":
      return `turn ${event.index} · run ${event.run} · ${event.threshold}`
    case "TurnEnded":
      return `turn ${event.index} · run ${event.run} · ${event.status}${event.code ? ` ${event.code}` : ""} · ${event.tokens} tokens`
    case "SessionClosed":
      return `by ${event.principal}`
    case "SessionErased":
      return `the keys of its texts were destroyed · by ${event.principal}`
    case "RunCancelled":
      return `in ${event.phase}${event.receipt ? ` · ${event.receipt.chars} characters had left` : ""}`
  }
}

/** What came of a call of a capability. */
export const invokedLine = ({
  ok,
  code,
  errorCode,
  outputChars,
  durationMillis
}: typeof CapabilityInvoked.Type): string =>
  code ??
  `${ok ? "ok" : `no: ${errorCode ?? "without a code"}`} · ${counted(outputChars, "character")} · ${durationMillis} ms`

/** What became of memory records, in numbers. */
export const remembered = (memory: ReadonlyArray<Recalled>): string =>
  OUTCOMES.flatMap((outcome) => {
    const count = countOf(memory, outcome)
    return count === 0 ? [] : [`${count} ${outcome}`]
  }).join(", ")
const OUTCOMES = ["released", "denied", "dropped", "missing"] as const

const short = (digest: string): string => digest.slice(0, 12)
