/** Owns which characters of a text nobody would see, and the sign that each is shown by. */

/** What a hidden character does: it is one of control, turns the direction, is not drawn, or passes for a plain space. */
export type Sort = "control" | "direction" | "invisible" | "space"

export type Piece =
  | { readonly mark: null; readonly raw: string }
  /** One character, so many times in a row. */
  | {
      readonly mark: Sort
      readonly raw: string
      readonly label: string
      readonly code: string
      readonly count: number
    }

/**
 * Controls, formats, separators, what no font draws, what is not assigned. A space and a line's end are seen for what they are, and
 * so are a few formats that are drawn.
 */
const HIDDEN = String.raw`(?![ \n\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{C}\p{Z}\p{DI}\u2800]`
/** A part of an emoji that is drawn: how it is presented, and what joins two of them. */
const OF_EMOJI = String.raw`(?<=\p{Emoji}\p{Emoji_Modifier}?)[\ufe0e\ufe0f](?!\ufe0e|\ufe0f)|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])\u200d(?=\p{Extended_Pictographic})`

/** Which spaces are marked: those before a line's end or the text's, those before a line's end, or all. */
export type Spaces = "last" | "before a line's end" | "all"

const marks = (spaces: string) =>
  new RegExp(`(?:${OF_EMOJI})|(?<hidden>${HIDDEN})\\k<hidden>*|(?<spaces>\\x20+${spaces})`, "gu")
const MARKS: Readonly<Record<Spaces, RegExp>> = {
  last: marks(String.raw`(?=\n|$)`),
  "before a line's end": marks(String.raw`(?=\n)`),
  all: marks("")
}

const CONTROLS =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS ⇥ LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split(
    " "
  )

const NAMES: ReadonlyMap<number, string> = new Map([
  [0x20, "·"],
  [0x7f, "DEL"],
  [0x85, "NEL"],
  [0xa0, "NBSP"],
  [0xad, "SHY"],
  [0x34f, "CGJ"],
  [0x61c, "ALM"],
  [0x180e, "MVS"],
  [0x200b, "ZWSP"],
  [0x200c, "ZWNJ"],
  [0x200d, "ZWJ"],
  [0x200e, "LRM"],
  [0x200f, "RLM"],
  [0x2028, "LSEP"],
  [0x2029, "PSEP"],
  [0x202a, "LRE"],
  [0x202b, "RLE"],
  [0x202c, "PDF"],
  [0x202d, "LRO"],
  [0x202e, "RLO"],
  [0x202f, "NNBSP"],
  [0x2060, "WJ"],
  [0x2066, "LRI"],
  [0x2067, "RLI"],
  [0x2068, "FSI"],
  [0x2069, "PDI"],
  [0x3000, "IDSP"],
  [0xfeff, "BOM"]
])

const hex = (code: number): string => code.toString(16).toUpperCase().padStart(4, "0")

const labelOf = (code: number): string => {
  const named = NAMES.get(code) ?? CONTROLS[code]
  if (named !== undefined) return named
  if (code >= 0xfe00 && code <= 0xfe0f) return `VS${code - 0xfe00 + 1}`
  if (code >= 0xe0100 && code <= 0xe01ef) return `VS${code - 0xe0100 + 17}`
  // Letters that nobody sees, and a model reads.
  if (code > 0xe0020 && code < 0xe007f) return `TAG ${String.fromCodePoint(code - 0xe0000)}`
  return hex(code)
}

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const SPACE = /[\t\p{Zs}\u2800]/u
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u

const sortOf = (character: string): Sort => {
  if (DIRECTION.test(character)) return "direction"
  if (SPACE.test(character)) return "space"
  return CONTROL.test(character) ? "control" : "invisible"
}

const markOf = (raw: string): Piece => {
  const code = raw.codePointAt(0)!
  const one = String.fromCodePoint(code)
  return {
    mark: sortOf(one),
    raw,
    label: labelOf(code),
    code: `U+${hex(code)}`,
    count: raw.length / one.length
  }
}

/**
 * A text in pieces, in order: what is seen, and a mark in place of what is not. The raw pieces are the text again.
 */
export const piecesOf = (text: string, spaces: Spaces = "last"): ReadonlyArray<Piece> => {
  const pieces: Array<Piece> = []
  let from = 0
  for (const { 0: raw, index, groups } of text.matchAll(MARKS[spaces])) {
    if (groups?.["hidden"] === undefined && groups?.["spaces"] === undefined) continue
    if (index > from) pieces.push({ mark: null, raw: text.slice(from, index) })
    pieces.push(markOf(raw))
    from = index + raw.length
  }
  if (from < text.length) pieces.push({ mark: null, raw: text.slice(from) })
  return pieces
}

/** How many characters nobody would see, by their sort; spaces are none of them. */
export const hiddenIn = (pieces: ReadonlyArray<Piece>): Readonly<Partial<Record<Sort, number>>> => {
  const counts: Partial<Record<Sort, number>> = {}
  for (const piece of pieces)
    if (piece.mark !== null && piece.code !== "U+0020" && piece.code !== "U+0009")
      counts[piece.mark] = (counts[piece.mark] ?? 0) + piece.count
  return counts
}

/** Whether there is anything to see in a text. */
export const isSeen = (text: string): boolean =>
  piecesOf(text, "all").some(({ mark, raw }) => mark === null && raw.trim() !== "")

const BLOCK_CHARS = 4000

/** The same in blocks that each end with a line, where lines are not too long: what is not on the screen is not laid out. */
export const blocksOf = (text: string): ReadonlyArray<string> => {
  const blocks: Array<string> = []
  let from = 0
  while (text.length - from > BLOCK_CHARS) {
    const line = text.indexOf("\n", from + BLOCK_CHARS)
    if (line < 0) break
    blocks.push(text.slice(from, line + 1))
    from = line + 1
  }
  return [...blocks, text.slice(from)]
}
