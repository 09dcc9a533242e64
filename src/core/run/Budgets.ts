/** Owns the account of what was spent: where a principal stands in its window, and whether the counters are what the runs say. */
import type { Account } from "../../domain/run/Account.ts"
import { Clock, Context, Effect, Layer, Option } from "effect"
import {
  Amount,
  compare,
  evidence,
  excess,
  fallsOutAt,
  type Miscount,
  nothing,
  plus,
  type Reserve,
  SLICE_MILLIS,
  type Spending,
  total,
  windowFrom
} from "../../domain/run/Budget.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Principal, RUN_PREFIX, type StreamId, Timestamp } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import type { RunState } from "../../domain/run/Run.ts"
import type { Budgets as Limits } from "../../domain/config/Settings.ts"
import { Journal } from "../../ports/Journal.ts"
import { reservedAt, runOf } from "../ledger/Soundness.ts"

/** What is not limited is shown over a day. */
const A_DAY: Limits = { window_hours: 24 }
const PAGE = 1000

export class Budgets extends Context.Service<
  Budgets,
  {
    /** Where a principal stands under these limits; null limits nothing. */
    readonly account: (principal: Principal, limits: Limits | null) => Effect.Effect<Account, RuntimeFailure>
    /**
     * Adds up what every run of the journal says that it took, and names each counter that differs. Nothing that is
     * written meanwhile is taken for a difference.
     */
    readonly recount: Effect.Effect<ReadonlyArray<Miscount>, RuntimeFailure>
  }
>()("io-iii/core/run/Budgets") {
  static readonly layer = Layer.effect(
    Budgets,
    Effect.gen(function* () {
      const journal = yield* Journal

      const reservations = Effect.gen(function* () {
        const open = yield* journal.streams({
          prefix: RUN_PREFIX,
          openOnly: true,
          before: null,
          limit: Number.MAX_SAFE_INTEGER
        })
        const found = yield* Effect.forEach(open, ({ stream }) =>
          Effect.map(journal.read(stream), (rows) =>
            Option.flatMapNullishOr(runOf(stream, rows), (state) => evidence(state, reservedAt(rows)))
          )
        )
        return found.flatMap(Option.toArray)
      })

      const account = Effect.fn("Budgets.account")(function* (principal: Principal, limits: Limits | null) {
        const window = limits ?? A_DAY
        const from = windowFrom(yield* Clock.currentTimeMillis, window)
        const charged = (yield* journal.spending(from)).filter((spending) => spending.principal === principal)
        const open = (yield* reservations).filter(({ slice }) => slice >= from)
        const used = total(charged, principal)
        const reserved = least(total(open, principal), used)
        const oldest = charged.find(({ slice }) => slice >= from)
        return {
          principal,
          window: { hours: window.window_hours, from: Timestamp.make(Math.max(0, from * SLICE_MILLIS)) },
          limits: { calls: limits?.calls ?? null, tokens: limits?.tokens ?? null },
          spent: { calls: used.calls - reserved.calls, tokens: used.tokens - reserved.tokens },
          reserved,
          left: { calls: left(limits?.calls, used.calls), tokens: left(limits?.tokens, used.tokens) },
          next: oldest
            ? { at: fallsOutAt(oldest.slice, window), calls: oldest.calls, tokens: oldest.tokens }
            : null
        }
      })

      const recount = Effect.gen(function* () {
        const runs = new Tally()
        for (let seen = 0; ;) {
          const rows: ReadonlyArray<Row> = yield* journal.scan(seen, PAGE)
          rows.forEach((row) => runs.take(row))
          seen = rows.at(-1)?.position ?? seen
          if (rows.length === PAGE) continue
          const counted = yield* journal.spending(0)
          // A commit that charges writes rows too: without new ones these are the counters of exactly these rows.
          if ((yield* journal.scan(seen, 1)).length === 0) return compare(counted, runs.evidence)
        }
      })

      return Budgets.of({ account, recount: recount.pipe(Effect.withSpan("Budgets.recount")) })
    })
  )
}

/** The refusal of a reservation with the limit it would have broken, as far as that can still be told. */
export const explained =
  (journal: Journal["Service"], reserve: Reserve | undefined) =>
  (refused: RuntimeFailure): Effect.Effect<never, RuntimeFailure> =>
    Effect.gen(function* () {
      if (!reserve?.budget) return yield* refused
      const from = windowFrom(yield* Clock.currentTimeMillis, reserve.budget)
      const used = total(yield* journal.spending(from), reserve.principal)
      const limit = excess(reserve.budget, used, reserve.amount)
      return yield* limit ? failure(refused.code, "bounds", { limit }) : refused
    })

/** An open run may have settled between two looks. */
const least = (one: Amount, other: Amount): Amount => ({
  calls: Math.min(one.calls, other.calls),
  tokens: Math.min(one.tokens, other.tokens)
})

const left = (limit: number | undefined, used: number): number | null =>
  limit === undefined ? null : Math.max(0, limit - used)

type Reading = Pick<RunState, "accepted" | "bounds" | "calls"> & {
  readonly ending: true | null
  readonly reservedAt: Timestamp | null
}
const unread: Reading = { accepted: null, bounds: null, calls: [], ending: null, reservedAt: null }

/**
 * Reads runs row by row, of each only what bears on its cost, and keeps of an ended one only that. Whether a row can be
 * where it is, is the affair of the ledger's verification.
 */
class Tally {
  readonly #open = new Map<StreamId, Reading>()
  readonly #ended = new Map<string, Spending>()

  take({ stream, at, payload }: Row): void {
    const tag = TAG.exec(payload)?.[1] ?? ""
    if (ENDINGS.has(tag)) return this.#end(stream)
    if (!COSTING.has(tag)) return
    const event = Option.getOrNull(decode(payload))
    const run = this.#open.get(stream) ?? unread
    switch (event?._tag) {
      case "RunAccepted":
        return void this.#open.set(stream, { ...run, accepted: event })
      case "BoundsCertified":
        return void this.#open.set(stream, { ...run, bounds: event })
      case "CallIntended": {
        const calls = [...run.calls, { intended: event, settled: null }]
        return void this.#open.set(stream, { ...run, calls, reservedAt: run.reservedAt ?? at })
      }
      case "CallSettled": {
        const calls = run.calls.map((call) => (call.settled ? call : { ...call, settled: event }))
        return void this.#open.set(stream, { ...run, calls })
      }
    }
  }

  /** An erasure comes after the end, and costs nothing. */
  #end(stream: StreamId): void {
    const run = this.#open.get(stream)
    const spending = run && evidence({ ...run, ending: true }, run.reservedAt)
    this.#open.delete(stream)
    if (!spending) return
    const name = `${spending.slice} ${spending.principal}`
    this.#ended.set(name, { ...spending, ...plus(this.#ended.get(name) ?? nothing, spending) })
  }

  get evidence(): ReadonlyArray<Spending> {
    const reserved = [...this.#open.values()].flatMap((run) => evidence(run, run.reservedAt) ?? [])
    return [...this.#ended.values(), ...reserved]
  }
}

const TAG = /^\{"_tag":"([A-Za-z]+)"/u
const COSTING: ReadonlySet<string> = new Set([
  "RunAccepted",
  "BoundsCertified",
  "CallIntended",
  "CallSettled"
])
const ENDINGS: ReadonlySet<string> = new Set(["Released", "RunRefused", "RunFailed", "RunCancelled"])
