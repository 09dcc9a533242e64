/**
 * Owns the durable journal: one SQLite file in the data directory, shared by the processes of one or several hosts. It
 * wires a store to the journal and keeps its owner's heart beating.
 */
import { Clock, Effect, Layer } from "effect"
import { Journal } from "../../ports/Journal.ts"
import { type Ask, inThread, inWorker } from "./Connection.ts"
import { Followers } from "./Followers.ts"
import { HEARTBEAT_MILLIS, thisProcess } from "./Owner.ts"
import { SqliteStore } from "./SqliteStore.ts"
import { calling, make } from "./StoreJournal.ts"

const POLL_MILLIS = 250

export interface Options {
  /** The data directory; made with the first commit. */
  readonly directory: string
  /** `worker` keeps the event loop free while the disk works; `in-thread` starts faster. */
  readonly mode: "in-thread" | "worker"
}

/** Nothing is read, made or refused before the first operation. */
export const layer = ({ directory, mode }: Options): Layer.Layer<Journal> =>
  Layer.effect(
    Journal,
    Effect.gen(function* () {
      const owner = thisProcess(yield* Clock.currentTimeMillis)
      const ask =
        mode === "worker" ? inWorker({ directory, owner }) : inThread(new SqliteStore(directory, owner))
      const call = calling(ask)
      yield* Effect.addFinalizer(() => Effect.ignore(call("close")))
      const followers = new Followers()
      yield* Effect.forkScoped(heartbeat(ask))
      yield* Effect.forkScoped(lookout(ask, followers))
      return Journal.of(make(ask, owner.id, followers))
    })
  )

/** A beat that is missed, because the file is locked say, is made up for by the next one. */
const heartbeat = (ask: Ask) =>
  Clock.currentTimeMillis.pipe(
    Effect.flatMap((now) => calling(ask)("beat", now)),
    Effect.ignore,
    Effect.delay(HEARTBEAT_MILLIS),
    Effect.forever
  )

/** Other processes cannot wake followers here: while there are some, the file is asked whether it has changed. */
const lookout = (ask: Ask, followers: Followers) => {
  let seen = 0
  return calling(ask)("version").pipe(
    Effect.map((version) => {
      if (version !== seen) followers.wakeAll()
      seen = version
    }),
    Effect.ignore,
    Effect.when(Effect.sync(() => followers.waiting)),
    Effect.delay(POLL_MILLIS),
    Effect.forever
  )
}
