/**
 * Owns what the contract says of an answer that may hold text: that it has passed the gate (`content_release`), with its text or
 * without. It is said to the compiler alone: a server cannot give such an answer otherwise, and whoever reads one has it as it is.
 */
import { type Brand, Schema } from "effect"

export type Gated = Brand.Brand<"io-iii/Gated">

/** The answers of a schema that have passed the gate. */
export const gated = Schema.brand("io-iii/Gated")
