/** Owns what the core asks of capabilities: which there are, and that one does its work within its bounds. */
import { Context, type Effect } from "effect"
import type { CapabilityErrorCode, CapabilityFacts } from "../domain/capability/Capability.ts"
import type { Content } from "../domain/Content.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { CapabilityId, Count } from "../domain/Ids.ts"

/** A JSON Schema (draft 2020-12), to be shown: nothing is checked against it. */
export type JsonSchema = Readonly<Record<string, unknown>>

export interface Capability {
  readonly facts: CapabilityFacts
  /** What it does, in the words of whoever wrote it. */
  readonly description: string
  /** What it takes. */
  readonly input: JsonSchema
  /** What it yields. */
  readonly output: JsonSchema
}

/** One call that was made and answered. */
export interface Invoked {
  /** `false` when the capability says no, with a code that it declares. That is an answer and no failure. */
  readonly ok: boolean
  readonly errorCode: CapabilityErrorCode | null
  /** A JSON object on one line, its keys in order. */
  readonly output: Content
  /** How long the work took, without the start of the thread it was done in. */
  readonly durationMillis: Count
  /** The size of the payload as it was given, in code points. */
  readonly inputChars: Count
  readonly outputChars: Count
}

export class Capabilities extends Context.Service<
  Capabilities,
  {
    /** All there are, by id. */
    readonly list: ReadonlyArray<Capability>
    readonly get: (id: CapabilityId) => Capability | undefined
    /**
     * Does the work once. The payload is JSON text; null stands for `{}`. Interrupted, or not done in its time, the work
     * is stopped whatever it is doing. Fails with codes of kind `capability`, which carry nothing of what was given.
     */
    readonly invoke: (id: CapabilityId, payload: Content | null) => Effect.Effect<Invoked, RuntimeFailure>
  }
>()("io-iii/ports/Capability/Capabilities") {}
