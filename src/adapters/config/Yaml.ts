/** Owns how one YAML text becomes a tree of placed values, or the place that is wrong; values leave in no message. */
import { Effect, Result } from "effect"
import type { LineCounter, Pair, ParsedNode } from "yaml"
import type { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { MAX_DEPTH, MAX_VALUES, type Read, refuse, textOf } from "./Text.ts"
import { type Mapping, mapping, type Scalar, type Source, type Tree } from "./Tree.ts"

/** More signs than any text needs that is read. */
const MAX_SIGNS = 6 * MAX_VALUES

/** The parser is loaded when there is something to parse: many starts have the packaged defaults alone. */
const library = Effect.promise(() => import("yaml"))
type Library = Effect.Success<typeof library>

/** Parses the text of one file; `base` names the file and its layer. An empty document is an empty mapping. */
export const parse = Effect.fnUntraced(function* (
  bytes: Uint8Array,
  base: Pick<Source, "origin" | "file">
): Effect.fn.Return<Result.Result<Mapping, ConfigPlace>> {
  const yaml = yield* library
  const lines = new yaml.LineCounter()
  return textOf(bytes).pipe(
    Result.flatMap((text) => read(yaml, text, lines, { ...base, line: 1, column: 1, key: null })),
    Result.mapError(({ fault, offset }) => ({
      file: base.file,
      ...position(lines, offset),
      key: null,
      fault
    }))
  )
})

const position = (lines: LineCounter, offset: number) => {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}

const read = (yaml: Library, text: string, lines: LineCounter, top: Source): Read<Mapping> => {
  const excess = excessIn(yaml, text)
  if (excess !== null) {
    for (let start = 0; start >= 0; start = nextLine(text, start)) lines.addNewLine(start)
    return refuse("too_many_values", excess)
  }
  const [document, second] = yaml.parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The parser compares keys pair by pair, in quadratic time; they are looked up below.
    uniqueKeys: false,
    resolveKnownTags: false,
    merge: false,
    schema: "core",
    logLevel: "silent"
  })
  if (document === undefined) return Result.succeed(mapping([], top))
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem) return refuse("syntax", problem.pos[0])
  if (second) return refuse("syntax", second.range[0])
  const root: ParsedNode | null = document.contents
  if (root === null || (yaml.isScalar(root) && root.value === null)) return Result.succeed(mapping([], top))
  return yaml.isMap(root) ? placed(yaml, root, lines, top) : refuse("wrong_value", root.range[0])
}

const nextLine = (text: string, start: number): number => text.indexOf("\n", start) + 1 || -1

/** Where there are more signs than is read; the parser takes long for each of them, and longest for wrong ones. */
const excessIn = (yaml: Library, text: string): number | null => {
  const { DOCUMENT, FLOW_END, SCALAR } = yaml.CST
  let signs = 0
  let offset = 0
  for (const sign of new yaml.Lexer().lex(text)) {
    if (sign === DOCUMENT || sign === FLOW_END || sign === SCALAR) continue
    signs += 1
    if (signs > MAX_SIGNS) return offset
    offset += sign.length
  }
  return null
}

/** Turns nodes into placed values. What no key of ours needs is refused: aliases, other keys than text, depth, bulk. */
const placed = (yaml: Library, root: ParsedNode, lines: LineCounter, top: Source): Read<Mapping> => {
  let values = 0

  const walk = (node: ParsedNode | null, offset: number, depth: number): Read<Tree> => {
    values += 1
    if (values > MAX_VALUES) return refuse("too_many_values", offset)
    if (depth > MAX_DEPTH) return refuse("too_deep", offset)
    if (isAliased(node)) return refuse("alias_not_allowed", offset)
    const source = { ...top, ...position(lines, offset) }
    if (yaml.isMap(node)) return entries(node.items as ReadonlyArray<ParsedPair>, source, depth)
    if (yaml.isSeq(node)) {
      const items = (node.items as ReadonlyArray<ParsedNode>).map((item) =>
        walk(item, item.range[0], depth + 1)
      )
      return Result.map(Result.all(items), (all) => ({ _tag: "Listed", items: all, source }))
    }
    return Result.succeed({
      _tag: "Plain",
      value: (yaml.isScalar(node) ? node.value : null) as Scalar,
      source
    })
  }

  const entries = (pairs: ReadonlyArray<ParsedPair>, source: Source, depth: number): Read<Mapping> =>
    Result.gen(function* () {
      const found = new Map<string, Tree>()
      for (const { key, value } of pairs) {
        const offset = key.range[0]
        if (isAliased(key)) return yield* refuse("alias_not_allowed", offset)
        if (!yaml.isScalar(key) || typeof key.value !== "string" || key.value === "__proto__") {
          return yield* refuse("key_not_allowed", offset)
        }
        if (found.has(key.value)) return yield* refuse("duplicate_key", offset)
        found.set(key.value, yield* walk(value, offset, depth + 1))
      }
      return mapping(found, source)
    })

  const isAliased = (node: ParsedNode | null): boolean =>
    node !== null && (yaml.isAlias(node) || node.anchor !== undefined)

  return Result.flatMap(walk(root, root.range[0], 0), (tree) =>
    tree._tag === "Mapping" ? Result.succeed(tree) : refuse("wrong_value", 0)
  )
}
type ParsedPair = Pair<ParsedNode, ParsedNode | null>
