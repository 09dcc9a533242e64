/** Owns the types of the verifier for whoever has some. */

/** What the verifier needs of a machine. */
export interface Crypto {
  /** SHA-256 over a text's UTF-8, in hex. */
  readonly sha256: (text: string) => string
  /** SHA-256 over texts whose characters are one byte each, as they come. */
  readonly newDigest: () => { readonly update: (text: string) => void; readonly hex: () => string }
  /** HMAC-SHA-256 over bytes, in hex, under a key in hex. */
  readonly hmac: (key: string, bytes: Uint8Array) => string
  /** Whether a signature in hex is one over a text, under a public key in hex. */
  readonly isEd25519: (key: string, text: string, signature: string) => boolean
  /** Bytes as a text, one character each. */
  readonly latin1: (bytes: Uint8Array) => string
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

export const verifierWith: (crypto: Crypto) => { readonly beginExport: (trust?: Trust) => Checking }
