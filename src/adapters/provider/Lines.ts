/** Owns how bytes that arrive in pieces become lines; it does not read them. */

const NEWLINE = 10
const FIRST_SIZE = 4096

/**
 * Cuts pieces of any size into the same lines. A line that grows past `maxBytes` is handed out as soon as it does,
 * so that whoever reads it sees that it is too long and nothing more is kept.
 */
export class Lines {
  readonly #maxBytes: number
  readonly #blank: "left out" | "kept"
  #pending = new Uint8Array()
  #length = 0

  constructor(maxBytes: number, blank: "left out" | "kept" = "left out") {
    this.#maxBytes = maxBytes
    this.#blank = blank
  }

  /** The lines that end in `piece`, without their newline. */
  push(piece: Uint8Array): ReadonlyArray<Uint8Array> {
    const lines: Array<Uint8Array> = []
    let start = 0
    while (start < piece.length) {
      const newline = piece.indexOf(NEWLINE, start)
      const end = newline === -1 ? piece.length : newline
      // One byte over the limit is enough to be seen as too long.
      const part = piece.subarray(start, Math.min(end, start + this.#maxBytes + 1 - this.#length))
      const isOver = newline !== -1 || this.#length + part.length > this.#maxBytes
      // Mostly a line comes whole, and is not copied.
      if (isOver && this.#length === 0) this.#hand(part, lines)
      else {
        this.#keep(part)
        if (isOver) this.#hand(this.#taken(), lines)
      }
      start = end + 1
    }
    return lines
  }

  #taken(): Uint8Array {
    const line = this.#pending.slice(0, this.#length)
    this.#length = 0
    return line
  }

  #hand(line: Uint8Array, lines: Array<Uint8Array>): void {
    if (line.length > 0 || this.#blank === "kept") lines.push(line)
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#pending.length) {
      const larger = new Uint8Array(Math.max(needed, this.#pending.length * 2, FIRST_SIZE))
      larger.set(this.#pending.subarray(0, this.#length))
      this.#pending = larger
    }
    this.#pending.set(bytes, this.#length)
    this.#length = needed
  }
}
