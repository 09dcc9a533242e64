/** Owns what a trace says of a run: which span a step is, and what its state has to say of it. It reads records, and nothing else. */
import type { CallIntended, CallSettled } from "../Event.ts"
import { lastCall, type RunState, type Step } from "../run/Run.ts"
import type { Purpose } from "../run/Bounds.ts"
import { restedOf } from "../run/StandingOf.ts"
import type { Attributes, SpanName } from "./Span.ts"

/** Null where nothing is done. */
export const spanOf = (step: Step): SpanName | null => {
  switch (step._tag) {
    case "Accept":
      return "accept"
    case "Route":
      return "route"
    case "Invoke":
      return "capability"
    case "Assemble":
      return "assemble"
    case "Certify":
      return "bounds"
    case "Call":
      return step.purpose
    case "Audit":
      return "audit"
    case "Conclude":
      return "verdict"
    case "Gate":
      return "gate"
    case "Release":
      return "release"
    case "Refuse":
      return "refuse"
    case "Fail":
      return "fail"
    case "Cancel":
      return "cancel"
    case "Decide":
    case "Settle":
    case "Done":
      return null
  }
}

/** What is known of a step once it is over. */
export const aboutStep = (name: SpanName, state: RunState): Attributes => {
  const { accepted, route, capability, context, bounds, audit, gate, ending } = state
  switch (name) {
    case "accept":
      return accepted ? { "io3.run.mode": accepted.mode } : {}
    case "route":
      return route
        ? {
            "io3.route.provider": route.route.provider,
            ...(route.route.selected && { "io3.route.model": route.route.selected.model }),
            "io3.route.fallback": route.route.fallbackUsed
          }
        : {}
    case "capability":
      return capability
        ? {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": capability.id,
            "io3.capability.ok": capability.ok && capability.code === null,
            ...(capability.code && { "error.type": capability.code })
          }
        : {}
    case "assemble":
      return context ? { "io3.context.messages": context.messages, "io3.context.bytes": context.bytes } : {}
    case "bounds":
      return bounds
        ? {
            "io3.bounds.calls": bounds.certificate.calls,
            "io3.bounds.input_tokens": bounds.certificate.inputTokens,
            "io3.bounds.output_tokens": bounds.certificate.outputTokens
          }
        : {}
    case "draft":
    case "revision":
      return aboutCall(name, state)
    case "audit":
    case "verdict":
      return {
        ...(name === "audit" && aboutCall(name, state)),
        ...(audit && {
          "io3.audit.verdict": audit.verdict?.decision ?? audit.unavailable ?? "abstain",
          "io3.audit.independent": audit.independent
        })
      }
    case "gate":
      return gate?.threshold ? { "io3.gate.threshold": gate.threshold } : {}
    case "release":
      return ending?._tag === "Released"
        ? { "io3.release.chars": ending.receipt.chars, "io3.audit.result": ending.receipt.audit }
        : {}
    case "refuse":
    case "fail":
      return ending?._tag === "RunRefused" || ending?._tag === "RunFailed"
        ? { "error.type": ending.code }
        : {}
    case "cancel":
      return { "error.type": "RUN_CANCELLED" }
    default:
      return {}
  }
}

/** What a call took is said once, by the call itself: whoever adds it up would count it twice. */
const aboutCall = (purpose: Purpose, state: RunState): Attributes => {
  const call = lastCall(state, purpose)
  return call ? { ...asked(call.intended), ...(call.settled && became(call.settled)) } : {}
}

const asked = ({ purpose, attempt, fallbackReason }: typeof CallIntended.Type): Attributes => ({
  "io3.call.purpose": purpose,
  "io3.call.attempt": attempt,
  ...(fallbackReason && { "io3.call.fallback_reason": fallbackReason })
})

type Settled = Omit<typeof CallSettled.Type, "digest">

/** What came of a call. A provider that did not say how much it took is not spoken for. */
export const came = (settled: Settled): Attributes => ({
  ...became(settled),
  ...(settled.inputTokens !== null && { "gen_ai.usage.input_tokens": settled.inputTokens }),
  ...(settled.outputTokens !== null && { "gen_ai.usage.output_tokens": settled.outputTokens }),
  ...(settled.firstTokenMillis !== null && { "io3.call.first_token_ms": settled.firstTokenMillis }),
  ...(settled.finish && { "gen_ai.response.finish_reasons": [settled.finish] })
})

const became = ({ outcome, code }: Settled): Attributes => ({
  "io3.call.outcome": outcome,
  ...(outcome !== "ok" && {
    "error.type": code ?? (outcome === "cancelled" ? "RUN_CANCELLED" : "PROVIDER_OUTCOME_UNKNOWN")
  })
})

/** What is known of a run where it has come to. */
export const aboutRun = (state: RunState): Attributes => {
  const { accepted, route, ending, calls, attempt } = state
  const rested = restedOf(state)
  return {
    ...(accepted && {
      "io3.run.id": accepted.run,
      "io3.run.mode": accepted.mode,
      "io3.run.surface": accepted.surface,
      ...(accepted.turn && { "gen_ai.conversation.id": accepted.turn.session }),
      ...(accepted.step && { "io3.runbook.run": accepted.step.runbook })
    }),
    ...(route && { "io3.route.provider": route.route.provider }),
    ...(rested && { "io3.run.outcome": rested }),
    "io3.run.attempt": attempt,
    "io3.run.calls": calls.length,
    ...((ending?._tag === "RunRefused" || ending?._tag === "RunFailed") && { "error.type": ending.code }),
    ...(ending?._tag === "RunCancelled" && { "error.type": "RUN_CANCELLED" as const })
  }
}
