/** Owns what a record says of a text that is sealed beside it: its digest under its own key, and its length. */
import { Schema } from "effect"
import { type ContentId, Count, Digest } from "../Ids.ts"

export const Kept = Schema.Struct({ digest: Digest, chars: Count })
export type Kept = typeof Kept.Type

/** A sealed text as a record names it. */
export interface NamedText {
  readonly id: ContentId
  readonly digest: Digest
}
