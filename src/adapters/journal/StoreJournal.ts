/** Owns journal and outbox over any store: encoding, group commit and following. How rows are kept is the store's affair. */
import { Clock, Effect, Option } from "effect"
import { type Event, isEnding } from "../../domain/Event.ts"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { OwnerId, StreamId } from "../../domain/Ids.ts"
import { encode, type Row } from "../../domain/ledger/Ledger.ts"
import { type Subscriptions, toldOf } from "../../domain/webhook/Webhook.ts"
import type { Append, Committed, Journal } from "../../ports/Journal.ts"
import type { Outbox } from "../../ports/Outbox.ts"
import type { Ask, Operation } from "./Connection.ts"
import { ALL, Followers } from "./Followers.ts"
import type { EncodedAppend, Entry, Notice, OutboxOperation, OutboxStore, Store } from "./Store.ts"

/** An operation of the store as an effect. */
export type Call = <O extends Operation>(
  operation: O,
  ...args: Parameters<Store[O]>
) => Effect.Effect<ReturnType<Store[O]>, RuntimeFailure>

export const calling =
  (ask: Ask): Call =>
  (operation, ...args) =>
    Effect.callback((resume) =>
      ask(operation, args, (answer) =>
        resume("code" in answer ? refuse(answer.code) : Effect.succeed(answer.value))
      )
    )

const refuse = (code: Code) => Effect.fail(failure(code, "setup"))

export const make = (ask: Ask, owner: OwnerId, followers: Followers): Journal["Service"] => {
  const call = calling(ask)
  const write = groupCommit(ask)
  const timed = <A, E>(f: (now: number) => Effect.Effect<A, E>) => Effect.flatMap(Clock.currentTimeMillis, f)
  const read = (stream: StreamId, after: number = 0, to: number = Number.MAX_SAFE_INTEGER) =>
    call("read", stream, after, to)
  return {
    owner,
    commit: ({ notBefore = null, outbox, ...commit }) =>
      timed((now) =>
        write({ ...commit, at: Math.max(now, notBefore ?? 0), appends: commit.appends.map(encoded(outbox)) })
      ).pipe(
        Effect.tap(() => Effect.sync(() => commit.appends.forEach(({ stream }) => followers.wake(stream)))),
        // What was handed to the store will be written: whoever asked for it has to learn so.
        Effect.uninterruptible
      ),
    head: call("head"),
    read,
    scan: (after, limit) => call("scan", after, limit),
    follow: (stream, after) => followers.follow(stream, after, read, ({ seq }) => seq),
    followAll: (after) =>
      followers.follow(
        ALL,
        after,
        (_, seen) => wholeAfter(call, seen),
        ({ position }) => position
      ),
    streams: (filter) => timed((now) => call("streams", filter, now)),
    info: (stream) => timed((now) => call("info", stream, now)).pipe(Effect.map(Option.fromNullOr)),
    ends: (stream) => timed((now) => call("ends", stream, now)).pipe(Effect.map(Option.fromNullOr)),
    sealed: (stream, id) => Effect.map(call("sealed", stream, id), Option.fromNullOr),
    key: (stream) => Effect.map(call("key", stream), Option.fromNullOr),
    spending: (fromSlice) => call("spending", fromSlice),
    claimed: (key) => timed((now) => call("claimed", key, now)).pipe(Effect.map(Option.fromNullOr)),
    scrub: call("scrub"),
    adopt: (stream) =>
      timed((now) => call("adopt", stream, now)).pipe(
        Effect.flatMap((adopted) => (adopted ? Effect.void : refuse("JOURNAL_CONFLICT")))
      ),
    backup: (path) => call("backup", path)
  }
}

/** Rows that are read together. */
const ROWS = 512

/** All rows after a position, however many there are by now. */
const wholeAfter = Effect.fnUntraced(function* (call: Call, after: number) {
  const all: Array<Row> = []
  for (let seen = after; ;) {
    const rows = yield* call("scan", seen, ROWS)
    all.push(...rows)
    if (rows.length < ROWS) return all
    seen = rows.at(-1)?.position ?? seen
  }
})

/** What is owed, over the same store. */
export const makeOutbox = (ask: Ask): Outbox["Service"] => {
  const call = calling(ask)
  const on =
    <O extends OutboxOperation>(operation: O) =>
    (...args: Parameters<OutboxStore[O]>) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        call("outbox", { operation, args }, now)
      ) as Effect.Effect<ReturnType<OutboxStore[O]>, RuntimeFailure>
  return {
    due: on("due"),
    lease: on("lease"),
    yieldLease: on("yieldLease"),
    settle: on("settle"),
    deliveries: on("deliveries"),
    delivery: on("delivery"),
    requeue: on("requeue"),
    prune: on("prune"),
    endpoints: on("endpoints")(),
    enable: on("enable")
  }
}

const encoded =
  (outbox: Subscriptions = {}) =>
  ({ events, ...append }: Append): EncodedAppend => {
    const last = events.at(-1)
    if (!last) throw new TypeError("an append has at least one event")
    return {
      ...append,
      payloads: events.map(encode),
      open: !isEnding(last),
      notices: noticesOf(events, outbox)
    }
  }

/** What is owed follows from the events: no commit can owe anything else, or forget it. */
const noticesOf = (events: ReadonlyArray<Event>, outbox: Subscriptions): ReadonlyArray<Notice> =>
  events.flatMap((told, index) => {
    const event = toldOf(told)
    const endpoint = event && outbox[event]
    return event && endpoint ? [{ index, event, endpoint }] : []
  })

/**
 * One durable transaction for everything that is waiting: while it is under way, the next one gathers. A commit that
 * conflicts fails alone.
 */
const groupCommit = (ask: Ask): ((entry: Entry) => Effect.Effect<Committed, RuntimeFailure>) => {
  interface Waiting {
    readonly entry: Entry
    readonly resume: (effect: Effect.Effect<Committed, RuntimeFailure>) => void
  }
  let gathering: Array<Waiting> = []
  let writing = false
  const flush = () => {
    const batch = gathering
    gathering = []
    ask("commit", [batch.map(({ entry }) => entry)], (answer) => {
      writing = gathering.length > 0
      if (writing) setImmediate(flush)
      batch.forEach(({ resume }, index) => {
        const outcome = "code" in answer ? answer.code : (answer.value[index] ?? "JOURNAL_CONFLICT")
        resume(typeof outcome === "string" ? refuse(outcome) : Effect.succeed(outcome))
      })
    })
  }
  return (entry) =>
    Effect.callback((resume) => {
      gathering.push({ entry, resume })
      if (writing) return
      writing = true
      // Fibers that run in this turn of the event loop still join.
      setImmediate(flush)
    })
}
