/** Owns a journal that lives as long as its process: for tests and for programs that keep no record. */
import { Clock, Context, Effect, Layer } from "effect"
import { type Amount, nothing, plus, type Spending } from "../../domain/run/Budget.ts"
import type { ContentId, OwnerId, Principal, StreamId } from "../../domain/Ids.ts"
import { failure } from "../../domain/Failure.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { isFree } from "../../domain/server/Idempotency.ts"
import {
  type Claimed,
  type Committed,
  type Ends,
  Journal,
  type KeyOf,
  type StreamFilter,
  type StreamInfo
} from "../../ports/Journal.ts"
import { Outbox } from "../../ports/Outbox.ts"
import type { Sealed, WrappedKey } from "../../ports/Vault.ts"
import { inThread } from "./Connection.ts"
import { Followers } from "./Followers.ts"
import { thisProcess } from "./Owner.ts"
import { type Charge, type Growth, type Head, plan, type Refusal } from "./Plan.ts"
import { MemoryOutbox } from "./MemoryOutbox.ts"
import { askOutbox, endsOf, type Entry, type OutboxAnswer, type OutboxQuestion, type Store } from "./Store.ts"
import { make, makeOutbox } from "./StoreJournal.ts"

interface Kept {
  head: Head
  readonly rows: Array<Row>
  readonly sealed: Map<ContentId, Sealed>
  key: WrappedKey | null
  erased: boolean
}

const nameOf = ({ principal, key }: KeyOf): string => `${principal}\n${key}`

class MemoryStore implements Store {
  readonly #streams = new Map<StreamId, Kept>()
  /** In the order of their positions, which are counted from 1. */
  readonly #rows: Array<Row> = []
  readonly #spent = new Map<Principal, Map<number, Amount>>()
  readonly #outbox = new MemoryOutbox()
  readonly #claims = new Map<string, Claimed>()
  readonly #owner: OwnerId
  #position = 0

  constructor(owner: OwnerId) {
    this.#owner = owner
  }

  commit(batch: ReadonlyArray<Entry>): ReadonlyArray<Committed | Refusal> {
    return batch.map((entry) => {
      const planned = plan(entry, this.#owner, {
        last: this.#position,
        headOf: (stream) => this.#streams.get(stream)?.head,
        spent: (principal, fromSlice) => this.#spentBy(principal, fromSlice),
        claimedBy: (key) => this.#claims.get(nameOf(key))
      })
      if (typeof planned === "string") return planned
      if (this.#sealsAgain(entry)) return "JOURNAL_CONFLICT"
      planned.growths.forEach((growth) => this.#grow(growth))
      planned.charges.forEach((charge) => this.#charge(charge))
      if (planned.claim) this.#claim({ ...planned.claim, answer: null })
      if (entry.answer) this.#answer(entry.answer)
      this.#position = planned.committed.position
      return planned.committed
    })
  }

  #sealsAgain(entry: Entry): boolean {
    const seen = new Set<string>()
    return entry.appends.some(({ stream, sealed }) =>
      sealed.some(({ id }) => {
        const name = `${stream}\n${id}`
        return this.#streams.get(stream)?.sealed.has(id) || seen.size === seen.add(name).size
      })
    )
  }

  #grow({ append, rows, head }: Growth): void {
    const started: Kept = { head, rows: [], sealed: new Map(), key: append.key, erased: false }
    const kept = this.#streams.get(append.stream) ?? started
    this.#streams.set(append.stream, kept)
    if (kept.erased && append.key) {
      kept.key = append.key
      kept.erased = false
    }
    kept.head = head
    kept.rows.push(...rows)
    for (const { index, event, endpoint } of append.notices) this.#outbox.owe(rows[index], event, endpoint)
    this.#rows.push(...rows)
    for (const sealed of append.sealed) kept.sealed.set(sealed.id, sealed)
    if (append.erase) {
      kept.sealed.forEach((_, id) => kept.sealed.set(id, { id, bytes: new Uint8Array() }))
      kept.key = null
      kept.erased = true
    }
  }

  #charge({ principal, slice, amount }: Charge): void {
    const slices = this.#spent.get(principal) ?? new Map<number, Amount>()
    this.#spent.set(principal, slices.set(slice, plus(slices.get(slice) ?? nothing, amount)))
  }

  /** Each makes room of what is kept no more: claims are in the order of their times. */
  #claim(claim: Claimed): void {
    this.#claims.delete(nameOf(claim))
    this.#claims.set(nameOf(claim), claim)
    for (const [name, old] of this.#claims) {
      if (!isFree(old, claim.at)) break
      this.#claims.delete(name)
    }
  }

  #answer({ attempt, sealed, ...key }: NonNullable<Entry["answer"]>): void {
    const claim = this.#claims.get(nameOf(key))
    if (claim?.attempt === attempt && claim.answer === null)
      this.#claims.set(nameOf(key), { ...claim, answer: sealed })
  }

  claimed(key: KeyOf, now: number): Claimed | null {
    const claim = this.#claims.get(nameOf(key))
    return claim && !isFree(claim, now) ? claim : null
  }

  #spentBy(principal: Principal, fromSlice: number): Amount {
    return [...(this.#spent.get(principal) ?? [])]
      .filter(([slice]) => slice >= fromSlice)
      .reduce((sum, [, amount]) => plus(sum, amount), nothing)
  }

  spending(fromSlice: number): ReadonlyArray<Spending> {
    return [...this.#spent.keys()].toSorted().flatMap((principal) =>
      [...(this.#spent.get(principal) ?? [])]
        .filter(([slice, { calls, tokens }]) => slice >= fromSlice && (calls !== 0 || tokens !== 0))
        .toSorted(([one], [other]) => one - other)
        .map(([slice, amount]) => ({ principal, slice, ...amount }))
    )
  }

  outbox(question: OutboxQuestion, now: number): OutboxAnswer {
    return askOutbox(this.#outbox.at(now), question)
  }

  /** Nothing is left of what is not referred to. */
  scrub(): boolean {
    return true
  }

  head(): number {
    return this.#position
  }

  read(stream: StreamId, after: number, to: number): ReadonlyArray<Row> {
    return this.#streams.get(stream)?.rows.slice(after, to) ?? []
  }

  scan(after: number, limit: number): ReadonlyArray<Row> {
    const from = Math.max(0, after)
    return this.#rows.slice(from, from + limit)
  }

  /** Streams are kept in the order of their first rows. */
  streams({ prefix, openOnly, before, limit }: StreamFilter): ReadonlyArray<StreamInfo> {
    return [...this.#streams.keys()]
      .toReversed()
      .filter((stream) => stream.startsWith(prefix))
      .flatMap((stream) => this.info(stream) ?? [])
      .filter((info) => (info.open || !openOnly) && info.first < (before ?? Infinity))
      .slice(0, limit)
  }

  info(stream: StreamId): StreamInfo | null {
    const head = this.#streams.get(stream)?.head
    if (!head) return null
    const { seq, hash, at, first, owner, open } = head
    return { stream, seq, head: hash, at, first, owner, open, alive: true }
  }

  ends(stream: StreamId): Ends | null {
    return endsOf(this, this.info(stream))
  }

  sealed(stream: StreamId, id: ContentId): Sealed | null {
    const kept = this.#streams.get(stream)
    return kept?.erased ? null : (kept?.sealed.get(id) ?? null)
  }

  key(stream: StreamId): WrappedKey | null {
    return this.#streams.get(stream)?.key ?? null
  }

  /** The only owner there is lives. */
  adopt(): boolean {
    return false
  }

  backup(): never {
    throw failure("JOURNAL_UNAVAILABLE", "setup")
  }

  beat(): void {}

  version(): number {
    return 0
  }

  close(): void {}
}

/** A journal in memory. `backup` fails with `JOURNAL_UNAVAILABLE`: there is no file that a copy could be made of. */
export const layer: Layer.Layer<Journal | Outbox> = Layer.effectContext(
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { id } = thisProcess(now)
    const ask = inThread(new MemoryStore(id))
    return Context.make(Journal, make(ask, id, new Followers())).pipe(Context.add(Outbox, makeOutbox(ask)))
  })
)
