/** Owns the types of the verifier's sentences for whoever has some. */
export const SENTENCES: Readonly<Record<string, string>>
