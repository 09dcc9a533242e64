/** Owns a text that comes in pieces: each is known by where it ends, so that none counts twice and none is put in the wrong place. */

/** `bytes` is how many bytes of UTF-8 there are without a gap; `ahead`, pieces beyond one. */
export interface Said {
  readonly text: string
  readonly bytes: number
  readonly ahead: ReadonlyArray<Piece>
}

interface Piece {
  readonly start: number
  readonly end: number
  readonly text: string
}

export const nothingSaid: Said = { text: "", bytes: 0, ahead: [] }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** What of a piece comes after so many bytes of the whole. */
const rest = ({ start, text }: Piece, bytes: number): string =>
  start === bytes ? text : decoder.decode(encoder.encode(text).subarray(bytes - start))

/** With a piece that ends after so many bytes of the whole. */
export const saying = (said: Said, text: string, end: number): Said => {
  const piece = { start: end - encoder.encode(text).length, end, text }
  if (end <= said.bytes) return said
  if (piece.start > said.bytes) {
    const isKnown = said.ahead.some(({ start, end }) => start <= piece.start && end >= piece.end)
    return isKnown ? said : { ...said, ahead: [...said.ahead, piece].toSorted((a, b) => a.start - b.start) }
  }
  let { text: whole, bytes } = { text: said.text + rest(piece, said.bytes), bytes: end }
  const ahead: Array<Piece> = []
  for (const next of said.ahead) {
    if (next.end <= bytes) continue
    if (next.start > bytes) {
      ahead.push(next)
      continue
    }
    whole += rest(next, bytes)
    bytes = next.end
  }
  return { text: whole, bytes, ahead }
}
