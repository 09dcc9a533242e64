/** Owns how a value becomes JSON text of a bounded size, and what is no JSON; it runs no code of the value's but getters. */

/** How deep objects and lists may stand in each other. */
export const MAX_DEPTH = 64

export interface Written {
  /** Keys in order of their UTF-16 units; empty when it would have been longer than it may be. */
  readonly text: string
  /** Code points of the whole text. */
  readonly chars: number
}

export interface Form {
  /** Code points at most; more are counted and not kept. */
  readonly maxChars: number
  /** Spaces for each level; on one line when left out. */
  readonly indent?: number
}

/** Writes a value. Throws where it is not JSON: functions, big integers, cycles, instances, depth, what a getter throws. */
export const write = (value: unknown, { maxChars, indent = 0 }: Form): Written => {
  const pieces: Array<string> = []
  let chars = 0
  const add = (piece: string, size = piece.length) => {
    chars += size
    if (chars <= maxChars) pieces.push(piece)
    else pieces.length = 0
  }
  const line = (depth: number) => indent > 0 && add(`\n${" ".repeat(indent * depth)}`)
  const string = (text: string) => {
    const size = quotedLength(text)
    add(chars + size <= maxChars ? JSON.stringify(text) : "", size)
  }
  const all = <A>(
    open: string,
    close: string,
    items: ReadonlyArray<A>,
    depth: number,
    one: (item: A) => void
  ) => {
    if (depth >= MAX_DEPTH) throw new TypeError("too deep for JSON")
    add(open)
    for (const [index, item] of items.entries()) {
      if (index > 0) add(",")
      line(depth + 1)
      one(item)
    }
    if (items.length > 0) line(depth)
    add(close)
  }
  const any = (value: unknown, depth: number): void => {
    if (value === null || typeof value === "boolean") return add(String(value))
    if (typeof value === "string") return string(value)
    if (typeof value === "number" && Number.isFinite(value)) return add(JSON.stringify(value))
    // A hole in a list is undefined, which is refused like everything else.
    if (Array.isArray(value)) return all("[", "]", value, depth, (item) => any(item, depth + 1))
    if (!isPlain(value)) throw new TypeError("not JSON")
    const members = Object.keys(value)
      .toSorted()
      .map((key) => [key, value[key]] as const)
      .filter(([, member]) => member !== undefined)
    all("{", "}", members, depth, ([key, member]) => {
      string(key)
      add(indent > 0 ? ": " : ":")
      any(member, depth + 1)
    })
  }
  any(value, 0)
  return { text: pieces.join(""), chars }
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Code points of a string in JSON, quotes and escapes included; counted without making it. */
const quotedLength = (text: string): number => {
  let length = 2
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === 0x22 || unit === 0x5c) length += 2
    else if (unit < 0x20) length += "\b\t\n\f\r".includes(text[at]!) ? 2 : 6
    else if ((unit & 0xf800) !== 0xd800) length += 1
    else if (unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      length += 1
      at++
    } else length += 6
  }
  return length
}
