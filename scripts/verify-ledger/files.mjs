/** Owns how a file is checked as a whole: what is false in it ends that, and is said with the row it is about. */
import { canonical, exactly, Falsehood, hold } from "./chain.mjs"

/** What is said of a falsehood; anything else that is thrown is a fault of the verifier. */
export const told = (error, row) => {
  if (!(error instanceof Falsehood)) throw error
  const { position = null, stream = null, seq = null } = row ?? {}
  return { ok: false, falsehood: error.message, position, stream, seq }
}

/** Checks; a falsehood comes back with the row it is about, if it is about one. */
export const attempt = (check) => {
  const about = { row: null }
  try {
    return { ok: true, ...check(about) }
  } catch (error) {
    return told(error, about.row)
  }
}

/** One line with its break, of canonical JSON. */
export const readWhole = (text, passes) => {
  const value = text.endsWith("\n") ? exactly(text.slice(0, -1), canonical, passes) : null
  hold(value !== null, "format")
  return value
}
