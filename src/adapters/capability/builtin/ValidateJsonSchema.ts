/** Owns `cap.validate_json_schema`: whether data is what a small JSON Schema says. */
import { Schema } from "effect"
import { Count } from "../../../domain/Ids.ts"
import { builtin } from "../BuiltinPlace.ts"
import { Capability } from "../Definition.ts"
import { write } from "../JsonText.ts"
import { isObject } from "../PayloadText.ts"
import { errorsOf, type SubsetCode } from "../SchemaSubset.ts"

const details: Readonly<Record<SubsetCode | "INVALID_SCHEMA", string>> = {
  INVALID_SCHEMA: "Schema is not an object",
  TYPE_MISMATCH: "Value has another type",
  MISSING_REQUIRED: "Required property is missing",
  MINIMUM_VIOLATION: "Value below minimum",
  ADDITIONAL_PROPERTY: "Additional property not allowed",
  UNSUPPORTED_SCHEMA: "Schema says something that is not checked here"
}

/** The rest of the output is codes and numbers. */
const ERRORS_CHARS = 3500

const Codes = Schema.Literals([
  "INVALID_SCHEMA",
  "TYPE_MISMATCH",
  "MISSING_REQUIRED",
  "MINIMUM_VIOLATION",
  "ADDITIONAL_PROPERTY",
  "UNSUPPORTED_SCHEMA"
])
type Found = { readonly path: string; readonly code: typeof Codes.Type }

/** The first errors in words, as many as there is space for, and how many there are. */
const report = (found: ReadonlyArray<Found>) => {
  const errors = found.map(({ path, code }) => ({ path, code, detail: details[code] }))
  let left = ERRORS_CHARS
  const end = errors.findIndex((error) => (left -= write(error, { maxChars: 0 }).chars + 1) < 0)
  return {
    valid: errors.length === 0,
    errors: end === -1 ? errors : errors.slice(0, end),
    error_count: errors.length,
    error_codes: [...new Set(errors.map(({ code }) => code))]
  }
}

export default Capability.define({
  id: "cap.validate_json_schema",
  version: "1.0",
  category: "validation",
  description: "Checks data against a small part of JSON Schema",
  module: builtin(import.meta.url, "ValidateJsonSchema"),
  bounds: { timeoutMillis: 1000, maxInputChars: 8192, maxOutputChars: 4096 },
  input: Schema.Struct({ schema: Schema.Json, data: Schema.Json }),
  output: Schema.Struct({
    valid: Schema.Boolean,
    /** The last ones are left out where they would not fit. */
    errors: Schema.Array(Schema.Struct({ path: Schema.String, code: Codes, detail: Schema.String })),
    /** How many there are. */
    error_count: Count,
    error_codes: Schema.Array(Codes)
  }),
  errorCodes: ["INVALID_SCHEMA"],
  run: ({ schema, data }) =>
    isObject(schema)
      ? report(errorsOf(schema, data))
      : Capability.refuse("INVALID_SCHEMA", report([{ path: "/schema", code: "INVALID_SCHEMA" }]))
})
