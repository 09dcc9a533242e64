/** Owns what is owed to endpoints in SQLite, at one moment and for one owner. What follows from an attempt is not decided here. */
import type { Timestamp } from "../../domain/Ids.ts"
import type { Delivery, EndpointState } from "../../domain/webhook/Delivery.ts"
import type { EndpointName } from "../../domain/webhook/Webhook.ts"
import type { Settled } from "../../ports/Outbox.ts"
import { isAlive, type Owner } from "./Owner.ts"
import { all, one, type Opened } from "./Statements.ts"
import type { OutboxOperation, OutboxQuestion, OutboxStore } from "./Store.ts"

const reading: ReadonlySet<OutboxOperation> = new Set(["due", "deliveries", "delivery", "endpoints"])

/** Whether a question changes the answer to others. */
export const changes = ({ operation }: OutboxQuestion): boolean => !reading.has(operation)

/** Whoever has an endpoint; its process is not known where it is not registered any more. */
type Holder = Omit<Owner, "host"> & { readonly host: string | null; readonly beat: number }

export class SqliteOutbox implements OutboxStore {
  readonly #opened: Opened | null
  readonly #owner: Owner
  readonly #now: number

  /** `opened` is null where nothing was ever written: then nothing is owed. */
  constructor(opened: Opened | null, owner: Owner, now: number) {
    this.#opened = opened
    this.#owner = owner
    this.#now = now
  }

  due(endpoint: EndpointName, limit: number): ReadonlyArray<Delivery> {
    return all<Delivery>(this.#opened?.outbox().due, endpoint, this.#now, limit)
  }

  lease(endpoint: EndpointName): boolean {
    if (!this.#opened) return false
    const holder = this.#holder(endpoint)
    const { host } = holder ?? { host: null }
    if (
      holder &&
      host !== null &&
      holder.id !== this.#owner.id &&
      isAlive({ ...holder, host }, holder.beat, this.#now)
    ) {
      return false
    }
    this.#opened.outbox().take.run(endpoint, this.#owner.id)
    return true
  }

  yieldLease(endpoint: EndpointName): void {
    this.#opened?.outbox().leave.run(endpoint, this.#owner.id)
  }

  settle(position: number, { endpoint, state, next, status, failure, disables }: Settled): boolean {
    if (!this.#opened || this.#holder(endpoint)?.id !== this.#owner.id) return false
    const { settle, took, disable } = this.#opened.outbox()
    if (settle.run(state, next, status, failure, position, endpoint).changes === 0) return false
    if (state === "delivered") took.run(next, endpoint)
    if (disables) disable.run(next, endpoint)
    return true
  }

  deliveries(before: number | null, limit: number): ReadonlyArray<Delivery> {
    return all<Delivery>(this.#opened?.outbox().list, before ?? Infinity, limit)
  }

  delivery(hashPrefix: string): ReadonlyArray<Delivery> {
    return all<Delivery>(this.#opened?.outbox().find, hashPrefix, hashPrefix)
  }

  requeue(position: number, endpoint: EndpointName): void {
    this.#opened?.outbox().requeue.run(endpoint, this.#now, position)
  }

  prune(until: Timestamp, limit: number): number {
    return Number(this.#opened?.outbox().prune.run(until, limit).changes ?? 0)
  }

  endpoints(): ReadonlyArray<EndpointState> {
    return all<EndpointState>(this.#opened?.outbox().endpoints)
  }

  enable(endpoint: EndpointName): boolean {
    if (this.#opened?.outbox().enable.run(endpoint).changes !== 1) return false
    this.#opened.outbox().hurry.run(this.#now, endpoint, this.#now)
    return true
  }

  #holder(endpoint: EndpointName): Holder | undefined {
    return one<Holder>(this.#opened?.outbox().holder, endpoint)
  }
}
