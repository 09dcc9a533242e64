/** Owns reading a journal that must not change by being read, for whoever checks it: its rows and its counters. */
import { Clock, Effect, Layer } from "effect"
import type { Spending } from "../../domain/run/Budget.ts"
import { failure } from "../../domain/Failure.ts"
import { Journal } from "../../ports/Journal.ts"
import { type Ask, perform } from "./Connection.ts"
import { Followers } from "./Followers.ts"
import { openSound } from "./Inspection.ts"
import { thisProcess } from "./Owner.ts"
import { all, type Opened, prepare, scanned } from "./Statements.ts"
import type { Store } from "./Store.ts"
import { make } from "./StoreJournal.ts"

/** Everything else is `JOURNAL_UNAVAILABLE`. The journal is opened with the first question, and closed with the scope. */
export const layer = (directory: string): Layer.Layer<Journal> =>
  Layer.effect(
    Journal,
    Effect.gen(function* () {
      const owner = thisProcess(yield* Clock.currentTimeMillis)
      let opened: Opened | null = null
      yield* Effect.addFinalizer(() => Effect.sync(() => opened?.db.close()))
      const open = (): Opened => {
        const db = openSound(directory)
        if (db === null) throw failure("JOURNAL_UNAVAILABLE", "setup")
        return (opened = prepare(db))
      }
      const store: Pick<Store, "scan" | "spending"> = {
        scan: (after, limit) => scanned(opened ?? open(), after, limit),
        spending: (fromSlice) => all<Spending>((opened ?? open()).spending, fromSlice)
      }
      const ask: Ask = (operation, args, answer) =>
        answer(
          Object.hasOwn(store, operation)
            ? perform(store as Store, operation, args)
            : { code: "JOURNAL_UNAVAILABLE" }
        )
      return Journal.of(make(ask, owner.id, new Followers()))
    })
  )
