/**
 * Owns the durable journal: one SQLite file in the data directory, shared by the processes of one machine, in
 * containers too. It wires a store to the journal and keeps its owner's heart beating.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { Journal } from "../../ports/Journal.ts"
import { Outbox } from "../../ports/Outbox.ts"
import { type Ask, inThread, inWorker } from "./Connection.ts"
import { Followers } from "./Followers.ts"
import { HEARTBEAT_MILLIS, thisProcess } from "./Owner.ts"
import { SqliteStore } from "./SqliteStore.ts"
import { calling, make, makeOutbox } from "./StoreJournal.ts"

const POLL_MILLIS = 250

export interface Options {
  /** The data directory; made with the first commit. */
  readonly directory: string
  /** `worker` keeps the event loop free while the disk works; `in-thread` starts faster. */
  readonly mode: "in-thread" | "worker"
}

/** Nothing is read, made or refused before the first operation. */
export const layer = ({ directory, mode }: Options): Layer.Layer<Journal | Outbox> =>
  Layer.effectContext(
    Clock.clockWith(
      Effect.fnUntraced(function* (clock) {
        const now = () => clock.currentTimeMillisUnsafe()
        const owner = thisProcess(now())
        const ask =
          mode === "worker" ? inWorker({ directory, owner }) : inThread(new SqliteStore(directory, owner))
        const followers = new Followers()
        yield* Effect.addFinalizer(() => Effect.ignore(calling(ask)("close")))
        // A beat that is missed, because the file is locked say, is made up for by the next one.
        yield* every(HEARTBEAT_MILLIS, () => ask("beat", [now()], () => {}))
        yield* every(POLL_MILLIS, lookout(ask, followers))
        return Context.make(Journal, make(ask, owner.id, followers)).pipe(
          Context.add(Outbox, makeOutbox(ask))
        )
      })
    )
  )

/** Other processes cannot wake followers here: while there are some, the file is asked whether it has changed. */
const lookout = (ask: Ask, followers: Followers) => {
  let seen = 0
  return () => {
    if (!followers.waiting) return
    ask("version", [], (answer) => {
      if ("code" in answer || answer.value === seen) return
      seen = answer.value
      followers.wakeAll()
    })
  }
}

const every = (millis: number, action: () => void) =>
  Effect.acquireRelease(
    Effect.sync(() => startTimer(action, millis)),
    (timer) => Effect.sync(() => clearInterval(timer))
  )

/** The system's own timer: other processes and the disk keep real time, whatever clock a test has. */
const startTimer = (action: () => void, millis: number): NodeJS.Timeout => setInterval(action, millis).unref()
