/** Owns what of a text can name a session: what is left of it without the blanks at its ends, if somebody would see it. */
import { Content } from "../Content.ts"
import { isTitle } from "./Session.ts"

/**
 * A character that somebody would see: none of control or format, nor one that is not assigned, no space, and nothing that no font
 * draws. A few formats are drawn all the same.
 */
const SEEN = /[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]|[^\p{C}\p{Z}\p{DI}\u2800]/u

/** The title that a text is; null for one of nothing to see, and for one of too many characters. */
export const titleIn = (given: Content): Content | null => {
  const title = given.trim()
  return isTitle(title.length) && title.use((text) => SEEN.test(text)) ? title : null
}
