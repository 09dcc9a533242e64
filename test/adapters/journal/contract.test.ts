/** Runs the journal's contract against everything that keeps rows. */
import { Effect, Layer } from "effect"
import * as Memory from "../../../src/adapters/journal/Memory.ts"
import * as Sqlite from "../../../src/adapters/journal/Sqlite.ts"
import { folder } from "../../support/ledger.ts"
import { contract } from "./contract.ts"

const sqlite = (mode: Sqlite.Options["mode"]) =>
  Layer.unwrap(Effect.map(folder, (directory) => Sqlite.layer({ directory, mode })))

contract("memory", Layer.fresh(Memory.layer))
contract("SQLite in this thread", Layer.fresh(sqlite("in-thread")))
contract("SQLite in a worker", Layer.fresh(sqlite("worker")))
