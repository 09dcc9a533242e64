/** Owns how one JSON text becomes a tree of placed values, or the place that is wrong; nothing but JSON is read. */
import { Result } from "effect"
import { MAX_DEPTH, MAX_VALUES, type Read, refuse, type Refused } from "./Text.ts"
import { mapping, type Scalar, type Source, type Tree } from "./Tree.ts"

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS: ReadonlyArray<readonly [string, Scalar]> = [
  ["true", true],
  ["false", false],
  ["null", null]
]

/** A value of a mapping stands where its key does; `base` names the file and its layer. */
export const parseJson = (text: string, base: Pick<Source, "origin" | "file">): Read<Tree> => {
  let at = 0
  let line = 1
  let lineStart = 0
  let values = 0

  const skipSpace = (): void => {
    for (;;) {
      const sign = text[at]
      if (sign === "\n") {
        line += 1
        lineStart = at + 1
      } else if (sign !== " " && sign !== "\t" && sign !== "\r") return
      at += 1
    }
  }

  /** Whether this sign is next; it is behind us then. */
  const takes = (sign: string): boolean => {
    skipSpace()
    if (text[at] !== sign) return false
    at += 1
    return true
  }

  const here = (): Source => ({ ...base, line, column: at - lineStart + 1, key: null })

  const string = (): Read<string> => {
    const start = at
    if (text[at] !== '"') return refuse("syntax", at)
    do at += text[at] === "\\" ? 2 : 1
    while (at < text.length && text[at] !== '"')
    at += 1
    return Result.try({
      try: () => JSON.parse(text.slice(start, at)) as string,
      catch: (): Refused => ({ fault: "syntax", offset: start })
    })
  }

  const scalar = (): Read<Scalar> => {
    if (text[at] === '"') return string()
    const word = WORDS.find(([name]) => text.startsWith(name, at))
    if (word) {
      at += word[0].length
      return Result.succeed(word[1])
    }
    NUMBER.lastIndex = at
    const digits = NUMBER.exec(text)?.[0]
    if (digits === undefined) return refuse("syntax", at)
    at += digits.length
    return Result.succeed(Number(digits))
  }

  /** What stands between two brackets, with commas between. */
  const each = (closing: string, item: () => Read<void>): Read<void> =>
    Result.gen(function* () {
      if (takes(closing)) return
      do {
        skipSpace()
        yield* item()
      } while (takes(","))
      if (!takes(closing)) return yield* refuse("syntax", at)
    })

  const value = (offset: number, source: Source, depth: number): Read<Tree> =>
    Result.gen(function* () {
      skipSpace()
      values += 1
      if (values > MAX_VALUES) return yield* refuse("too_many_values", offset)
      if (depth > MAX_DEPTH) return yield* refuse("too_deep", offset)
      if (takes("{")) {
        const entries = new Map<string, Tree>()
        yield* each("}", () => entry(entries, depth + 1))
        return mapping(entries, source)
      }
      if (takes("[")) {
        const items: Array<Tree> = []
        yield* each("]", () => Result.map(value(at, here(), depth + 1), (item) => void items.push(item)))
        return { _tag: "Listed", items, source }
      }
      return { _tag: "Plain", value: yield* scalar(), source }
    })

  const entry = (entries: Map<string, Tree>, depth: number): Read<void> =>
    Result.gen(function* () {
      const offset = at
      const source = here()
      const key = yield* string()
      if (key === "__proto__") return yield* refuse("key_not_allowed", offset)
      if (entries.has(key)) return yield* refuse("duplicate_key", offset)
      if (!takes(":")) return yield* refuse("syntax", at)
      entries.set(key, yield* value(offset, source, depth))
    })

  skipSpace()
  return Result.flatMap(value(at, here(), 0), (tree) => {
    skipSpace()
    return at < text.length ? refuse("syntax", at) : Result.succeed(tree)
  })
}

/** Where an offset is, both counted from 1. */
export const positionIn = (text: string, offset: number): { line: number; column: number } => {
  const before = text.slice(0, offset)
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") }
}
