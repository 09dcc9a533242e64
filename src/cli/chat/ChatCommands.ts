/** Owns what may be typed into a conversation besides messages, and how it is told from one. Pure. */
import type { Content } from "../../domain/Content.ts"

const names = [
  "help",
  "mode",
  "audit",
  "pack",
  "status",
  "history",
  "title",
  "undo",
  "close",
  "quit"
] as const
export type Name = (typeof names)[number]

export type Typed =
  | { readonly _tag: "Message"; readonly content: Content }
  | { readonly _tag: "Command"; readonly name: Name; readonly argument: Content }
  /** With the command that was perhaps meant. */
  | { readonly _tag: "Unknown"; readonly meant: Name | null }

export const help = `\
/mode [work|steward]  who lets answers out: nobody has to be asked, or a steward where a threshold fires
/audit [on|off]       have a second model judge the next answers
/pack [ID...|none]    which memory packs the next answers read
/status               where this session stands
/history              what was asked and answered so far
/title TEXT           name this session; the name is sealed like any text
/close                close this session for good
/quit                 leave; io3 chat -c comes back

A line that ends in \\ goes on in the next one; lines between """ and """, or pasted ones, are one message.
A message that begins with / is typed with two: //
Ctrl-C stops an answer, or drops what you have typed; Ctrl-D leaves.`

export const undoing =
  "There is no undo: the ledger is append-only, and what was asked and answered stands in it. " +
  "Ask again, in other words; io3 chat begins a conversation that has not read this one."

/** A message that was marked as text is no command. */
export const read = (content: Content, isLiteral: boolean): Typed => {
  if (isLiteral || !content.use((text) => text.startsWith("/"))) return { _tag: "Message", content }
  if (content.use((text) => text.startsWith("//"))) return { _tag: "Message", content: content.slice(1) }
  const name = content.classify(["none", ...names], wordOf)
  if (name === "none") {
    const meant = content.classify(["none", ...names], (text) => nearest(wordOf(text)) ?? "none")
    return { _tag: "Unknown", meant: meant === "none" ? null : meant }
  }
  return { _tag: "Command", name, argument: content.slice(name.length + 1).trim() }
}

/** Which of these words an argument is; null when it is none. */
export const choose = <const W extends string>(argument: Content, words: ReadonlyArray<W>): W | null =>
  words.find((word) => argument.use((text) => text.toLowerCase() === word)) ?? null

/** These words in the order in which an argument has them; null when it has any other. */
export const chooseAll = <const W extends string>(
  argument: Content,
  words: ReadonlyArray<W>
): ReadonlyArray<W> | null => {
  const places = words.flatMap((word) => {
    const at = argument.use((text) => text.split(/\s+/u).indexOf(word))
    return at < 0 ? [] : [{ word, at }]
  })
  const asked = argument.use((text) => new Set(text.split(/\s+/u)).size)
  if (asked !== places.length) return null
  return places.toSorted((one, other) => one.at - other.at).map(({ word }) => word)
}

const wordOf = (text: string): string => (/^\/(\S*)/u.exec(text)?.[1] ?? "").toLowerCase()

/** How many letters may be wrong. */
const NEAR = 2

const nearest = (word: string): Name | undefined =>
  names.find((name) => word !== "" && name.startsWith(word)) ??
  names
    .map((name) => ({ name, far: distance(word, name) }))
    .filter(({ far }) => far <= NEAR)
    .toSorted((one, other) => one.far - other.far)[0]?.name

/** How many letters have to be added, dropped or changed. */
const distance = (word: string, name: string): number => {
  if (Math.abs(word.length - name.length) > NEAR) return NEAR + 1
  let row = Array.from({ length: name.length + 1 }, (_, at) => at)
  for (const [i, letter] of [...word].entries()) {
    const above = row
    row = [i + 1]
    for (const [j, wanted] of [...name].entries()) {
      row.push(
        Math.min((above[j] ?? 0) + (letter === wanted ? 0 : 1), (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1)
      )
    }
  }
  return row[name.length] ?? 0
}
