/** Holds a look into a journal's file to what of it SQLite does not know: rows have places, and heads are of last rows. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { inspect } from "../../../src/adapters/journal/Inspection.ts"
import type { Event } from "../../../src/domain/Event.ts"
import { Digest, Principal } from "../../../src/domain/Ids.ts"
import { edit, using, write } from "../../support/journalFile.ts"
import { append, commitOf, folder, run } from "../../support/ledger.ts"

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

  it.effect("a run that waits for a steward is not one that a dead process left", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const digest = Digest.make("0".repeat(64))
      const gate = (threshold: "always" | null): Event => ({
        _tag: "GateEvaluated",
        threshold,
        step: 1,
        tokens: 0,
        digest,
        chars: 0
      })
      const viewed: Event = { _tag: "HeldViewed", principal: Principal.make("local"), digest }
      yield* using(directory, (journal) =>
        journal.commit(
          commitOf(
            append(run("held"), 0, { events: [gate("always")] }),
            append(run("viewed"), 0, { events: [gate("always"), viewed] }),
            append(run("open"), 0, { events: [gate(null)] })
          )
        )
      )
      const found: Array<unknown> = []
      inspect({ directory, now: 0, scratch: directory }, ({ facts }) => found.push(facts))
      assert.deepInclude(found.at(-1), { state: "sound", held: 2, abandoned: 1 })
    })
  )
})
