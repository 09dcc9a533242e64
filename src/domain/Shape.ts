/**
 * Owns the quick answer to "is this exactly such a record?", for records that are written as they are. The Schema says
 * what one is; here it is only asked in a form that costs little. Nothing may stand in a record that it does not name.
 */
import type { Schema } from "effect"

type Is = (value: unknown) => boolean
type Node = Schema.Top["ast"]
type Check = NonNullable<Node["checks"]>[number]

/** Made once for each Schema; throws for one that has more than records have. */
export const exactly = <S extends Schema.Top>(schema: S): ((value: unknown) => value is S["Type"]) =>
  shape(schema.ast) as (value: unknown) => value is S["Type"]

const shape = (node: Node): Is => {
  if (node.encoding) throw new TypeError("a record is written as it is")
  const kind = kindOf(node)
  return (node.checks ?? []).reduce((is, check) => both(is, passes(check, node)), kind)
}

const both =
  (one: Is, other: Is): Is =>
  (value) =>
    one(value) && other(value)

const passes = (check: Check, node: Node): Is =>
  check._tag === "FilterGroup"
    ? check.checks.map((inner) => passes(inner, node)).reduce(both)
    : (known(check) ?? ((value) => check.run(value as never, node, {}) === undefined))

/** The checks that nearly every leaf has, without the detour through what an error would say. */
const known = (check: Extract<Check, { readonly _tag: "Filter" }>): Is | null => {
  const { id, payload } = (check.annotations?.representation ?? {}) as {
    readonly id?: string
    readonly payload?: { readonly source: string; readonly flags: string; readonly minimum: number }
  }
  if (!payload) return id === "effect/schema/isInt" ? Number.isSafeInteger : null
  switch (id) {
    case "effect/schema/isGreaterThanOrEqualTo": {
      const { minimum } = payload
      return (value) => (value as number) >= minimum
    }
    case "effect/schema/isPattern": {
      const pattern = new RegExp(payload.source, payload.flags)
      return (value) => pattern.test(value as string)
    }
    default:
      return null
  }
}

const kindOf = (node: Node): Is => {
  switch (node._tag) {
    case "Null":
      return (value) => value === null
    case "Boolean":
      return (value) => typeof value === "boolean"
    case "Number":
      return (value) => typeof value === "number"
    case "String":
      return (value) => typeof value === "string"
    case "Literal":
      return (value) => value === node.literal
    case "Union":
      return union(node.types)
    case "Arrays": {
      const [item, ...more] = node.rest
      if (!item || node.elements.length + more.length > 0) throw new TypeError("a record has no tuples")
      const is = shape(item)
      return (value) => Array.isArray(value) && value.every(is)
    }
    case "Objects":
      return node.indexSignatures.length > 0 ? table(node.indexSignatures) : struct(node.propertySignatures)
    default:
      throw new TypeError(`a record has no ${node._tag}`)
  }
}

/** One of several. Literals are looked up; of records only those that have the tag of the value are asked. */
const union = (types: ReadonlyArray<Node>): Is => {
  const literals = new Set(
    types.flatMap((type) => (type._tag === "Literal" ? [type.literal as unknown] : []))
  )
  if (literals.size === types.length) return (value) => literals.has(value)
  const tagged = new Map(types.map((type) => [tagOf(type), shape(type)]))
  if (!tagged.has(undefined) && tagged.size === types.length) {
    return (value) => isObject(value) && tagged.get(value["_tag"])?.(value) === true
  }
  const [first, second, ...more] = types.map(shape)
  if (!first || !second || more.length > 0) throw new TypeError("a record has one thing or another")
  return (value) => first(value) || second(value)
}

const tagOf = (node: Node): unknown => {
  const tag =
    node._tag === "Objects" ? node.propertySignatures.find(({ name }) => name === "_tag")?.type : undefined
  return tag?._tag === "Literal" ? tag.literal : undefined
}

type Objects = Extract<Node, { readonly _tag: "Objects" }>

const struct = (fields: Objects["propertySignatures"]): Is => {
  const members = fields.map(({ name, type }) => ({
    name: String(name),
    is: shape(type),
    isOptional: type.context?.isOptional === true
  }))
  return (value) => {
    if (!isObject(value)) return false
    let named = 0
    for (const { name, is, isOptional } of members) {
      const member = value[name]
      if (member !== undefined && is(member)) named++
      else if (!isOptional || member !== undefined) return false
    }
    // Members of what JSON gives are its own.
    for (const _ in value) named--
    return named === 0
  }
}

const table = ([signature, ...more]: Objects["indexSignatures"]): Is => {
  if (!signature || more.length > 0) throw new TypeError("a record has one kind of key")
  const isKey = shape(signature.parameter)
  const is = shape(signature.type)
  return (value) => isObject(value) && Object.entries(value).every(([key, item]) => isKey(key) && is(item))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
