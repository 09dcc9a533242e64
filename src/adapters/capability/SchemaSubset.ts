/**
 * Owns the part of JSON Schema that `cap.validate_json_schema` knows, and what is wrong with data by it. What it does not
 * know it reports: nothing in a schema is passed over in silence but what only describes.
 */
import { isObject, type JsonObject } from "./PayloadText.ts"

export type SubsetCode =
  | "TYPE_MISMATCH"
  | "MISSING_REQUIRED"
  | "MINIMUM_VIOLATION"
  | "ADDITIONAL_PROPERTY"
  | "UNSUPPORTED_SCHEMA"

/** Where in the data, as a JSON Pointer; the root is empty. */
export interface SubsetError {
  readonly path: string
  readonly code: SubsetCode
}

const DESCRIBES = new Set(["$schema", "$id", "$comment", "title", "description", "default", "examples"])

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null
}

const step = (path: string, key: string | number): string =>
  `${path}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`

const has = (value: JsonObject, key: string): boolean => Object.hasOwn(value, key)

/** Everything that is wrong: what is required first, then what is described, then what is too much. */
export const errorsOf = (schema: unknown, data: unknown, path = ""): ReadonlyArray<SubsetError> => {
  const at = (code: SubsetCode): SubsetError => ({ path, code })
  if (!isObject(schema)) return [at("UNSUPPORTED_SCHEMA")]
  const { type } = schema
  const isType = typeof type === "string" && has(types, type) ? types[type] : undefined
  if (type !== undefined && isType === undefined) return [at("UNSUPPORTED_SCHEMA")]
  // A schema without a type says something only about data that it fits.
  if (isType && !isType(data)) return [at("TYPE_MISMATCH")]
  const errors = Object.keys(schema).some((key) => !known(schema, key)) ? [at("UNSUPPORTED_SCHEMA")] : []
  const { minimum, items } = schema
  if (typeof data === "number" && typeof minimum === "number" && data < minimum) {
    errors.push(at("MINIMUM_VIOLATION"))
  }
  if (isObject(data)) errors.push(...errorsOfMembers(schema, data, path))
  if (Array.isArray(data) && items !== undefined) {
    for (const [index, item] of data.entries()) errors.push(...errorsOf(items, item, step(path, index)))
  }
  return errors
}

const errorsOfMembers = (schema: JsonObject, data: JsonObject, path: string): ReadonlyArray<SubsetError> => {
  const required = isNames(schema["required"]) ? schema["required"] : []
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  const closed = schema["additionalProperties"] === false
  return [
    ...required
      .filter((key) => !has(data, key))
      .map((key): SubsetError => ({ path: step(path, key), code: "MISSING_REQUIRED" })),
    ...Object.keys(properties)
      .filter((key) => has(data, key))
      .flatMap((key) => errorsOf(properties[key], data[key], step(path, key))),
    ...Object.keys(data)
      .filter((key) => closed && !has(properties, key))
      .map((key): SubsetError => ({ path: step(path, key), code: "ADDITIONAL_PROPERTY" }))
  ]
}

const isNames = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((name) => typeof name === "string")

const known = (schema: JsonObject, key: string): boolean => {
  const value = schema[key]
  if (key === "type" || DESCRIBES.has(key)) return true
  if (key === "required") return isNames(value)
  if (key === "properties") return isObject(value)
  if (key === "additionalProperties") return typeof value === "boolean"
  if (key === "minimum") return typeof value === "number"
  return key === "items" && isObject(value)
}
