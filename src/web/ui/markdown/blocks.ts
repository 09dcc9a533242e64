/**
 * Owns how a text that grows becomes blocks of Markdown: what is finished is not read again. It makes tokens, never HTML: what is
 * shown of them is made of nodes and texts alone.
 */
import { Lexer, Marked, type Token, type TokensList } from "marked"
import { math } from "./math.ts"

/** A block, by where it begins. */
export interface Block {
  readonly at: number
  readonly token: Token
}

export interface Reading {
  readonly text: string
  /** Blocks that stay as they are, whatever is written after them. */
  readonly done: ReadonlyArray<Block>
  /** Where the first block begins that may still change. */
  readonly end: number
  readonly open: ReadonlyArray<Block>
  readonly links: TokensList["links"]
  /** Whether all of it is there. */
  readonly isWhole: boolean
}

export const nothing: Reading = { text: "", done: [], end: 0, open: [], links: {}, isWhole: false }

const { defaults } = new Marked({ gfm: true, extensions: [math] })

/** So much is read at a time: a page has other things to do in between. */
const PIECE = 16_000
/** What of this length is one block still is no prose, unless it is code: it is shown as it is. */
const LONGEST_BLOCK = 32_000
/** So long a paragraph is read to its end only if few of its letters mean something. */
const LONG = 3000
const MANY_MARKS = 400
const LONGEST = 20_000
/** Deeper than this nobody reads, and a reader that descends would break. */
const DEEPEST = 40
const TOO_DEEP = new RegExp(`^(?:[ \\t]*(?:>|[-*+]|\\d{1,9}[.)])[ \\t]*){${DEEPEST},}`, "mu")

/** How far the items of lists are set in: one distance for each depth. */
const isTooDeep = (text: string): boolean => {
  if (TOO_DEEP.test(text)) return true
  const distances = new Set<number>()
  for (const [, space] of text.matchAll(ITEM)) distances.add(space!.length)
  return distances.size > DEEPEST
}
const ITEM = /^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]/gmu

const plain = (text: string): Token => ({
  type: "paragraph",
  raw: text,
  text,
  tokens: [{ type: "text", raw: text, text }]
})

const isNoProse = (text: string): boolean =>
  text.length > LONGEST || (text.length > LONG && (text.match(MARKS)?.length ?? 0) > MANY_MARKS)
const MARKS = /[*_~`[\]()<$&\\@:!]/gu
const FENCE = /^ {0,3}(?:```|~~~)/u

const lex = (
  text: string,
  links: TokensList["links"]
): { readonly tokens: ReadonlyArray<Token>; readonly links: TokensList["links"] } => {
  if (isTooDeep(text)) return { tokens: [plain(text)], links }
  try {
    const lexer = new Lexer(defaults)
    Object.assign(lexer.tokens.links, links)
    const tokens = lexer.blockTokens(text, [])
    for (const { src, tokens: inner } of lexer.inlineQueue) {
      if (isNoProse(src)) inner.push({ type: "text", raw: src, text: src })
      // A line's end is shown: one that is written as a tag, too, is one still.
      else lexer.inlineTokens(src.replaceAll(/(<br\s*\/?>)\n/gu, "$1"), inner)
    }
    return { tokens, links: lexer.tokens.links }
  } catch {
    return { tokens: [plain(text)], links }
  }
}

const isBlank = ({ type }: Token) => type === "space" || type === "def"

/** Where the last two blocks begin: a line that is not finished may yet belong to the one before it. */
const secondLast = (tokens: ReadonlyArray<Token>): number => {
  const last = tokens.findLastIndex((token) => !isBlank(token))
  return tokens.slice(0, Math.max(0, last)).findLastIndex((token) => !isBlank(token))
}

/**
 * The text as it stands now, as far as it is read at a time: whoever wants all of it goes on until it is `isWhole`. One that goes
 * on from before is read from its last blocks on.
 */
export const read = (before: Reading, raw: string, isWhole: boolean): Reading => {
  const text = raw.includes("\r") ? raw.replaceAll(/\r\n?/gu, "\n") : raw
  if (text === before.text && isWhole === before.isWhole) return before
  // What is defined at the end counts from the beginning on.
  const isDefined = isWhole && Object.keys(before.links).length > 0 && !before.isWhole
  const from = text.startsWith(before.text) ? before : nothing
  const until = from.text.length + PIECE
  if (text.length > until) return goOn(from, text.slice(0, until), false)
  return isDefined && text.length <= PIECE
    ? goOn({ ...nothing, links: before.links }, text, true)
    : goOn(from, text, isWhole)
}

const goOn = ({ done, end, links: known }: Reading, text: string, isWhole: boolean): Reading => {
  const rest = text.slice(end)
  const isOverlong = rest.length > LONGEST_BLOCK && !FENCE.test(rest)
  const { tokens, links } = isOverlong ? { tokens: [plain(rest)], links: known } : lex(rest, known)
  const last = isWhole || isOverlong ? tokens.length : Math.max(0, secondLast(tokens))
  const blocks: Array<Block> = []
  let at = end
  for (const token of tokens) {
    blocks.push({ at, token })
    at += token.raw.length
  }
  const open = blocks.slice(last)
  return {
    text,
    done: last === 0 ? done : [...done, ...blocks.slice(0, last)],
    end: open[0]?.at ?? at,
    open,
    links,
    isWhole
  }
}
