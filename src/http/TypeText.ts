/** Owns how a shape of the contract is written down for a person: as a type, with what it refers to as links. */

/** JSON Schema, as far as the contract uses it. */
export interface Shape {
  readonly $ref?: string
  readonly type?: string | ReadonlyArray<string>
  readonly enum?: ReadonlyArray<unknown>
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: Shape | boolean
  readonly items?: Shape | boolean
  readonly anyOf?: ReadonlyArray<Shape>
  readonly oneOf?: ReadonlyArray<Shape>
  readonly contentSchema?: Shape
}

export const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** The fragment that a name has on its page. */
export const anchorOf = (name: string): string => name.replaceAll(/[^A-Za-z0-9]+/gu, "-")

/** No shape has as many literals but that of codes, which the page lists once. */
const MOST_LITERALS = 40
export const CODES = "codes"

const literal = (value: unknown): string => escaped(JSON.stringify(value))

/** HTML; `indent` is what its lines begin with. */
export const typeOf = (shape: Shape, indent = ""): string => {
  const { $ref, enum: values, anyOf, oneOf = anyOf, type, contentSchema } = shape
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? ""
    return `<a href="#shape-${anchorOf(name)}">${escaped(name)}</a>`
  }
  if (contentSchema) return typeOf(contentSchema, indent)
  if ("const" in shape) return literal(shape.const)
  if (values && values.length > MOST_LITERALS) return `<a href="#${CODES}">code</a>`
  if (values) return values.map(literal).join(" | ")
  if (oneOf) return [...new Set(oneOf.map((one) => typeOf(one, indent)))].join(" | ")
  if (Array.isArray(type)) return type.join(" | ")
  if (type === "array")
    return typeof shape.items === "object" ? `Array&lt;${typeOf(shape.items, indent)}&gt;` : "Array"
  return type === "object" ? objectOf(shape, indent) : escaped(String(type ?? "any"))
}

const objectOf = (
  { properties = {}, required = [], additionalProperties }: Shape,
  indent: string
): string => {
  const inner = `${indent}  `
  const members = Object.entries(properties).map(
    ([name, shape]) => `${escaped(name)}${required.includes(name) ? "" : "?"}: ${typeOf(shape, inner)}`
  )
  const others =
    typeof additionalProperties === "object" ? [`[name]: ${typeOf(additionalProperties, inner)}`] : []
  const lines = [...members, ...others].map((line) => `${inner}${line}\n`)
  return lines.length === 0 ? "{}" : `{\n${lines.join("")}${indent}}`
}
