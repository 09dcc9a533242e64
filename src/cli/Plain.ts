/** Owns what of a model's text may reach a terminal: letters, spaces, tabs and line breaks; no control of the terminal. */

/** Complete control sequences: CSI, OSC and other strings, two-character escapes, and the 8-bit forms. */
const SEQUENCE =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/gu

/** Single characters that move, hide or reorder text, and what is left of a broken sequence. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** The start of a sequence that may still be completed by the next piece. */
// eslint-disable-next-line no-control-regex
const UNFINISHED = /(?:\u001b|[\u0090\u0098\u009b\u009d-\u009f])[^\u0007\u009c]{0,255}$/u

export const plain = (text: string): string => text.replaceAll(SEQUENCE, "").replaceAll(CONTROL, "")

/** The same over pieces: a sequence that is split between two of them is still seen as one. */
export const plainPieces = (): { readonly push: (piece: string) => string; readonly end: () => string } => {
  let held = ""
  return {
    push: (piece) => {
      const text = (held + piece).replaceAll(SEQUENCE, "")
      const start = UNFINISHED.exec(text)?.index ?? text.length
      held = text.slice(start)
      return plain(text.slice(0, start))
    },
    end: () => {
      const rest = plain(held)
      held = ""
      return rest
    }
  }
}
