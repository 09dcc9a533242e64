/** Runs the journal's contract against everything that keeps rows. */
import { Effect, Layer } from "effect"
import * as Memory from "../../../src/adapters/journal/Memory.ts"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import type { Journal } from "../../../src/ports/Journal.ts"
import type { Outbox } from "../../../src/ports/Outbox.ts"
import { folder } from "../../support/ledger.ts"
import { accounts } from "./accounts.ts"
import { claims } from "./claims.ts"
import { contract } from "./contract.ts"
import { outbox } from "./outbox.ts"

const sqlite = (mode: Sqlite.Options["mode"]) =>
  Layer.unwrap(Effect.map(folder, (directory) => Sqlite.layer({ directory, mode })))

const journals: Readonly<Record<string, Layer.Layer<Journal | Outbox>>> = {
  memory: Layer.fresh(Memory.layer),
  "SQLite in this thread": Layer.fresh(sqlite("in-thread")),
  "SQLite in a worker": Layer.fresh(sqlite("worker"))
}

for (const [name, fresh] of Object.entries(journals)) {
  contract(name, fresh)
  accounts(name, fresh)
  claims(name, fresh)
  outbox(name, fresh)
}
