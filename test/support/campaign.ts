/** Owns how long random campaigns are, and the chance in them: short and seeded here, long behind `npm run test:long`. */
import { hash } from "node:crypto"

export const isLong = process.env["IO3_TEST_LONG"] === "1"

/** How much of something there is each time, and how much in the long campaign. */
export const quota = (short: number, long: number): number => (isLong ? long : short)

/** Chance by number, between 0 and 1. The seed is printed; `IO3_TEST_SEED` repeats it. */
export const chances = (what: string): ((index: number) => number) => {
  const seed = process.env["IO3_TEST_SEED"] ?? String(process.pid)
  process.stderr.write(`${what} with IO3_TEST_SEED=${seed}\n`)
  return (index) => Number.parseInt(hash("sha256", `${seed}/${index}`).slice(0, 8), 16) / 2 ** 32
}
