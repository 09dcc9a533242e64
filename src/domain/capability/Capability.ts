/** Owns the facts about a capability that may stand in a record in clear; what it takes, does and yields is content. */
import { Schema } from "effect"
import { CapabilityId, configuredPattern, Count } from "../Ids.ts"

/** What a capability does to its input. A threshold of a steward names these. */
export const Category = Schema.Literals([
  "computation",
  "validation",
  "transformation",
  "external_interaction"
])
export type Category = typeof Category.Type

/** A version as its author writes it, e.g. `1.0`. */
export const CapabilityVersion = Schema.String.pipe(
  Schema.check(Schema.isPattern(configuredPattern)),
  Schema.brand("CapabilityVersion")
)
export type CapabilityVersion = typeof CapabilityVersion.Type

/** A way in which a capability says no, as its author declares it, e.g. `INVALID_SCHEMA`. */
export const CapabilityErrorCode = Schema.String.pipe(
  Schema.check(Schema.isPattern(configuredPattern)),
  Schema.brand("CapabilityErrorCode")
)
export type CapabilityErrorCode = typeof CapabilityErrorCode.Type

const AtLeastOne = Count.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))

/** What one call may take at most. Sizes are in code points of JSON text. */
export const CapabilityBounds = Schema.Struct({
  maxCalls: Schema.Literal(1),
  timeoutMillis: AtLeastOne,
  maxInputChars: AtLeastOne,
  maxOutputChars: AtLeastOne,
  sideEffectsAllowed: Schema.Literal(false)
})
export type CapabilityBounds = typeof CapabilityBounds.Type

/** What is known of a capability without calling it. */
export const CapabilityFacts = Schema.Struct({
  id: CapabilityId,
  version: CapabilityVersion,
  category: Category,
  bounds: CapabilityBounds
})
export type CapabilityFacts = typeof CapabilityFacts.Type
