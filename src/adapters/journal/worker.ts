/** Owns the entry of a thread that has a SQLite store: it answers questions one by one, in order. */
import { parentPort, workerData } from "node:worker_threads"
import { perform, type Place, type Question, type Reply } from "./Connection.ts"
import { SqliteStore } from "./SqliteStore.ts"

const { directory, owner }: Place = workerData
const store = new SqliteStore(directory, owner)

/** They read what is there, and wait for nothing. */
const quick: ReadonlySet<Question["operation"]> = new Set(["ends", "head", "info", "key", "read", "sealed"])
const MOST_REPLIES = 8

parentPort?.on("message", (questions: ReadonlyArray<Question>) => {
  let replies: Array<Reply> = []
  const answer = () => {
    if (replies.length > 0) parentPort?.postMessage(replies)
    replies = []
  }
  for (const { id, operation, args } of questions) {
    const isQuick = quick.has(operation)
    // Nobody waits for the disk, or for what many others have asked.
    if (!isQuick || replies.length === MOST_REPLIES) answer()
    replies.push({ id, answer: perform(store, operation, args) })
    if (!isQuick) answer()
  }
  answer()
  if (questions.some(({ operation }) => operation === "close")) parentPort?.close()
})
