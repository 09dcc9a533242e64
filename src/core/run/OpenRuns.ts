/** Owns the finding of runs that have not ended, and of those among them that wait for a steward. It takes over none. */
import { Effect, Option } from "effect"
import { holds } from "../../domain/Event.ts"
import { RUN_PREFIX, type RunId, runStream } from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"

const PAGE = 200

/** The newest first. */
export const openRuns = Effect.fnUntraced(function* (journal: Pick<Journal["Service"], "streams">) {
  const found: Array<StreamInfo> = []
  let before: number | null = null
  for (;;) {
    const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
      prefix: RUN_PREFIX,
      openOnly: true,
      before,
      limit: PAGE
    })
    found.push(...page)
    before = page.at(-1)?.first ?? null
    if (page.length < PAGE) return found
  }
})

/** Whether the process that a run belongs to lives. */
export const isAlive = Effect.fnUntraced(function* ({ info }: Pick<Journal["Service"], "info">, run: RunId) {
  return Option.exists(yield* info(runStream(run)), ({ alive }) => alive)
})

/** What is held waits for a steward, whatever became of the process that asked. Its last row says so. */
export const isWaiting = Effect.fnUntraced(function* (
  journal: Pick<Journal["Service"], "read">,
  { stream, seq }: StreamInfo
) {
  return (yield* journal.read(stream, seq - 1)).some(({ payload }) => Option.exists(decode(payload), holds))
})
