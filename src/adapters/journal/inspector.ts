/** Owns the entry of a thread that looks into a journal once, tells what it finds, and ends. */
import { parentPort, workerData } from "node:worker_threads"
import { inspect } from "./Inspection.ts"

/** What the thread is started with. */
export interface Order {
  readonly directory: string
  /** Milliseconds since the Unix epoch. */
  readonly now: number
}

const { directory, now }: Order = workerData
inspect(directory, now, (inspected) => parentPort?.postMessage(inspected))
