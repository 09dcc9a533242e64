/** Owns what of a model's text may reach a terminal: letters, spaces, tabs and line breaks; no control of the terminal. */

/**
 * Where in a control sequence the text stands: `escape` after its first character, `csi` among the parameters of one,
 * `string` inside a title, a link, a clipboard write or the like, whose words are not for the reader.
 */
type State = "text" | "escape" | "csi" | "string"

/** Characters that move, hide or reorder text, and those that begin a sequence. */
const CONTROL =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const CONTROLS = new RegExp(CONTROL, "gu")

const STRINGS = /[\]PX^_\u0090\u0098\u009d-\u009f]/u

/** The state after a character of a sequence, or null when the character is no part of it. */
const within = (state: Exclude<State, "text">, char: string): State | null => {
  switch (state) {
    case "escape":
      if (char === "[") return "csi"
      if (STRINGS.test(char)) return "string"
      if (char >= " " && char <= "/") return "escape"
      return char >= "0" && char <= "~" ? "text" : null
    case "csi":
      if (char >= " " && char <= "?") return "csi"
      return char >= "@" && char <= "~" ? "text" : null
    case "string":
      if (char === "\u0007" || char === "\u009c") return "text"
      // One that is never closed must not swallow an answer: it ends with its line. An escape begins its terminator.
      return char === "\n" || char === "\u0018" || char === "\u001a" || char === "\u001b" ? null : "string"
  }
}

/** The state after a control character outside of any sequence; most are sequences of their own. */
const after = (control: string): State => {
  if (control === "\u001b") return "escape"
  if (control === "\u009b") return "csi"
  return STRINGS.test(control) ? "string" : "text"
}

/** Makes pieces of one text plain. However a text is cut, the same of it comes through, and none of it waits. */
export const plainPieces = (): ((piece: string) => string) => {
  let state: State = "text"
  return (piece) => {
    if (state === "text" && !CONTROL.test(piece)) return piece
    let kept = ""
    for (const char of piece) {
      const inside: State | null = state === "text" ? null : within(state, char)
      if (inside !== null) {
        state = inside
      } else if (CONTROL.test(char)) {
        state = after(char)
      } else {
        state = "text"
        kept += char
      }
    }
    return kept
  }
}

/** A JSON text with the same value in which no control character stands as itself. */
export const plainJson = (json: string): string =>
  json.replaceAll(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
