/**
 * Owns the one vocabulary of what happens: ledger, streams, metrics and traces are projections of these events.
 * No event has a leaf that could hold a person's or a model's words.
 */
import { Schema } from "effect"
import { TokenEvent } from "./access/TokenEvent.ts"
import { Certificate, Purpose, Reservation } from "./run/Bounds.ts"
import { Code, Phase } from "./Failure.ts"
import { CapabilityErrorCode, CapabilityVersion, Category } from "./capability/Capability.ts"
import {
  CapabilityId,
  Count,
  Digest,
  Mode,
  ModelName,
  PackId,
  Principal,
  ProviderName,
  RunId,
  Surface
} from "./Ids.ts"
import { MemoryEvent } from "./memory/MemoryEvent.ts"
import { Recalled } from "./memory/Recall.ts"
import { ClientRecord } from "./run/ClientContext.ts"
import { GenerationRecord } from "./run/Generation.ts"
import { Finish, Receipt } from "./run/Receipt.ts"
import { RunbookStep, Source } from "./run/Seat.ts"
import { RunbookEvent } from "./runbook/RunbookEvent.ts"
import { FallbackReason, Route } from "./run/Route.ts"
import { Policy, PolicyDigests } from "./config/Policy.ts"
import { OnUnavailable, Unavailable, Verdict } from "./run/Verdict.ts"
import { SessionEvent } from "./session/SessionEvent.ts"
import { Decision, Threshold, Turn } from "./session/Turn.ts"

export const ConfigLoaded = Schema.TaggedStruct("ConfigLoaded", {
  configDigest: Digest,
  policy: Policy,
  digests: PolicyDigests
})

export const RunAccepted = Schema.TaggedStruct("RunAccepted", {
  run: RunId,
  mode: Mode,
  audit: Schema.Boolean,
  /** What was to happen without a verdict, when the run was accepted. */
  onUnavailable: OnUnavailable,
  principal: Principal,
  surface: Surface,
  /** False where an operator did without a check. */
  checks: Schema.Struct({ constellation: Schema.Boolean, health: Schema.Boolean }),
  configDigest: Digest,
  promptDigest: Digest,
  promptChars: Count,
  /** Of which session it is a turn, and where it stands there; left out of a run by itself. */
  turn: Schema.optionalKey(Turn),
  /** Of which runbook it is a step, and where it stands there. */
  step: Schema.optionalKey(RunbookStep),
  /** What is to be invoked before anything is asked of a model. */
  capability: Schema.optionalKey(
    Schema.Struct({ id: CapabilityId, payloadDigest: Digest, payloadChars: Count })
  ),
  /** Whose records it may read, in this order; left out where there are none. */
  packs: Schema.optionalKey(Schema.Array(PackId)),
  source: Schema.optionalKey(Source),
  /** What a client has given besides: its instructions, and messages that it says were said before. */
  client: Schema.optionalKey(ClientRecord),
  /** How it is to be answered, where whoever asked has said so. */
  generation: Schema.optionalKey(GenerationRecord)
})

export const RouteResolved = Schema.TaggedStruct("RouteResolved", { route: Route })

/** A capability was invoked, once. What it was given and what it made of that is sealed. */
export const CapabilityInvoked = Schema.TaggedStruct("CapabilityInvoked", {
  id: CapabilityId,
  version: CapabilityVersion,
  category: Category,
  /** What it says of itself; false is an answer, not a failure. */
  ok: Schema.Boolean,
  /** Why not, in a word that it has declared. */
  errorCode: Schema.NullOr(CapabilityErrorCode),
  /** Why there is no answer of it; null where there is one. */
  code: Schema.NullOr(Code),
  durationMillis: Count,
  outputChars: Count,
  /** Of the output; null where there is none. */
  digest: Schema.NullOr(Digest)
})

/** The parts a context is assembled from, in order. */
export const SegmentName = Schema.Literals([
  "system",
  "persona",
  "instructions",
  "profile",
  "boundaries",
  "envelope",
  "memory",
  "history",
  "file",
  "prompt"
])
export type SegmentName = typeof SegmentName.Type

export const Segment = Schema.Struct({
  name: SegmentName,
  chars: Count,
  estimatedTokens: Count,
  digest: Digest,
  /** Code points that did not fit and were left out. */
  dropped: Count
})

export const ContextAssembled = Schema.TaggedStruct("ContextAssembled", {
  version: Schema.Literal("context/v1"),
  segments: Schema.Array(Segment),
  /** Keyed digest over the canonical messages. */
  promptHash: Digest,
  messages: Count,
  chars: Count,
  bytes: Count,
  /** How many earlier turns are in it, and how many did not fit and were left out whole; only in a turn of a session. */
  history: Schema.optionalKey(Schema.Struct({ turns: Count, dropped: Count })),
  /** What became of each record that the packs of the run name, in their order; only where it has packs. */
  memory: Schema.optionalKey(Schema.Array(Recalled)),
  /** How many messages of a client are in it, and how many did not fit and were left out whole; only where it has given any. */
  clientHistory: Schema.optionalKey(Schema.Struct({ messages: Count, dropped: Count }))
})

export const BoundsCertified = Schema.TaggedStruct("BoundsCertified", { certificate: Certificate })

const call = { purpose: Purpose, attempt: Count }

export const CallIntended = Schema.TaggedStruct("CallIntended", {
  ...call,
  provider: ProviderName,
  model: ModelName,
  reserved: Reservation,
  /** Why the first attempt came to nothing, on a second one. */
  fallbackReason: Schema.NullOr(FallbackReason)
})

export const Outcome = Schema.Literals(["ok", "failed", "cancelled", "indeterminate"])
export type Outcome = typeof Outcome.Type

export const CallSettled = Schema.TaggedStruct("CallSettled", {
  ...call,
  outcome: Outcome,
  code: Schema.NullOr(Code),
  /** What a failed attempt means for a second one; null when it must not be followed by another. */
  fallback: Schema.NullOr(FallbackReason),
  inputTokens: Schema.NullOr(Count),
  outputTokens: Schema.NullOr(Count),
  latencyMillis: Count,
  firstTokenMillis: Schema.NullOr(Count),
  finish: Schema.NullOr(Finish),
  digest: Schema.NullOr(Digest),
  chars: Count,
  thinkingChars: Count
})

export const AuditConcluded = Schema.TaggedStruct("AuditConcluded", {
  verdict: Schema.NullOr(Verdict),
  /** Set exactly when there is no verdict. */
  unavailable: Schema.NullOr(Unavailable),
  provider: Schema.NullOr(ProviderName),
  model: Schema.NullOr(ModelName),
  /** Whether the auditor is another model than the one it audits. */
  independent: Schema.Boolean,
  version: Schema.Literal("verdict/v1")
})

/** What the gate came to before a text could leave: the threshold that fired, and the numbers it was asked with. */
export const GateEvaluated = Schema.TaggedStruct("GateEvaluated", {
  /** Null opens the gate; else the turn is held. */
  threshold: Schema.NullOr(Threshold),
  step: Count,
  /** Tokens of the session, this turn's included. */
  tokens: Count,
  /** Of the text that waits, under its own id. */
  digest: Digest,
  chars: Count
})

/** A steward was shown the text that waits. */
export const HeldViewed = Schema.TaggedStruct("HeldViewed", { principal: Principal, digest: Digest })

export const StewardDecided = Schema.TaggedStruct("StewardDecided", Decision.fields)

export const Released = Schema.TaggedStruct("Released", { receipt: Receipt })

const ending = { code: Code, phase: Phase, retryable: Schema.Boolean }
/** A rule said no: an audit, a bound. */
export const RunRefused = Schema.TaggedStruct("RunRefused", { ...ending, receipt: Schema.NullOr(Receipt) })
/** Something broke. A receipt is there when part of the text had already left. */
export const RunFailed = Schema.TaggedStruct("RunFailed", { ...ending, receipt: Schema.NullOr(Receipt) })
export const RunCancelled = Schema.TaggedStruct("RunCancelled", {
  phase: Phase,
  receipt: Schema.NullOr(Receipt)
})

/** A process other than the one that died goes on from what is on record; attempts are counted from 2. */
export const RunResumed = Schema.TaggedStruct("RunResumed", { attempt: Count })
/** The keys of the run's texts were destroyed with this event: digests stand, and nothing can be held against them. */
export const RunErased = Schema.TaggedStruct("RunErased", { principal: Principal })

export const RunEvent = Schema.Union([
  RunAccepted,
  RouteResolved,
  CapabilityInvoked,
  ContextAssembled,
  BoundsCertified,
  CallIntended,
  CallSettled,
  AuditConcluded,
  GateEvaluated,
  HeldViewed,
  StewardDecided,
  Released,
  RunRefused,
  RunFailed,
  RunCancelled,
  RunResumed,
  RunErased
])
export type RunEvent = typeof RunEvent.Type

export const Event = Schema.Union([
  ...RunEvent.members,
  ...SessionEvent.members,
  ...RunbookEvent.members,
  ...MemoryEvent.members,
  ...TokenEvent.members,
  ConfigLoaded
])
export type Event = typeof Event.Type
export type EventType = Event["_tag"]

interface Tagged {
  readonly fields: { readonly _tag: { readonly schema: { readonly literal: string } } }
}
const tagsOf = ({ members }: { readonly members: ReadonlyArray<Tagged> }): ReadonlySet<string> =>
  new Set(members.map((member) => member.fields._tag.schema.literal))
const runTags = tagsOf(RunEvent)
const sessionTags = tagsOf(SessionEvent)
const runbookTags = tagsOf(RunbookEvent)
const memoryTags = tagsOf(MemoryEvent)
const tokenTags = tagsOf(TokenEvent)
export const isRunEvent = (event: Event): event is RunEvent => runTags.has(event._tag)
export const isSessionEvent = <E extends { readonly _tag: string }>(
  event: E
): event is Extract<E, { readonly _tag: SessionEvent["_tag"] }> => sessionTags.has(event._tag)
export const isRunbookEvent = <E extends { readonly _tag: string }>(
  event: E
): event is Extract<E, { readonly _tag: RunbookEvent["_tag"] }> => runbookTags.has(event._tag)
export const isMemoryEvent = (event: Event): event is MemoryEvent => memoryTags.has(event._tag)
export const isTokenEvent = (event: Event): event is TokenEvent => tokenTags.has(event._tag)

/** Whether a run whose last event this is waits for a steward. */
export const holds = (event: Event): boolean =>
  event._tag === "HeldViewed" || (event._tag === "GateEvaluated" && event.threshold !== null)

const endings: ReadonlySet<string> = new Set(["Released", "RunRefused", "RunFailed", "RunCancelled"])

/** Whether an event is how a run ended. */
export const endsRun = ({ _tag }: { readonly _tag: string }): boolean => endings.has(_tag)

/** What a session waits for is its run's affair; a runbook may have steps left that nobody has begun. */
const atRest: ReadonlySet<string> = new Set([
  ...endings,
  "RunErased",
  ...sessionTags,
  ...memoryTags,
  ...tokenTags,
  "RunbookCompleted",
  "RunbookTerminated",
  "RunbookErased"
])

/** Whether a stream whose last event this is has nothing left to do. */
export const isEnding = ({ _tag }: { readonly _tag: string }): boolean => atRest.has(_tag)
