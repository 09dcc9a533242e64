/**
 * Owns what the JSON text of a record looks like. Records nest to a known depth and their leaves are closed, so that one
 * regular expression, derived from the Schema, can say of a text that it is exactly one that the Schema writes.
 */
import { Schema } from "effect"

type Node = Schema.Top["ast"]
type Of<Tag extends Node["_tag"]> = Extract<Node, { readonly _tag: Tag }>

/**
 * Matches only what the Schema writes, and nearly all of it: very large numbers are left out. Null where an expression
 * cannot say what the Schema says.
 */
export const patternOf = (schema: Schema.Top): RegExp | null => {
  const source = textOf(schema.ast)
  return source === null ? null : new RegExp(`^${source}$`)
}

/**
 * Writes a record the one way its Schema writes it, as JSON. Fields the Schema does not name are left out. Text that has
 * the record's pattern is what the Schema would write, at a third of the cost.
 */
export const writerOf = <S extends Schema.Top & { readonly EncodingServices: never }>(
  schema: S
): ((record: S["Type"]) => string) => {
  const pattern = patternOf(schema)
  const write = Schema.encodeSync(Schema.fromJsonString(schema))
  return (record) => {
    const text = JSON.stringify(record)
    return pattern?.test(text) ? text : write(record)
  }
}

const textOf = (node: Node): string | null => (node.context?.isOptional ? null : valueOf(node))

const valueOf = (node: Node): string | null => {
  if (node.encoding) return null
  switch (node._tag) {
    case "Null":
      return isUnchecked(node, "null")
    case "Boolean":
      return isUnchecked(node, "(?:true|false)")
    case "Literal":
      return isUnchecked(node, literal(node.literal))
    case "Number":
      return number(node)
    case "String":
      return string(node)
    case "Arrays":
      return list(node)
    case "Objects":
      return isUnchecked(node, struct(node))
    case "Union": {
      const members = all(node.types.map(textOf))
      return isUnchecked(node, members && `(?:${members.join("|")})`)
    }
    default:
      return null
  }
}

const isUnchecked = ({ checks }: Node, source: string | null): string | null => (checks ? null : source)

const all = (sources: ReadonlyArray<string | null>): ReadonlyArray<string> | null =>
  sources.every((source) => source !== null) ? sources : null

const literal = (value: Of<"Literal">["literal"]): string | null =>
  typeof value === "string"
    ? /^[\w./-]*$/.test(value)
      ? `"${value.replaceAll(".", "[.]")}"`
      : null
    : typeof value === "number" || typeof value === "boolean"
      ? `${value}`
      : null

/** What the checks of a leaf are, when they are these, in this order. */
const payloads = (node: Node, ...ids: ReadonlyArray<string>): ReadonlyArray<Payload> | null => {
  const checks = (node.checks ?? []).map(
    (check) => check.annotations?.["representation"] as { id: string; payload: Payload } | undefined
  )
  return checks.length === ids.length && checks.every((check, at) => check?.id === `effect/schema/${ids[at]}`)
    ? checks.flatMap((check) => (check ? [check.payload ?? {}] : []))
    : null
}
interface Payload {
  readonly minimum?: number
  readonly maxLength?: number
  readonly source?: string
  readonly flags?: string
}

/** A natural number of at most 15 digits: each of them is a safe integer. */
const number = (node: Of<"Number">): string | null =>
  payloads(node, "isInt", "isGreaterThanOrEqualTo")?.[1]?.minimum === 0 ? "(?:0|[1-9][0-9]{0,14})" : null

/** An identifier: its pattern is anchored once at both ends, and no letter of it is one that JSON escapes. */
const string = (node: Of<"String">): string | null => {
  const { source = "", flags = "" } = payloads(node, "isPattern")?.[0] ?? {}
  const inner = /^\^([\w[\]{}(),.:/|?*+-]+)\$$/.exec(
    source.replaceAll("\\/", "/").replaceAll("\\.", "[.]")
  )?.[1]
  // Where there is a choice, it is one of the whole.
  const isWhole = inner !== undefined && (!inner.includes("|") || /^\(\?:[^()]*\)$/.test(inner))
  return isWhole && (flags === "" || flags === "u") ? `"${inner}"` : null
}

const list = (node: Of<"Arrays">): string | null => {
  const [item, ...more] = node.rest
  const source = item && more.length + node.elements.length === 0 ? textOf(item) : null
  const most = node.checks ? payloads(node, "isMaxLength")?.[0]?.maxLength : Infinity
  if (source === null || source === undefined || most === undefined || most < 1) return null
  return `\\[(?:${source}(?:,${source})${most === Infinity ? "*" : `{0,${most - 1}}`})?\\]`
}

/** Members stand in their order. One that may be left out takes its comma along, and cannot be the first. */
const struct = ({ propertySignatures, indexSignatures }: Of<"Objects">): string | null => {
  const members = all(
    propertySignatures.map(({ name, type }, at) => {
      const isOptional = type.context?.isOptional === true
      const value = valueOf(type)
      if (value === null || !/^\w+$/.test(String(name)) || (isOptional && at === 0)) return null
      const member = `${at === 0 ? "" : ","}"${String(name)}":${value}`
      return isOptional ? `(?:${member})?` : member
    })
  )
  return members && indexSignatures.length === 0 ? `\\{${members.join("")}\\}` : null
}
