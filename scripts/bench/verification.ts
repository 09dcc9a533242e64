/** Owns the check of a journal in a folder as it is measured: its rows page by page, in one thread or in several. */
import { Effect } from "effect"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { sha256 as hash } from "../../src/adapters/journal/Plan.ts"
import * as Evidence from "../../src/domain/Evidence.ts"
import type { Row } from "../../src/domain/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { journalIn } from "./journals.ts"

const PAGE = 500

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
export const check = async (directory: string, part?: Evidence.Part) => {
  const check = Evidence.open({ hash, ...(part && { part }) })
  await walk(directory, (row) => {
    const falsehood = check.row(row)
    if (falsehood) throw new Error(JSON.stringify(falsehood))
  })
  return { heads: check.heads(), position: check.position() }
}

interface Share {
  readonly heads: ReadonlyMap<string, unknown>
  readonly position: number
  readonly charges: ReadonlyArray<Evidence.PlacedCharge>
}

/** The same by several threads, each of which reads the rows itself and looks at its streams. */
export const sharing = (directory: string, threads: number) => {
  const workers = Array.from(
    { length: threads },
    (_, mine) =>
      new Worker(new URL("part.ts", import.meta.url), { workerData: { directory, mine, of: threads } })
  )
  return {
    check: async () => {
      const shares = await Promise.all(
        workers.map(async (worker): Promise<Share> => {
          worker.postMessage(null)
          const [share] = await once(worker, "message")
          return share
        })
      )
      const falsehood = Evidence.inOrder(shares.map(({ charges }) => charges))
      if (falsehood) throw new Error(JSON.stringify(falsehood))
      return new Map(shares.flatMap(({ heads }) => [...heads]))
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate()))
  }
}
