/**
 * Owns how long random campaigns are, and the chance in them. The gate is the same each time: what passed once says nothing
 * else of the same code tomorrow. `npm run test:long` is long, and draws its seed.
 */
import { hash } from "node:crypto"

export const isLong = process.env["IO3_TEST_LONG"] === "1"

/** How much of something there is each time, and how much in the long campaign. */
export const quota = (short: number, long: number): number => (isLong ? long : short)

/** Where all chance begins; a failure names it, and `IO3_TEST_SEED` repeats it. */
export const SEED = Number(process.env["IO3_TEST_SEED"] ?? (isLong ? Date.now() % 2 ** 31 : 20_261_129))

/** Chance by number, between 0 and 1. */
export const chances = (what: string): ((index: number) => number) => {
  process.stderr.write(`${what} with IO3_TEST_SEED=${SEED}\n`)
  return (index) => Number.parseInt(hash("sha256", `${SEED}/${index}`).slice(0, 8), 16) / 2 ** 32
}
