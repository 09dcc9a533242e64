/** Owns what a Schema says of records in the words of the independent verifier, and those words as a text for people. */
import { type Schema, SchemaAST } from "effect"
import { EVENTS, NAMED, type Shape } from "./verifier.ts"

const ID = "^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
const LEAVES: Readonly<Record<string, string>> = {
  [ID]: "id",
  "^[0-9a-f]{64}$": "digest",
  "^[A-Za-z0-9._:/-]{1,128}$": "name",
  "^[a-z]{1,32}(\\.[0-9]{1,6})?$": "content",
  "^[A-Za-z0-9][A-Za-z0-9_-]{0,30}(?:\\.[A-Za-z0-9][A-Za-z0-9_-]{0,30}){0,3}$": "part",
  "^(?:human|mixed|llm:[A-Za-z0-9._-]{1,120})$": "provenance"
}

interface Check {
  readonly id: string
  readonly payload: unknown
}
const checksOf = (ast: SchemaAST.AST): ReadonlyArray<Check> => {
  const flat = (check: SchemaAST.Check<never>): ReadonlyArray<Check> =>
    check._tag === "FilterGroup"
      ? check.checks.flatMap(flat)
      : [check.annotations?.["representation"] as unknown as Check]
  return (ast.checks ?? []).flatMap((check) => flat(check as SchemaAST.Check<never>))
}

/** The shape of what a Schema encodes to; throws at what a record cannot have. */
export const shapeOf = (schema: Schema.Top): Shape => walk(schema.ast)

const walk = (ast: SchemaAST.AST): Shape => {
  const checks = checksOf(ast)
  switch (ast._tag) {
    case "Boolean":
      return "boolean"
    case "Literal":
      return { one: [ast.literal] }
    case "Number": {
      const ends = checks.map(({ payload }) => (payload ?? {}) as { minimum?: number; maximum?: number })
      const least = Math.max(...ends.map(({ minimum = 0 }) => minimum))
      const most = Math.min(...ends.map(({ maximum = Infinity }) => maximum))
      if (!checks.some(({ id }) => id.endsWith("isInt"))) throw new Error("a record has no fractions")
      return most === Infinity && least <= 0 ? "count" : { least, most }
    }
    case "String": {
      const [pattern] = checks.map(({ payload }) => (payload as { source: string }).source)
      const leaf = LEAVES[pattern ?? ""]
      if (leaf === undefined) throw new Error(`no leaf has ${pattern}`)
      return leaf
    }
    case "Union": {
      const some = ast.types.find((type) => type._tag !== "Null")
      if (some && ast.types.length === 2 && ast.types.some((type) => type._tag === "Null")) {
        return { nullable: walk(some) }
      }
      return { one: ast.types.map((type) => (walk(type) as { one: ReadonlyArray<unknown> }).one[0]) }
    }
    case "Arrays": {
      const [item] = ast.rest
      if (!item) throw new Error("a record has lists of one kind only")
      const most = checks.find(({ id }) => id.endsWith("isMaxLength"))?.payload as
        | { maxLength: number }
        | undefined
      return { list: walk(item), most: most?.maxLength ?? Infinity }
    }
    case "Objects": {
      const [index] = ast.indexSignatures
      if (index) return { byName: walk(index.type) }
      return Object.fromEntries(
        ast.propertySignatures.map(({ name, type }) => [
          `${String(name)}${SchemaAST.isOptional(type) ? "?" : ""}`,
          walk(type)
        ])
      )
    }
    default:
      throw new Error(`no record has a ${ast._tag}`)
  }
}

// ---- As a text

const isOf = (shape: Shape, name: string): shape is Readonly<Record<string, Shape>> =>
  typeof shape === "object" && name in shape

/** One shape on a line; those that have a name by their name, unless it is that one which is told. */
const written = (shape: Shape, told?: Shape): string => {
  const name = Object.entries(NAMED).find(([, named]) => named === shape && named !== told)?.[0]
  if (name !== undefined) return name
  if (typeof shape === "string") return shape
  if (isOf(shape, "one")) {
    return (shape["one"] as unknown as ReadonlyArray<unknown>)
      .map((value) => JSON.stringify(value))
      .join(" | ")
  }
  if (isOf(shape, "least")) {
    const most = Number(shape["most"])
    return `${String(shape["least"])}..${most === Infinity ? "" : most}`
  }
  if (isOf(shape, "nullable")) return `${written(shape["nullable"] ?? "")} | null`
  if (isOf(shape, "list")) {
    const most = Number(shape["most"])
    return `[${written(shape["list"] ?? "")}${most === Infinity ? " …" : ` … ${most} at most`}]`
  }
  if (isOf(shape, "byName")) return `{ name: ${written(shape["byName"] ?? "")} … }`
  return `{ ${Object.entries(shape)
    .map(([key, inner]) => `${key}: ${written(inner as Shape)}`)
    .join(", ")} }`
}

const wrapped = (name: string, text: string, glue: string): string => {
  const lines: Array<string> = []
  let line = `${name} =`
  for (const word of text.split(glue)) {
    const next = lines.length === 0 && line.endsWith("=") ? `${line} ${word}` : `${line}${glue}${word}`
    if (next.length > 100) {
      lines.push(line + glue.trimEnd())
      line = `  ${word}`
    } else line = next
  }
  return [...lines, line].join("\n")
}

const told = (name: string, shape: Shape): string => {
  if (isOf(shape, "one")) return wrapped(name, written(shape, shape), " | ")
  const members = Object.entries(shape).map(([key, inner]) => `  ${key}: ${written(inner as Shape)}`)
  return [name, ...members].join("\n")
}

/** What the documentation says of events. */
export const documented = (retryable: ReadonlyArray<string>): string =>
  [
    ...Object.entries(EVENTS).map(([name, members]) => told(name, { _tag: { one: [name] }, ...members })),
    ...Object.entries(NAMED).map(([name, shape]) => told(name, shape)),
    wrapped("retryable", retryable.map((code) => JSON.stringify(code)).join(" | "), " | ")
  ].join("\n\n")
