/** Owns reading a journal that must not change by being read, for whoever checks it: its rows and its counters. */
import { Clock, Effect, Layer } from "effect"
import { failure } from "../../domain/Failure.ts"
import { Journal } from "../../ports/Journal.ts"
import type { Answer, Ask } from "./Connection.ts"
import { codeOf } from "./Fault.ts"
import { Followers } from "./Followers.ts"
import { openSound } from "./Inspection.ts"
import { thisProcess } from "./Owner.ts"
import { all, type Opened, prepare } from "./Statements.ts"
import type { Store } from "./Store.ts"
import { make } from "./StoreJournal.ts"

/** Everything else is `JOURNAL_UNAVAILABLE`. The journal is opened with the first question, and closed with the scope. */
export const layer = (directory: string): Layer.Layer<Journal> =>
  Layer.effect(
    Journal,
    Effect.gen(function* () {
      const owner = thisProcess(yield* Clock.currentTimeMillis)
      let opened: Opened | null = null
      const open = (): Opened => {
        const db = openSound(directory)
        if (db === null) throw failure("JOURNAL_UNAVAILABLE", "setup")
        return prepare(db)
      }
      yield* Effect.addFinalizer(() => Effect.sync(() => opened?.db.close()))
      const ask: Ask = (operation, args, answer) => answer(perform(operation, args))
      const perform = (operation: keyof Store, args: ReadonlyArray<unknown>): Answer<never> => {
        try {
          if (operation !== "scan" && operation !== "spending") return { code: "JOURNAL_UNAVAILABLE" }
          opened ??= open()
          return { value: all(opened[operation], ...(args as Array<number>)) as never }
        } catch (error) {
          return { code: codeOf(error) }
        }
      }
      return Journal.of(make(ask, owner.id, new Followers()))
    })
  )
