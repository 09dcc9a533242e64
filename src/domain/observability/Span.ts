/**
 * Owns what may be said of a piece of work in a trace: its name, its times and closed facts about it. A span has no leaf that
 * could hold words, and no exception, message or stack goes into one.
 */
import { Schema } from "effect"
import { Code } from "../Codes.ts"
import { Outcome } from "../Event.ts"
import {
  CapabilityId,
  Count,
  Mode,
  ModelName,
  ProviderName,
  RunbookId,
  RunId,
  SessionId,
  Surface
} from "../Ids.ts"
import { Purpose } from "../run/Bounds.ts"
import { AuditResult, Finish } from "../run/Receipt.ts"
import { FallbackReason } from "../run/Route.ts"
import { Unavailable, Verdict } from "../run/Verdict.ts"
import { Action, Threshold } from "../session/Turn.ts"
import { SpanId, TraceId } from "./TraceContext.ts"

/** The steps of a run, and what runs are part of. A call is `chat` and its model, as the GenAI conventions name it. */
export const SpanName = Schema.Literals([
  "request",
  "turn",
  "runbook",
  "step",
  "decide",
  "run",
  "accept",
  "route",
  "capability",
  "assemble",
  "bounds",
  "draft",
  "audit",
  "verdict",
  "revision",
  "gate",
  "release",
  "refuse",
  "fail",
  "cancel",
  "chat"
])
export type SpanName = typeof SpanName.Type

/** An address of the contract, with the names of its parameters in their places; never one that was asked for. */
export const RouteTemplate = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^\/[A-Za-z0-9._:/{}*-]{0,127}$/)),
  Schema.brand("RouteTemplate")
)
export type RouteTemplate = typeof RouteTemplate.Type

export const Method = Schema.Literals(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "_OTHER"])
export type Method = typeof Method.Type

/** How a run came to rest. */
export const Rested = Schema.Literals(["released", "held", "refused", "failed", "cancelled"])
export type Rested = typeof Rested.Type

const Status = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 100, maximum: 599 })))

/** Every attribute that a span may have, under the name it is exported with. There is no other. */
export const Attributes = Schema.Struct({
  "error.type": Schema.optionalKey(Code),
  "http.request.method": Schema.optionalKey(Method),
  "http.route": Schema.optionalKey(RouteTemplate),
  "http.response.status_code": Schema.optionalKey(Status),
  "url.scheme": Schema.optionalKey(Schema.Literal("http")),
  "gen_ai.conversation.id": Schema.optionalKey(SessionId),
  "gen_ai.operation.name": Schema.optionalKey(Schema.Literals(["chat", "execute_tool"])),
  "gen_ai.provider.name": Schema.optionalKey(ProviderName),
  "gen_ai.request.model": Schema.optionalKey(ModelName),
  "gen_ai.request.max_tokens": Schema.optionalKey(Count),
  "gen_ai.response.finish_reasons": Schema.optionalKey(Schema.Array(Finish)),
  "gen_ai.tool.name": Schema.optionalKey(CapabilityId),
  "gen_ai.usage.input_tokens": Schema.optionalKey(Count),
  "gen_ai.usage.output_tokens": Schema.optionalKey(Count),
  "io3.run.id": Schema.optionalKey(RunId),
  "io3.run.mode": Schema.optionalKey(Mode),
  "io3.run.surface": Schema.optionalKey(Surface),
  "io3.run.outcome": Schema.optionalKey(Rested),
  "io3.run.attempt": Schema.optionalKey(Count),
  "io3.run.calls": Schema.optionalKey(Count),
  "io3.turn.index": Schema.optionalKey(Count),
  "io3.runbook.id": Schema.optionalKey(RunbookId),
  "io3.runbook.run": Schema.optionalKey(RunId),
  "io3.step.index": Schema.optionalKey(Count),
  "io3.route.provider": Schema.optionalKey(ProviderName),
  "io3.route.model": Schema.optionalKey(ModelName),
  "io3.route.fallback": Schema.optionalKey(Schema.Boolean),
  "io3.capability.ok": Schema.optionalKey(Schema.Boolean),
  "io3.context.messages": Schema.optionalKey(Count),
  "io3.context.bytes": Schema.optionalKey(Count),
  "io3.bounds.calls": Schema.optionalKey(Count),
  "io3.bounds.input_tokens": Schema.optionalKey(Count),
  "io3.bounds.output_tokens": Schema.optionalKey(Count),
  "io3.call.purpose": Schema.optionalKey(Purpose),
  "io3.call.attempt": Schema.optionalKey(Count),
  "io3.call.outcome": Schema.optionalKey(Outcome),
  "io3.call.fallback_reason": Schema.optionalKey(FallbackReason),
  "io3.call.first_token_ms": Schema.optionalKey(Count),
  "io3.audit.verdict": Schema.optionalKey(Schema.Union([Verdict.fields.decision, Unavailable])),
  "io3.audit.independent": Schema.optionalKey(Schema.Boolean),
  "io3.audit.result": Schema.optionalKey(AuditResult),
  "io3.gate.threshold": Schema.optionalKey(Threshold),
  "io3.steward.action": Schema.optionalKey(Action),
  "io3.release.chars": Schema.optionalKey(Count)
})
export type Attributes = typeof Attributes.Type

/** A piece of work that is over. */
export const Span = Schema.Struct({
  trace: TraceId,
  span: SpanId,
  /** Null for the first of a trace. */
  parent: Schema.NullOr(SpanId),
  name: SpanName,
  kind: Schema.Literals(["internal", "server", "client"]),
  /** Microseconds since the Unix epoch. */
  start: Count,
  end: Count,
  status: Schema.Literals(["unset", "error"]),
  attributes: Attributes
})
export type Span = typeof Span.Type

/** What a reader of traces sees as its name. */
export const titleOf = ({ name, attributes }: Pick<Span, "name" | "attributes">): string => {
  const { "gen_ai.request.model": model, "http.request.method": method, "http.route": route } = attributes
  if (name === "chat" && model !== undefined) return `chat ${model}`
  if (name === "request") return [method ?? "_OTHER", route ?? ""].join(" ").trim()
  return name
}
