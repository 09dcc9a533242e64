/** Owns the receipt that every text leaves with: what it was, how it came about, and what it was allowed to cost. */
import { Schema } from "effect"
import { Certificate } from "./Bounds.ts"
import { CapabilityId, Count, Digest, Mode, ModelName, ProviderName } from "../Ids.ts"

/** How the audit ended: `none` was not asked for, `unaudited` was asked for and released without a verdict. */
export const AuditResult = Schema.Literals(["none", "pass", "revised", "unaudited"])
export type AuditResult = typeof AuditResult.Type

/** Why a model stopped. */
export const Finish = Schema.Literals(["stop", "length"])
export type Finish = typeof Finish.Type

/** What the run cost, over all its calls. Null where a provider did not say. */
export const Usage = Schema.Struct({
  calls: Count,
  inputTokens: Schema.NullOr(Count),
  outputTokens: Schema.NullOr(Count),
  latencyMillis: Count
})
export type Usage = typeof Usage.Type

/** The same of a run that may have lost a call: null also where nobody knows how long one took. */
export const Cost = Schema.Struct({ ...Usage.fields, latencyMillis: Schema.NullOr(Count) })
export type Cost = typeof Cost.Type

export const Receipt = Schema.Struct({
  /** Keyed digest of the exact bytes that left. */
  digest: Digest,
  chars: Count,
  /** False when the text was cut off on its way out: cancelled, failed, or refused after the first chunk. */
  complete: Schema.Boolean,
  /** Whose words they are; `mixed`, a steward's in place of a model's; `capability`, what one made where no model was asked. */
  provenance: Schema.Literals(["model", "stand_in", "mixed", "capability"]),
  /** `length`: the model was stopped by its token limit, and the answer is as far as it got. */
  finish: Schema.NullOr(Finish),
  mode: Mode,
  provider: ProviderName,
  model: ModelName,
  fallbackUsed: Schema.Boolean,
  configDigest: Digest,
  promptHash: Digest,
  audit: AuditResult,
  /** Who gave the verdict; null without one. An auditor that is the same model is not independent. */
  auditor: Schema.NullOr(
    Schema.Struct({ provider: ProviderName, model: ModelName, independent: Schema.Boolean })
  ),
  certificate: Certificate,
  usage: Usage,
  /** Keyed digest of the text that a steward has replaced; left out of a text that is as it was made. */
  basis: Schema.optionalKey(Digest),
  /** What a capability made, and what has left together with the answer. */
  capability: Schema.optionalKey(Schema.Struct({ id: CapabilityId, digest: Digest, chars: Count }))
})
export type Receipt = typeof Receipt.Type
