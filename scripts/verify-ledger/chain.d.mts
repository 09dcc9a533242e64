/** Owns the types of the law of chains for whoever has some. */

/** What hashes a text's UTF-8 to hex, and knows whether a signature in hex is one over a text, under a public key in hex. */
export interface Law {
  readonly sha256: (text: string) => string
  readonly isEd25519: (key: string, text: string, signature: string) => boolean
}

declare const chain: unique symbol
export interface Chain {
  readonly [chain]: true
}

export const chainWith: (law: Law) => Chain
