/** Owns the check of a journal in a folder as it is measured: its rows, page by page. */
import { Effect, Layer } from "effect"
import { sha256 as hash } from "../../src/adapters/journal/Plan.ts"
import * as SqliteJournal from "../../src/adapters/journal/Sqlite.ts"
import * as Evidence from "../../src/domain/ledger/Evidence.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"

const PAGE = 500

export const journalIn = (directory: string) =>
  SqliteJournal.layer({ directory, mode: "in-thread" }).pipe(Layer.fresh)

/** Every row of a journal, in order. */
export const walk = (directory: string, each: (row: Row) => void): Promise<number> =>
  Effect.runPromise(
    Effect.gen(function* () {
      const journal = yield* Journal
      for (let position = 0; ;) {
        const rows = yield* journal.scan(position, PAGE)
        for (const row of rows) each(row)
        position += rows.length
        if (rows.length < PAGE) return position
      }
    }).pipe(Effect.provide(journalIn(directory)))
  )

/** Throws where something is false: these journals are sound. */
export const check = async (directory: string) => {
  const check = Evidence.open({ hash })
  await walk(directory, (row) => {
    const falsehood = check.row(row)
    if (falsehood) throw new Error(JSON.stringify(falsehood))
  })
  return { spendings: check.spendings() }
}
