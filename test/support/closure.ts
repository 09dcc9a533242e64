/** Owns the walk over a Schema that finds every leaf a record may not have: a place where somebody's words could stand. */
import { type Schema, SchemaAST } from "effect"

/** A leaf that is not closed: where it is, and what it is. */
export interface OpenLeaf {
  readonly path: string
  readonly leaf: string
}

/** What no identifier may look like. A pattern that matches one of these is no identifier. */
const WORDS = [
  "a b",
  "two words, and more",
  "naïve",
  "日本",
  "line\nbreak",
  "tab\tbed",
  "\u0000",
  "'quoted'",
  '"quoted"',
  "<b>",
  "x=1&y=2",
  "a@b.example",
  "https://example.org/?q=1#x",
  "C:\\a",
  "a".repeat(129),
  "0".repeat(129),
  "a/".repeat(100)
]

/** Every open leaf of a Schema, on its decoded side and on each side it is encoded through. */
export const openLeaves = (schema: Schema.Top): ReadonlyArray<OpenLeaf> => {
  const found: Array<OpenLeaf> = []
  const seen = new Set<SchemaAST.AST>()

  const walk = (ast: SchemaAST.AST, path: string): void => {
    // A part that is shared is reported where it was met first.
    if (seen.has(ast)) return
    seen.add(ast)
    for (const link of ast.encoding ?? []) walk(link.to, `${path}~`)
    switch (ast._tag) {
      case "Literal":
      case "Enum":
      case "Number":
      case "Boolean":
      case "Null":
        return
      case "String":
        if (!isIdentifier(ast)) found.push({ path, leaf: "String" })
        return
      case "Union":
        for (const member of ast.types) walk(member, `${path}${tagOf(member)}`)
        return
      case "Arrays":
        for (const item of [...ast.elements, ...ast.rest]) walk(item, `${path}[]`)
        return
      case "Objects":
        for (const { name, type } of ast.propertySignatures) walk(type, `${path}.${String(name)}`)
        for (const { parameter, type } of ast.indexSignatures) {
          walk(parameter, `${path}{key}`)
          walk(type, `${path}{}`)
        }
        return
      case "Suspend":
        walk(ast.thunk(), path)
        return
      case "Declaration":
        if (isClass(ast)) for (const fields of ast.typeParameters) walk(fields, path)
        else found.push({ path, leaf: "Declaration" })
        return
      default:
        found.push({ path, leaf: ast._tag })
    }
  }
  walk(schema.ast, "")
  return found
}

/** Whether a string is held to a pattern that is anchored at both ends and lets no words through. */
const isIdentifier = (ast: SchemaAST.String): boolean =>
  (ast.checks ?? []).flatMap(patternsOf).some(({ source, flags }) => {
    const pattern = new RegExp(source, flags)
    return (
      source.startsWith("^") &&
      source.endsWith("$") &&
      /^u?$/.test(flags) &&
      !WORDS.some((word) => pattern.test(word))
    )
  })

interface Pattern {
  readonly source: string
  readonly flags: string
}

const patternsOf = (check: SchemaAST.Check<never>): ReadonlyArray<Pattern> => {
  if (check._tag === "FilterGroup") return check.checks.flatMap(patternsOf)
  const representation = check.annotations?.["representation"] as { id: string; payload: Pattern } | undefined
  return representation?.id === "effect/schema/isPattern" ? [representation.payload] : []
}

/** A class of the Schema module is its fields; every other declaration is a box one cannot see into. */
const isClass = (ast: SchemaAST.Declaration): boolean => ast.annotations?.["~constructor"] !== undefined

const tagOf = (member: SchemaAST.AST): string => {
  if (!SchemaAST.isObjects(member)) return ""
  const tag = member.propertySignatures.find(({ name }) => name === "_tag")?.type
  return tag && SchemaAST.isLiteral(tag) ? String(tag.literal) : ""
}
