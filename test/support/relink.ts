/** Owns journals made anew: chains, places and digests all fit, and only what was changed in them is false. */
import { sha256 } from "../../src/adapters/journal/Plan.ts"
import type { Event } from "../../src/domain/Event.ts"
import type { Digest, StreamId } from "../../src/domain/Ids.ts"
import { canonical, genesis, link, type Row } from "../../src/domain/ledger/Ledger.ts"
import type { Policy } from "../../src/domain/config/Policy.ts"

/** What a row is before it is chained. */
export type Loose = Pick<Row, "stream" | "at" | "payload">

/** Rows in this order, each at its place in its stream and in the journal. */
export const relink = (rows: ReadonlyArray<Loose>): ReadonlyArray<Row> => {
  const heads = new Map<StreamId, { readonly seq: number; readonly hash: Digest }>()
  return rows.map(({ stream, at, payload }, index) => {
    const head = heads.get(stream) ?? { seq: 0, hash: genesis(sha256, stream) }
    const body = { seq: head.seq + 1, at, payload, previous: head.hash }
    const row: Row = { ...body, stream, position: index + 1, hash: link(sha256, body) }
    heads.set(stream, row)
    return row
  })
}

export type Json = { readonly [key: string]: unknown }

export const eventOf = ({ payload }: Loose): Json & { readonly _tag: Event["_tag"] } => JSON.parse(payload)

/** The same journal with one event changed. */
export const changed = (
  rows: ReadonlyArray<Loose>,
  at: number,
  change: (event: Json) => unknown
): ReadonlyArray<Row> =>
  relink(
    rows.map((row, index) => (index === at ? { ...row, payload: JSON.stringify(change(eventOf(row))) } : row))
  )

/** The same journal under another policy: each run names it as it named the one before. */
export const under = (
  rows: ReadonlyArray<Loose>,
  change: (policy: Policy) => Partial<Policy>
): ReadonlyArray<Row> => {
  const [first] = rows
  if (!first) return []
  const loaded = eventOf(first) as unknown as Extract<Event, { readonly _tag: "ConfigLoaded" }>
  const policy = { ...loaded.policy, ...change(loaded.policy) }
  const configDigest = sha256(canonical({ digests: loaded.digests, policy }))
  return relink(
    rows.map((row, index) => ({
      ...row,
      payload: (index === 0 ? JSON.stringify({ ...loaded, policy }) : row.payload).replaceAll(
        loaded.configDigest,
        configDigest
      )
    }))
  )
}
