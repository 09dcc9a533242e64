/** Owns the journal's file as a test meets it: used for a while, and changed behind its back. */
import { Effect, Layer } from "effect"
import { statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { inThread } from "../../src/adapters/journal/Connection.ts"
import { migrations, versionAfter } from "../../src/adapters/journal/Database.ts"
import { Followers } from "../../src/adapters/journal/Followers.ts"
import { thisProcess } from "../../src/adapters/journal/Owner.ts"
import * as Sqlite from "../../src/adapters/journal/Sqlite.ts"
import { SqliteStore } from "../../src/adapters/journal/SqliteStore.ts"
import { make } from "../../src/adapters/journal/StoreJournal.ts"
import { Journal, type StreamFilter } from "../../src/ports/Journal.ts"
import { append, cancelled, certified, commitOf, run } from "./ledger.ts"

export const everything: StreamFilter = { prefix: "", openOnly: false, before: null, limit: 100 }
export const fileOf = (directory: string) => join(directory, "journal.sqlite")
export const modeOf = (path: string) => statSync(path).mode & 0o777

/** Says that a journal is of today's version. */
export const AS_MADE = `PRAGMA user_version = ${versionAfter(migrations)}`

/** Uses a journal on a folder, then closes it. */
export const using = <A, E>(directory: string, body: (journal: Journal["Service"]) => Effect.Effect<A, E>) =>
  Journal.use(body).pipe(Effect.provide(Layer.fresh(Sqlite.layer({ directory, mode: "in-thread" }))))

/** A journal at other migrations than today's. */
export const withSteps = <A, E>(
  directory: string,
  steps: ReadonlyArray<string>,
  body: (journal: Journal["Service"]) => Effect.Effect<A, E>
) =>
  Effect.suspend(() => {
    const owner = thisProcess(0)
    const store = new SqliteStore(directory, owner, steps)
    return Effect.ensuring(
      body(make(inThread(store), owner.id, new Followers())),
      Effect.sync(() => store.close())
    )
  })

/** Changes a closed journal behind its back. */
export const edit = (directory: string, sql: string) =>
  Effect.sync(() => {
    const db = new DatabaseSync(fileOf(directory))
    db.exec(sql)
    db.close()
  })

export const write = (directory: string, ...names: ReadonlyArray<string>) =>
  using(directory, (journal) =>
    Effect.forEach(names, (name) =>
      journal.commit(commitOf(append(run(name), 0, { events: [certified(1), certified(2), cancelled] })))
    )
  )
