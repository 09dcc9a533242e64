/** Owns what a commit does to its streams: compare-and-swap, sequence, position, time and chain. Stores only obey. */
import { hash } from "node:crypto"
import type { Code } from "../../domain/Failure.ts"
import type { Digest, OwnerId, Principal, StreamId } from "../../domain/Ids.ts"
import { Timestamp } from "../../domain/Ids.ts"
import { genesis, type Hash, link, type Row } from "../../domain/ledger/Ledger.ts"
import { isFree } from "../../domain/server/Idempotency.ts"
import type { Claimed, Committed, KeyOf } from "../../ports/Journal.ts"
import type { EncodedAppend, Entry } from "./Store.ts"
import { type Amount, fits, sliceOf, windowFrom } from "../../domain/run/Budget.ts"

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

/** What is added to what a principal has spent in one slice of time; negative where it is given back. */
export interface Charge {
  readonly principal: Principal
  readonly slice: number
  readonly amount: Amount
}

export type Refusal = Extract<Code, "JOURNAL_CONFLICT" | "BUDGET_EXCEEDED" | "IDEMPOTENCY_IN_PROGRESS">

export interface Plan {
  readonly growths: ReadonlyArray<Growth>
  readonly charges: ReadonlyArray<Charge>
  /** The claim that is to be written; null where there is none, or it was before. */
  readonly claim: Omit<Claimed, "answer"> | null
  readonly committed: Committed
}

/** Where the journal stands. */
export interface Standing {
  /** The last position. */
  readonly last: number
  readonly headOf: (stream: StreamId) => Head | undefined
  readonly spent: (principal: Principal, fromSlice: number) => Amount
  readonly claimedBy: (key: KeyOf) => Pick<Claimed, "attempt" | "at"> | undefined
}

/**
 * Turns an entry into what is to be written, or says why not: a stream is not where an append expects it, or a
 * reservation does not fit. A stream's time never runs backwards.
 */
export const plan = (
  entry: Entry,
  owner: OwnerId,
  { last, headOf, spent, claimedBy }: Standing
): Plan | Refusal => {
  const grown = new Map<StreamId, Head>()
  let position = last
  const growths: Array<Growth> = []
  for (const append of entry.appends) {
    const { stream } = append
    const head = grown.get(stream) ?? headOf(stream)
    let seq = head?.seq ?? 0
    if (seq !== append.expected) return "JOURNAL_CONFLICT"
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
  const at = growths.at(-1)?.head.at ?? Timestamp.make(entry.at)
  const claim = claimOf(entry, claimedBy)
  if (typeof claim === "string") return claim
  const charges = chargesOf(entry, at, spent)
  if (charges === null) return "BUDGET_EXCEEDED"
  return {
    growths,
    charges,
    claim,
    committed: { position, sequences: growths.map(({ head }) => head.seq), at }
  }
}

/** One attempt has a key, for as long as it is kept. */
const claimOf = (
  { at, idempotency: claim }: Entry,
  claimedBy: Standing["claimedBy"]
): Plan["claim"] | Extract<Refusal, "IDEMPOTENCY_IN_PROGRESS"> => {
  if (!claim) return null
  const before = claimedBy(claim)
  if (!before || isFree(before, at)) return { ...claim, at: Timestamp.make(at) }
  return before.attempt === claim.attempt ? null : "IDEMPOTENCY_IN_PROGRESS"
}

const chargesOf = (
  { reserve, settle }: Entry,
  at: number,
  spent: Standing["spent"]
): ReadonlyArray<Charge> | null => {
  const charges: Array<Charge> = []
  if (settle) {
    const { calls, tokens } = settle.unused
    const amount = { calls: -calls, tokens: -tokens }
    charges.push({ principal: settle.principal, slice: sliceOf(settle.reservedAt), amount })
  }
  if (reserve) {
    const { principal, amount, budget } = reserve
    if (budget && !fits(budget, spent(principal, windowFrom(at, budget)), amount)) return null
    charges.push({ principal, slice: sliceOf(at), amount })
  }
  return charges
}
