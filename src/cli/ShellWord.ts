/** Owns how a path becomes one word that can be read on any terminal, and copied into a shell; it knows no command. */

/** What a terminal would obey, hide or reorder: controls, formats, separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Bare where that is enough, else in quotes: `$'…'` where there is something unseen, which it has octal bytes for. */
export const shellWord = (word: string): string => {
  if (/^[\w./:{}-]+$/u.test(word)) return word
  if (!UNSEEN.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`
  const seen = [...word].map((char) => (UNSEEN.test(char) ? octal(char) : char.replace(/[\\']/u, "\\$&")))
  return `$'${seen.join("")}'`
}

const octal = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")
