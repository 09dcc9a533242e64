/** Owns how an answer is to be made: what a model is told besides its messages. Numbers may be recorded, words are content. */
import type { Content } from "../Content.ts"

/** How tokens are chosen, and where an answer ends. Null leaves it to the model's host. */
export interface Sampling {
  /** 0 to 2; 0 takes the likeliest token. */
  readonly temperature: number
  /** Nucleus sampling, 0 to 1. */
  readonly topP: number | null
  /** The same question with the same seed has the same answer, where the host can do that. */
  readonly seed: number | null
  /** At most four texts: the answer ends before the first of them, and has none of it. */
  readonly stop: ReadonlyArray<Content>
}

/** The likeliest answer, of which there is one: what a verdict has to be. */
export const exact: Sampling = { temperature: 0, topP: null, seed: null, stop: [] }

/** What the answer has to be, where a provider can enforce it: any JSON object, or what this JSON Schema (its JSON text) describes. */
export type Format =
  | { readonly _tag: "JsonObject" }
  | { readonly _tag: "JsonSchema"; readonly schema: Content }
