/** Owns the entry of a thread that has a SQLite store: it answers questions one by one, in order. */
import { parentPort, workerData } from "node:worker_threads"
import { perform, type Place, type Question, type Reply } from "./Connection.ts"
import { SqliteStore } from "./SqliteStore.ts"

const { directory, owner }: Place = workerData
const store = new SqliteStore(directory, owner)

parentPort?.on("message", ({ id, operation, args }: Question) => {
  parentPort?.postMessage({ id, answer: perform(store, operation, args) } satisfies Reply)
  if (operation === "close") parentPort?.close()
})
