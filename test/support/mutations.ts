/** Owns what somebody without the signing key may do to an export, chosen by a seed. */
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { parseRow } from "../../src/domain/ledger/Export.ts"
import { Option } from "effect"
import { type Entry, rowsOf } from "./exports.ts"

/** Numbers that look random and come out the same for the same seed (mulberry32). */
export const dice = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    below,
    one: <A>(of: ReadonlyArray<A>): A => {
      const found = of[below(of.length)]
      if (found === undefined) throw new Error("there is nothing to choose from")
      return found
    }
  }
}
export type Dice = ReturnType<typeof dice>

/** What is there to take from: the file, what it was made of, and another one under the same key. */
export interface Victim {
  readonly text: string
  readonly entries: ReadonlyArray<Entry>
  readonly other: string
}

/** What a mutation leaves: bytes, or rows that are to be signed by somebody else, perhaps under the true key's name. */
export type Mutant =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "Rows"; readonly rows: ReadonlyArray<Row>; readonly pretends: boolean }

const bytes = (text: string | Uint8Array): Mutant => ({ _tag: "Bytes", bytes: Buffer.from(text) })
const linesOf = (text: string) => text.split("\n").slice(0, -1)
const joined = (lines: ReadonlyArray<string>) => bytes(lines.map((line) => `${line}\n`).join(""))

const changed = (text: string, { below }: Dice, change: (byte: number) => number): Uint8Array => {
  const copy = Buffer.from(text)
  const at = below(copy.length)
  copy[at] = change(copy[at] ?? 0)
  return copy
}

/** The text with one bit turned. */
export const flipped = (text: string, rolled: Dice): Uint8Array =>
  changed(text, rolled, (byte) => byte ^ (1 << rolled.below(8)))

/** Another value of the same kind for one leaf of a record, anywhere in it. */
const editedLeaf = (value: unknown, rolled: Dice): unknown => {
  if (Array.isArray(value) && value.length > 0) {
    const at = rolled.below(value.length)
    return value.map((item, index) => (index === at ? editedLeaf(item, rolled) : item))
  }
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    const name = rolled.one(Object.keys(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, key === name ? editedLeaf(item, rolled) : item])
    )
  }
  if (typeof value === "number") return value + rolled.one([1, -1, 1000])
  if (typeof value === "boolean") return !value
  if (typeof value === "string" && value.length > 0) {
    const at = rolled.below(value.length)
    const letter = value[at] === "a" ? "b" : "a"
    return value.slice(0, at) + letter + value.slice(at + 1)
  }
  return value === null ? rolled.one<unknown>([0, "stop", "a".repeat(64)]) : null
}

const editedEntry = (entries: ReadonlyArray<Entry>, rolled: Dice): ReadonlyArray<Entry> => {
  const at = rolled.below(entries.length)
  return entries.map((entry, index) => (index === at ? (editedLeaf(entry, rolled) as Entry) : entry))
}

const isRow = (line: string) => Option.isSome(parseRow(line))

export const mutations: Readonly<Record<string, (victim: Victim, rolled: Dice) => Mutant>> = {
  "flip a bit": ({ text }, rolled) => bytes(flipped(text, rolled)),
  "flip a byte": ({ text }, rolled) => bytes(changed(text, rolled, () => rolled.below(256))),
  "drop a line": ({ text }, { below }) => {
    const lines = linesOf(text)
    const at = below(lines.length)
    return joined(lines.filter((_, index) => index !== at))
  },
  "swap two lines": ({ text }, { below }) => {
    const lines = linesOf(text)
    const [one, other] = [below(lines.length), below(lines.length)]
    return joined(lines.map((line, at) => lines[at === one ? other : at === other ? one : at] ?? line))
  },
  "duplicate a line": ({ text }, { below }) => {
    const lines = linesOf(text)
    const at = below(lines.length)
    return joined(lines.flatMap((line, index) => (index === at ? [line, line] : [line])))
  },
  "insert a line": ({ text, other }, { below, one }) => {
    const lines = linesOf(text)
    const added = one([...linesOf(other), ...lines, "", "{}", '{"format":"io3/ledger/v2"}', "\u{1f512}"])
    return joined(lines.toSpliced(below(lines.length + 1), 0, added))
  },
  "cut off at a byte": ({ text }, { below }) => bytes(Buffer.from(text).subarray(0, below(text.length))),
  "splice a row": ({ text, other }, { below, one }) => {
    const lines = linesOf(text)
    const at = 1 + below(lines.length - 2)
    return joined(lines.with(at, one([...linesOf(other), ...lines].filter(isRow))))
  },
  "edit a member": ({ text }, rolled) => {
    const lines = linesOf(text)
    const at = rolled.below(lines.length)
    return joined(lines.with(at, JSON.stringify(editedLeaf(JSON.parse(lines[at] ?? ""), rolled))))
  },
  "edit and link anew": ({ entries }, rolled) => ({
    _tag: "Rows",
    rows: rowsOf(nonStreams(entries, rolled)),
    pretends: true
  }),
  "sign with another key": ({ entries }, rolled) => ({
    _tag: "Rows",
    rows: rowsOf(rolled.below(4) === 0 ? entries : nonStreams(entries, rolled)),
    pretends: false
  }),
  "drop rows and link anew": ({ entries }, { below }) => {
    const from = below(entries.length)
    return { _tag: "Rows", rows: rowsOf(entries.toSpliced(from, 1 + below(3))), pretends: true }
  }
}

/** An entry with another event; names of streams stay, so that rows can be made of it. */
const nonStreams = (entries: ReadonlyArray<Entry>, rolled: Dice): ReadonlyArray<Entry> =>
  editedEntry(entries, rolled).map((entry, at) => ({ ...entry, stream: entries[at]?.stream ?? entry.stream }))
