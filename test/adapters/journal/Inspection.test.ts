/** Holds a look into a journal's file to what of it SQLite does not know: rows have places, and heads are of last rows. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inspect } from "../../../src/adapters/journal/Inspection.ts"
import { edit, write } from "../../support/journalFile.ts"
import { folder } from "../../support/ledger.ts"

const changes: ReadonlyArray<readonly [string, string, string]> = [
  ["nothing was changed", "SELECT 1", "sound"],
  ["a head is of another row", "UPDATE streams SET head = (SELECT hash FROM rows WHERE seq = 1)", "damaged"],
  ["a head is of another time", "UPDATE streams SET at = at + 1", "damaged"],
  [
    "a row was put before all rows",
    "INSERT INTO rows SELECT 0, stream, 4, at, payload, hash, hash FROM rows WHERE position = 3",
    "damaged"
  ]
]

describe("journal: a look into the file", () => {
  for (const [name, sql, expected] of changes) {
    it.effect(`${name}: ${expected}`, () =>
      Effect.gen(function* () {
        const directory = yield* folder
        yield* write(directory, "a")
        yield* edit(directory, sql)
        const told: Array<string> = []
        inspect({ directory, now: 0, scratch: directory }, ({ facts }) => told.push(facts.state))
        assert.strictEqual(told.at(-1), expected)
      })
    )
  }
})
