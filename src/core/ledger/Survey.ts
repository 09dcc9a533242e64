/** Owns the walk over a whole journal: its rows held to the law, and what is kept of each stream held to its rows. */
import { Effect, Option } from "effect"
import { isEnding } from "../../domain/Event.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { StreamId } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"
import type { ParallelCheck } from "../../ports/ParallelCheck.ts"
import {
  type Against,
  type Broken,
  brokenAt,
  open,
  type Reached,
  reached,
  type RecordCheck,
  type Tools,
  wholly
} from "./RecordCheck.ts"

export interface Surveyed extends Reached {
  readonly broken: Broken | null
  /** Those that are kept, also where something is broken. */
  readonly streams: Iterable<StreamId>
}

const PAGE = 1000

export const surveying = (
  journal: Journal["Service"],
  tools: Tools,
  many: ParallelCheck
): ((against: Against) => Effect.Effect<Surveyed, RuntimeFailure>) => {
  /** What the journal keeps as the heads of its streams. */
  const listing = Effect.gen(function* () {
    const found = new Map<StreamId, StreamInfo>()
    let before: number | null = null
    for (;;) {
      const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
        prefix: "",
        openOnly: false,
        before,
        limit: PAGE
      })
      for (const info of page) found.set(info.stream, info)
      before = page.at(-1)?.first ?? null
      if (page.length < PAGE) return found
    }
  })

  /** A walk from the first place on passes by what somebody put before it. */
  const misplaced = Effect.fnUntraced(function* (check: RecordCheck) {
    const first = (yield* journal.scan(-Infinity, 1))[0]
    return first && first.position < 1 ? check.row(first) : null
  })

  /** What several threads find true at once; null when they do not, and somebody has to look in order. */
  const atOnce = Effect.fnUntraced(function* (settled: number, against: Against) {
    const mark = against.checkpoint?.position ?? settled
    const check = open(tools, against)
    if (check.begin() || mark > settled) return null
    const found = Option.getOrNull(yield* many.upTo(settled, mark))
    if (found === null || !check.agrees(found.marked)) return null
    const { heads, spendings } = found
    return { broken: null, position: settled, heads, spendings, streams: heads.keys() }
  })

  const inOrder = Effect.fnUntraced(function* (settled: number, against: Against) {
    // Rows may be added meanwhile: those up to `settled` are in the listing, and those after `last` are left out.
    const listed = yield* listing
    const last = yield* journal.head
    const check = open(tools, against)
    let broken = check.begin() ?? (yield* misplaced(check))
    const met = new Set<StreamId>()
    while (broken === null && check.law.position() < last) {
      const page = yield* journal.scan(check.law.position(), PAGE)
      if (page.length === 0) broken = wholly("rows_missing", check.law.position() + 1)
      for (const row of page) {
        if (row.position > last || broken) break
        const kept = listed.get(row.stream)
        broken = check.row(row) ?? headFault(kept, row, settled)
        if (kept?.seq === row.seq) met.add(row.stream)
      }
    }
    const unmet = broken ? undefined : [...listed.values()].find(({ stream }) => !met.has(stream))
    if (unmet) broken = brokenAt({ ...unmet, position: unmet.first }, "stream_head")
    return { broken: broken ?? check.end(), ...reached(check), streams: listed.keys() }
  })

  return Effect.fnUntraced(function* (against) {
    const settled = yield* journal.head
    return (yield* atOnce(settled, against)) ?? (yield* inOrder(settled, against))
  })
}

/** What is kept of a stream has to fit its rows; rows after `settled` may have come later. */
const headFault = (kept: StreamInfo | undefined, row: Row, settled: number): Broken | null => {
  const { position, seq } = row
  const fits =
    kept === undefined || seq > kept.seq
      ? position > settled
      : (seq > 1 || position === kept.first) &&
        (seq < kept.seq ||
          (row.hash === kept.head &&
            row.at === kept.at &&
            Option.exists(decode(row.payload), (event) => isEnding(event) !== kept.open)))
  return fits ? null : brokenAt(row, "stream_head")
}
