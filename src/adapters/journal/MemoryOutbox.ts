/** Owns what is owed to endpoints in memory: the only process there is has each of them to itself. */
import type { Row } from "../../domain/ledger/Ledger.ts"
import { Timestamp } from "../../domain/Ids.ts"
import type { Delivery, EndpointState } from "../../domain/webhook/Delivery.ts"
import type { EndpointName, WebhookEvent } from "../../domain/webhook/Webhook.ts"
import type { Settled } from "../../ports/Outbox.ts"
import type { OutboxStore } from "./Store.ts"

type Known = Pick<EndpointState, "disabled" | "delivered">

export class MemoryOutbox implements OutboxStore {
  /** In the order of their positions. */
  readonly #deliveries = new Map<number, Delivery>()
  readonly #known = new Map<EndpointName, Known>()
  readonly #leased = new Set<EndpointName>()
  #now = Timestamp.make(0)

  /** The same, for a question that is asked then. */
  at(now: number): this {
    this.#now = Timestamp.make(now)
    return this
  }

  owe(row: Row | undefined, event: WebhookEvent, endpoint: EndpointName): void {
    if (!row) return
    const { position, stream, seq, at, hash } = row
    const standing = { state: "pending", attempts: 0, next: at, status: null, failure: null } as const
    this.#deliveries.set(position, { position, stream, seq, at, hash, event, endpoint, ...standing })
  }

  due(endpoint: EndpointName, limit: number): ReadonlyArray<Delivery> {
    if (this.#knownOf(endpoint).disabled !== null) return []
    const seen = new Set<string>()
    return [...this.#deliveries.values()]
      .filter((one) => one.endpoint === endpoint && one.state === "pending")
      .filter(({ stream }) => seen.size !== seen.add(stream).size)
      .filter(({ next }) => next <= this.#now)
      .slice(0, limit)
  }

  lease(endpoint: EndpointName): boolean {
    this.#leased.add(endpoint)
    return true
  }

  yieldLease(endpoint: EndpointName): void {
    this.#leased.delete(endpoint)
  }

  settle(position: number, { endpoint, disables, ...settled }: Settled): boolean {
    const one = this.#deliveries.get(position)
    if (!this.#leased.has(endpoint) || one?.endpoint !== endpoint || one.state !== "pending") return false
    this.#deliveries.set(position, { ...one, ...settled, attempts: one.attempts + 1 })
    const known = this.#knownOf(endpoint)
    this.#known.set(endpoint, {
      disabled: disables ? settled.next : known.disabled,
      delivered: settled.state === "delivered" ? settled.next : known.delivered
    })
    return true
  }

  deliveries(before: number | null, limit: number): ReadonlyArray<Delivery> {
    return [...this.#deliveries.values()]
      .filter(({ position }) => position < (before ?? Infinity))
      .toReversed()
      .slice(0, limit)
  }

  delivery(hashPrefix: string): ReadonlyArray<Delivery> {
    return [...this.#deliveries.values()].filter(({ hash }) => hash.startsWith(hashPrefix)).slice(0, 2)
  }

  requeue(position: number, endpoint: EndpointName): void {
    const one = this.#deliveries.get(position)
    const standing = { state: "pending", attempts: 0, next: this.#now, status: null, failure: null } as const
    if (one) this.#deliveries.set(position, { ...one, endpoint, ...standing })
  }

  prune(until: Timestamp, limit: number): number {
    const old = [...this.#deliveries.values()]
      .filter(({ state, next }) => state === "delivered" && next <= until)
      .slice(0, limit)
    for (const { position } of old) this.#deliveries.delete(position)
    return old.length
  }

  endpoints(): ReadonlyArray<EndpointState> {
    const all = [...this.#deliveries.values()]
    const names = new Set([...this.#known.keys(), ...all.map(({ endpoint }) => endpoint)])
    const count = (name: EndpointName, state: Delivery["state"]) =>
      all.filter((one) => one.endpoint === name && one.state === state).length
    return [...names].toSorted().map((endpoint) => ({
      endpoint,
      ...this.#knownOf(endpoint),
      pending: count(endpoint, "pending"),
      failed: count(endpoint, "failed")
    }))
  }

  enable(endpoint: EndpointName): boolean {
    const known = this.#knownOf(endpoint)
    if (known.disabled === null) return false
    this.#known.set(endpoint, { ...known, disabled: null })
    for (const [position, one] of this.#deliveries) {
      const isWaiting = one.endpoint === endpoint && one.state === "pending" && one.next > this.#now
      if (isWaiting) this.#deliveries.set(position, { ...one, next: this.#now, attempts: 0 })
    }
    return true
  }

  #knownOf(endpoint: EndpointName): Known {
    return this.#known.get(endpoint) ?? { disabled: null, delivered: null }
  }
}
