/** Owns the events of a memory record's stream: that something was written under a scope and key, and that it was forgotten. */
import { Schema } from "effect"
import { ContentId, Count, Digest, MemoryKey, MemoryScope, Principal, Surface } from "../Ids.ts"

/** How far a value may go: which routes may read it is the retrieval policy's. */
export const Sensitivity = Schema.Literals(["standard", "elevated", "restricted"])
export type Sensitivity = typeof Sensitivity.Type

/** Whose words a value is, e.g. `human` or `llm:qwen3`. */
export const Provenance = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^(?:human|mixed|llm:[A-Za-z0-9._-]{1,120})$/)),
  Schema.brand("Provenance")
)
export type Provenance = typeof Provenance.Type

const record = {
  scope: MemoryScope,
  key: MemoryKey,
  /** Counted from 1, also past what was forgotten. */
  version: Count
}

export const MemoryWritten = Schema.TaggedStruct("MemoryWritten", {
  ...record,
  sensitivity: Sensitivity,
  provenance: Provenance,
  /** Under which id the value is sealed in this stream. */
  content: ContentId,
  digest: Digest,
  chars: Count,
  principal: Principal,
  surface: Surface
})

/** The keys of every version's value were destroyed with this event; `version` is the last one that was written. */
export const MemoryForgotten = Schema.TaggedStruct("MemoryForgotten", { ...record, principal: Principal })

export const MemoryEvent = Schema.Union([MemoryWritten, MemoryForgotten])
export type MemoryEvent = typeof MemoryEvent.Type
