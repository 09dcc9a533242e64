/** Owns random bytes that are drawn many at a time: one question to the system costs more than what they are wanted for. */
import { randomFillSync } from "node:crypto"

const DRAWN = 256

/** Pieces of one size, each had once: what was handed out is kept nowhere here. */
export class Drawn {
  readonly #size: number
  readonly #pool: Uint8Array
  #used: number

  constructor(size: number) {
    this.#size = size
    this.#pool = new Uint8Array(DRAWN * size)
    this.#used = this.#pool.length
  }

  /** Bytes that nobody else gets, in an array of their own. */
  next(): Uint8Array {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const start = this.#used
    this.#used += this.#size
    const piece = this.#pool.slice(start, this.#used)
    this.#pool.fill(0, start, this.#used)
    return piece
  }
}
