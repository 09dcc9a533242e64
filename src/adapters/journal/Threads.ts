/** Owns the threads that check a journal's file together. What they find is the law's; how many there are is the machine's. */
import { Effect, Layer, Option } from "effect"
import { availableParallelism } from "node:os"
import { type Found, together } from "../../domain/ledger/Parts.ts"
import { ParallelCheck } from "../../ports/ParallelCheck.ts"
import * as OnceThread from "../OnceThread.ts"
import type { Share } from "./PartCheck.ts"

/** Each thread holds the states of its open runs and the heads of its streams. */
const MOST_THREADS = 4
/** A thread takes as long to start as so many rows take to check. */
const ROWS_WORTH_A_THREAD = 50_000

export interface Options {
  readonly directory: string
  readonly threads?: number
  /** How many rows are worth a thread. */
  readonly rows?: number
}

export const layer = ({
  directory,
  threads = Math.min(availableParallelism(), MOST_THREADS),
  rows = ROWS_WORTH_A_THREAD
}: Options): Layer.Layer<never> =>
  Layer.succeed(ParallelCheck, {
    upTo: (last, mark) => {
      const of = Math.min(threads, Math.floor(last / rows))
      if (of < 2) return Effect.succeedNone
      const shares = Array.from({ length: of }, (_, part): Share => ({ directory, part, of, last, mark }))
      return Effect.forEach(shares, checked, { concurrency: "unbounded" }).pipe(
        Effect.map((parts) => {
          const found = parts.filter((part) => part !== null)
          return found.length === of ? Option.fromNullOr(together(found, last)) : Option.none()
        })
      )
    }
  })

const entry = OnceThread.entryOf(import.meta.url, "./checker.ts", "./journal-checker.js")

/** What a thread finds; null also when it cannot be had, or dies. */
const checked = (share: Share): Effect.Effect<Found | null> =>
  Effect.suspend(() => {
    let found: Found | null = null
    return OnceThread.run<Found | null>(entry, share, (told) => (found = told)).pipe(Effect.map(() => found))
  })
