/** Owns the shape in which capabilities are listed as JSON; it changes by addition alone. */
import { Schema } from "effect"
import { CapabilityVersion, Category } from "../../domain/capability/Capability.ts"
import { CapabilityId, Count } from "../../domain/Ids.ts"
import type { Capability } from "../../ports/Capability.ts"

const JsonSchema = Schema.Record(Schema.String, Schema.Unknown)

/** `io3 capabilities --output json`. */
export const CapabilitiesOutput = Schema.Struct({
  capabilities: Schema.Array(
    Schema.Struct({
      id: CapabilityId,
      version: CapabilityVersion,
      description: Schema.String,
      category: Category,
      bounds: Schema.Struct({
        max_calls: Count,
        timeout_ms: Count,
        max_input_chars: Count,
        max_output_chars: Count,
        side_effects_allowed: Schema.Boolean
      }),
      input_schema: JsonSchema,
      output_schema: JsonSchema
    })
  )
})

export const capabilitiesOutput = (list: ReadonlyArray<Capability>): typeof CapabilitiesOutput.Type => ({
  capabilities: list.map(outputOf)
})

const outputOf = ({ facts, description, input, output }: Capability) => {
  const { id, version, category, bounds } = facts
  return {
    id,
    version,
    description,
    category,
    bounds: {
      max_calls: bounds.maxCalls,
      timeout_ms: bounds.timeoutMillis,
      max_input_chars: bounds.maxInputChars,
      max_output_chars: bounds.maxOutputChars,
      side_effects_allowed: bounds.sideEffectsAllowed
    },
    input_schema: input,
    output_schema: output
  }
}
