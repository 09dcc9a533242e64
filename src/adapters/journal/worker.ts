/** Owns the entry of a thread that has a SQLite store: it answers questions one by one, in order. */
import { parentPort, workerData } from "node:worker_threads"
import { perform, type Place, type Question, type Reply } from "./Connection.ts"
import { SqliteStore } from "./SqliteStore.ts"

const { directory, owner }: Place = workerData
const store = new SqliteStore(directory, owner)

parentPort?.on("message", (questions: ReadonlyArray<Question>) => {
  let replies: Array<Reply> = []
  const answer = () => {
    if (replies.length > 0) parentPort?.postMessage(replies)
    replies = []
  }
  for (const { id, operation, args } of questions) {
    // Nobody waits for the disk because of what somebody else has asked.
    if (operation === "commit") answer()
    replies.push({ id, answer: perform(store, operation, args) })
  }
  answer()
  if (questions.some(({ operation }) => operation === "close")) parentPort?.close()
})
