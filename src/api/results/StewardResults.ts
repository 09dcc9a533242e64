/** Owns the shapes in which held turns and decisions about them are printed as JSON; they change by addition alone. */
import { Schema } from "effect"
import type { Pending } from "../../core/session/Held.ts"
import type { Status } from "../../core/session/Status.ts"
import type { Decided, View, Wish } from "../../core/session/Steward.ts"
import { Count, Mode, ModelName, Principal, ProviderName, RunId, SessionId } from "../../domain/Ids.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import { Receipt, Usage } from "../../domain/run/Receipt.ts"
import { Issue, Verdict } from "../../domain/run/Verdict.ts"
import { RunbookStatus } from "../../domain/runbook/RunbookEvent.ts"
import { Action, Decider, Reason, SessionStatus } from "../../domain/session/Turn.ts"
import { FailureOutput } from "./RunResults.ts"
import { PauseOutput, pauseOutput, TurnOutput } from "./TurnResults.ts"

/** A held turn or step, without its text. */
export const PendingOutput = Schema.Struct({
  ...PauseOutput.fields,
  /** Null for a step of a runbook. */
  session_id: Schema.NullOr(SessionId),
  /** The runbook it is a step of; null in a session. */
  runbook_run_id: Schema.NullOr(RunId),
  /** Place among the session's turns or the runbook's steps, from 0. */
  turn_index: Count,
  chars: Count,
  persona_mode: Mode,
  provider: ProviderName,
  model: ModelName,
  verdict: Schema.NullOr(Verdict),
  /** Whether there was an audit without a verdict. */
  unaudited: Schema.Boolean,
  revised: Schema.Boolean,
  certificate: Certificate,
  usage: Usage,
  /** Tokens of the session or the runbook, this run's included. */
  tokens: Count
})

/** `io3 steward list`. */
export const InboxOutput = Schema.Struct({ pending: Schema.Array(PendingOutput) })

/** `io3 steward show`: `message` is exactly what would be released. */
export const ViewOutput = Schema.Struct({
  ...PendingOutput.fields,
  message: Schema.String,
  prompt: Schema.String,
  file: Schema.NullOr(Schema.String),
  /** What a capability has made, as JSON text, and what would be released with it; null without one. */
  capability_output: Schema.NullOr(Schema.String),
  /** What was drafted before `message` was written in its place; null where nothing was revised. */
  draft: Schema.NullOr(Schema.String),
  /** The verdict's issues; what the auditor has put in words is in the two that follow. */
  issues: Schema.Array(Issue),
  high_risk_claims: Schema.Array(Schema.String),
  suggested_fixes: Schema.Array(Schema.String)
})

/** What was decided about a held turn or step. `message` and `receipt` are there only when something has left. */
export const DecisionOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  session_id: Schema.NullOr(SessionId),
  session_status: Schema.NullOr(SessionStatus),
  /** The runbook it is a step of, and how that stands; null in a session. */
  runbook_run_id: Schema.NullOr(RunId),
  runbook_status: Schema.NullOr(RunbookStatus),
  run_id: RunId,
  action: Action,
  reason: Reason,
  principal: Principal,
  by: Decider,
  message: Schema.optionalKey(Schema.String),
  receipt: Schema.optionalKey(Receipt),
  /** The turn, or the run of the same step, that a redirection has begun; null without one. */
  next: Schema.NullOr(Schema.Union([TurnOutput, FailureOutput]))
})

export const pendingOutput = (pending: Pending): typeof PendingOutput.Type => ({
  ...pauseOutput(pending),
  session_id: pending.session,
  runbook_run_id: pending.runbook,
  turn_index: pending.index,
  chars: pending.chars,
  persona_mode: pending.persona,
  provider: pending.provider,
  model: pending.model,
  verdict: pending.verdict,
  unaudited: pending.unaudited,
  revised: pending.revised,
  certificate: pending.certificate,
  usage: pending.usage,
  tokens: pending.tokens
})

export const inboxOutput = (pending: ReadonlyArray<Pending>): typeof InboxOutput.Type => ({
  pending: pending.map(pendingOutput)
})

export const viewOutput = ({ pending, text, prompt, file }: View): typeof ViewOutput.Type => ({
  ...pendingOutput(pending),
  message: text.text,
  prompt: prompt.text,
  file: file && file.text,
  capability_output: text.output && text.output.text,
  draft: text.draft && text.draft.text,
  issues: pending.verdict?.issues ?? [],
  high_risk_claims: text.claims.map(({ text }) => text),
  suggested_fixes: text.fixes.map(({ text }) => text)
})

export const decisionOutput = (
  wish: Pick<Wish, "principal" | "by" | "reason">,
  { run, runbook, action, released }: Pick<Decided, "run" | "runbook" | "action" | "released">,
  { status, runbook: standing }: { readonly status: Status | null; readonly runbook: RunbookStatus | null },
  next: (typeof DecisionOutput.Type)["next"]
): typeof DecisionOutput.Type => ({
  status: "ok",
  session_id: status?.session ?? null,
  session_status: status?.status ?? null,
  runbook_run_id: runbook,
  runbook_status: standing,
  run_id: run,
  action,
  reason: wish.reason,
  principal: wish.principal,
  by: wish.by,
  ...(released && { message: released.text, receipt: released.receipt }),
  next
})
