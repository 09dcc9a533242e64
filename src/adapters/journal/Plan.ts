/** Owns what a commit does to its streams: compare-and-swap, sequence, position, time and chain. Stores only obey. */
import { hash } from "node:crypto"
import type { Digest, OwnerId, StreamId } from "../../domain/Ids.ts"
import { Timestamp } from "../../domain/Ids.ts"
import { genesis, type Hash, link, type Row } from "../../domain/Ledger.ts"
import type { Committed } from "../../ports/Journal.ts"
import type { EncodedAppend, Entry } from "./Store.ts"

export const sha256: Hash = (text) => hash("sha256", text)

/** Where a stream stands. */
export interface Head {
  /** Position of the stream's first row. */
  readonly first: number
  readonly seq: number
  readonly hash: Digest
  /** Time of the last row. */
  readonly at: Timestamp
  readonly owner: OwnerId
  readonly open: boolean
}

/** What one append adds. */
export interface Growth {
  readonly append: EncodedAppend
  readonly rows: ReadonlyArray<Row>
  readonly head: Head
}

export interface Plan {
  readonly growths: ReadonlyArray<Growth>
  readonly committed: Committed
}

/**
 * Turns an entry into the rows to write, or into null when a stream is not where an append expects it. `last` is the
 * journal's last position; `headOf` says where a stream stands. A stream's time never runs backwards.
 */
export const plan = (
  entry: Entry,
  owner: OwnerId,
  last: number,
  headOf: (stream: StreamId) => Head | undefined
): Plan | null => {
  const grown = new Map<StreamId, Head>()
  let position = last
  const growths: Array<Growth> = []
  for (const append of entry.appends) {
    const { stream } = append
    const head = grown.get(stream) ?? headOf(stream)
    let seq = head?.seq ?? 0
    if (seq !== append.expected) return null
    const first = head?.first ?? position + 1
    const at = Timestamp.make(Math.max(entry.at, head?.at ?? 0))
    let previous = head?.hash ?? genesis(sha256, stream)
    const rows = append.payloads.map((payload): Row => {
      const place = { seq: ++seq, at, payload, previous }
      previous = link(sha256, place)
      return { stream, position: ++position, ...place, hash: previous }
    })
    const next = { first, seq, hash: previous, at, owner: head?.owner ?? owner, open: append.open }
    grown.set(stream, next)
    growths.push({ append, rows, head: next })
  }
  return { growths, committed: { position, sequences: growths.map(({ head }) => head.seq) } }
}
