/** Owns the types of checking an export for whoever has some. */
import type { Chain } from "./chain.mjs"

/** What reads bytes as a text, one character each, and hashes such texts as they come. */
export interface Bytes {
  readonly latin1: (bytes: Uint8Array) => string
  readonly newDigest: () => { readonly update: (text: string) => void; readonly hex: () => string }
}

/** The first thing that does not hold, and the row it is about, if it is about one. */
export interface False {
  readonly ok: false
  readonly falsehood: string
  readonly position: number | null
  readonly stream: string | null
  readonly seq: number | null
}

/** What an export comes to. */
export interface Holds {
  readonly ok: true
  readonly kind: "export"
  readonly rows: number
  readonly streams: number
  readonly runs: number
  readonly configurations: number
  readonly root: string
  readonly key: string
  /** Whether somebody vouches for the key: the one that was given, or a checkpoint that was kept. */
  readonly vouched: boolean
  /** The position of that checkpoint. */
  readonly checkpoint: number | null
}

export interface Trust {
  /** The public key that is trusted, in hex; null for the export's own. */
  readonly key?: string | null
  /** The text of a checkpoint that was kept elsewhere. */
  readonly checkpoint?: string | null
}

export interface Checking {
  /** How many rows have held so far. */
  readonly rows: number
  /** Takes bytes in, in order: what is false as soon as something is, else null. */
  readonly take: (bytes: Uint8Array) => False | null
  readonly end: () => Holds | False
}

/** Begins to check an export that comes in pieces. */
export const beginExport: (bytes: Bytes, chain: Chain, trust?: Trust) => Checking
