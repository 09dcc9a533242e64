/** Owns what of a JSON Schema a provider elsewhere is sent: the part that its decoder can keep to. */
import { type Content, reveal } from "../../domain/Content.ts"

/** The schema that a text of JSON is. */
export const schemaIn = (text: Content): object => JSON.parse(reveal(text)) as object

/** Bounds that such decoders refuse to be told. Whoever reads the answer holds it against the whole schema. */
const BOUNDS = new Set([
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf"
])
/** Below these, keys are names of the schema's own. */
const NAMED = new Set(["properties", "$defs", "definitions"])
/** Values, and no schemas. */
const VALUES = new Set(["enum", "const", "default", "examples"])

/** The schema without its bounds. */
export const loosened = (schema: object): object =>
  Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]: [string, unknown]) =>
      BOUNDS.has(key)
        ? []
        : [[key, VALUES.has(key) ? value : NAMED.has(key) ? eachOf(value) : within(value)] as const]
    )
  )

const within = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(within)
    : typeof value === "object" && value !== null
      ? loosened(value)
      : value

const eachOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, within(schema)]))
    : value

/** Whether every object in it is closed and has all of its properties, as a strict decoder wants it. */
export const isStrict = (schema: unknown): boolean => {
  if (Array.isArray(schema)) return schema.every(isStrict)
  if (typeof schema !== "object" || schema === null) return true
  const { type, properties, required, additionalProperties } = schema as Readonly<Record<string, unknown>>
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : []
  const isClosed =
    type !== "object" ||
    (additionalProperties === false &&
      names.every((name) => Array.isArray(required) && required.includes(name)))
  return (
    isClosed &&
    Object.entries(schema).every(
      ([key, value]: [string, unknown]) =>
        VALUES.has(key) ||
        (NAMED.has(key) && typeof value === "object" && value !== null
          ? Object.values(value).every(isStrict)
          : isStrict(value))
    )
  )
}
