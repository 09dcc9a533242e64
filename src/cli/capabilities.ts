/** Owns `io3 capabilities`: which there are, without calling one. */
import { Effect, Schema } from "effect"
import { CapabilityVersion, Category } from "../domain/capability/Capability.ts"
import { CapabilityId, Count } from "../domain/Ids.ts"
import { Capabilities, type Capability } from "../ports/Capability.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"

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

export const capabilities = Effect.fn(function* ({ json }: { readonly json: boolean }) {
  const { output } = yield* root
  const { list } = yield* Capabilities
  const wanted = json && output === "text" ? "json" : output
  yield* print(wanted, CapabilitiesOutput, { capabilities: list.map(outputOf) }, () => describe(list))
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

const describe = (list: ReadonlyArray<Capability>): string => {
  const width = Math.max(0, ...list.map(({ facts }) => facts.id.length))
  return [
    `Registered capabilities: ${list.length}`,
    ...list.map(({ facts: { id, version, bounds }, description }) =>
      [
        `  ${id.padEnd(width)}  ${version}  ${description}`,
        `${bounds.maxInputChars} characters in`,
        `${bounds.maxOutputChars} out`,
        `${bounds.timeoutMillis} ms`
      ].join(" · ")
    )
  ].join("\n")
}
