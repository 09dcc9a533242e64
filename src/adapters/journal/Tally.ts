/** Owns how many runs and sessions a journal holds, counted without touching it. */
import { lstatSync } from "node:fs"
import { join } from "node:path"
import type { Tally } from "../../ports/Machine.ts"
import { FILE } from "./Database.ts"
import { openSound } from "./Inspection.ts"
import { one } from "./Statements.ts"

/** A `/` is followed by `0` in the order of names. */
const COUNT = `SELECT
  (SELECT count(*) FROM streams WHERE name >= 'run/' AND name < 'run0') AS runs,
  (SELECT count(*) FROM streams WHERE name >= 'session/' AND name < 'session0') AS sessions`

/** Null where it cannot be counted: there is none, it is no journal, or looking would leave a file behind. */
export const tally = (directory: string): Tally | null => {
  try {
    if (!lstatSync(join(directory, FILE)).isFile()) return null
    const db = openSound(directory)
    if (db === null) return null
    try {
      return one<Tally>(db.prepare(COUNT)) ?? null
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}
