/** Owns the events of a runbook's stream: what was declared, begun, held, ended, and where the runbook stands after it. */
import { Schema } from "effect"
import { Code } from "../Failure.ts"
import {
  CapabilityId,
  ContentId,
  Count,
  Digest,
  Mode,
  PackId,
  Principal,
  RunbookId,
  RunId,
  Surface,
  TaskSpecId
} from "../Ids.ts"
import { Certificate } from "../run/Bounds.ts"
import { RunbookStep, Source } from "../run/Seat.ts"
import { OpenTurn, SessionMode, Thresholds, Threshold, TurnStatus } from "../session/Turn.ts"
import { Condition } from "./Condition.ts"

export const RunbookStatus = Schema.Literals(["active", "paused", "completed", "terminated"])
export type RunbookStatus = typeof RunbookStatus.Type

/** Where a runbook stands after an event: each has it, so that the last one alone says it. */
export const RunbookAfter = Schema.Struct({
  status: RunbookStatus,
  /** How often it was begun or gone on with. */
  attempt: Count,
  /** The first step that has not ended well. */
  next: Count,
  completed: Count,
  skipped: Count,
  /** Steps that came to an answer, whatever became of it. */
  steps: Count,
  /** Tokens of all its runs. */
  tokens: Count,
  /** What is left of the certified worst case. */
  left: Certificate,
  /** How many runs were begun for the step that is next, and whether a steward has redirected it. */
  tries: Count,
  redirected: Schema.Boolean,
  open: Schema.NullOr(OpenTurn),
  /** Why it does not go on by itself. */
  failed: Schema.NullOr(Schema.Struct({ index: Count, code: Code })),
  erased: Schema.Boolean
})
export type RunbookAfter = typeof RunbookAfter.Type

const state = { after: RunbookAfter }

/** What a step is to do: in clear what decides, of its texts the lengths and digests. */
export const DeclaredStep = Schema.Struct({
  task: TaskSpecId,
  mode: Mode,
  promptDigest: Digest,
  promptChars: Count,
  capability: Schema.NullOr(Schema.Struct({ id: CapabilityId, payloadDigest: Digest, payloadChars: Count })),
  /** Null: those of its mode. */
  packs: Schema.NullOr(Schema.Array(PackId)),
  when: Schema.NullOr(Condition)
})
export type DeclaredStep = typeof DeclaredStep.Type

/** Under which ids the texts of a step are sealed in its runbook's stream. */
export const promptId = (index: number): ContentId => ContentId.make(`prompt.${index}`)
export const payloadId = (index: number): ContentId => ContentId.make(`payload.${index}`)

export const RunbookStarted = Schema.TaggedStruct("RunbookStarted", {
  /** This execution. */
  run: RunId,
  runbook: RunbookId,
  principal: Principal,
  surface: Surface,
  configDigest: Digest,
  /** What conditions are asked in; the mode is also that of the gate. */
  mode: SessionMode,
  persona: Mode,
  /** Whether each step is audited. */
  audit: Schema.Boolean,
  thresholds: Thresholds,
  expirySeconds: Schema.NullOr(Count),
  steps: Schema.Array(DeclaredStep),
  /** The worst case of all its steps together. */
  certificate: Certificate,
  source: Schema.NullOr(Source),
  ...state
})

/** Somebody goes on with it, under this configuration and this worst case of what is left. */
export const RunbookResumed = Schema.TaggedStruct("RunbookResumed", {
  principal: Principal,
  surface: Surface,
  configDigest: Digest,
  certificate: Certificate,
  ...state
})

/** Its condition does not apply. */
export const StepSkipped = Schema.TaggedStruct("StepSkipped", { index: Count, ...state })

/** In the same commit as the run's `RunAccepted`, and right before it. */
export const StepStarted = Schema.TaggedStruct("StepStarted", {
  run: RunId,
  mode: Mode,
  audit: Schema.Boolean,
  step: RunbookStep,
  promptChars: Count,
  capability: Schema.NullOr(CapabilityId),
  ...state
})

/** In the same commit as the `GateEvaluated` that holds the run, and right after it. */
export const StepHeld = Schema.TaggedStruct("StepHeld", {
  run: RunId,
  index: Count,
  threshold: Threshold,
  digest: Digest,
  ...state
})

/** In the same commit as the run's ending, and right after it: a checkpoint. */
export const StepEnded = Schema.TaggedStruct("StepEnded", {
  run: RunId,
  index: Count,
  status: TurnStatus,
  /** Null when it was released or cancelled. */
  code: Schema.NullOr(Code),
  /** What it cost; what is not known, as it was reserved. */
  tokens: Count,
  /** Milliseconds of its calls. */
  latencyMillis: Count,
  /** Whether it came to an answer. */
  counts: Schema.Boolean,
  /** What was certified for it; null where it ended before that. */
  certified: Schema.NullOr(Certificate),
  ...state
})

export const RunbookCompleted = Schema.TaggedStruct("RunbookCompleted", state)
/** A step has ended otherwise than well, or a steward has closed it. */
export const RunbookTerminated = Schema.TaggedStruct("RunbookTerminated", {
  index: Count,
  code: Code,
  ...state
})
/** The keys of its prompts were destroyed with this event, and those of its runs' texts in the same commit. */
export const RunbookErased = Schema.TaggedStruct("RunbookErased", { principal: Principal, ...state })

export const RunbookEvent = Schema.Union([
  RunbookStarted,
  RunbookResumed,
  StepSkipped,
  StepStarted,
  StepHeld,
  StepEnded,
  RunbookCompleted,
  RunbookTerminated,
  RunbookErased
])
export type RunbookEvent = typeof RunbookEvent.Type
