/** Owns the entry of a thread that looks into a journal once, tells what it finds, and ends. */
import { parentPort, workerData } from "node:worker_threads"
import { inspect, type Order } from "./Inspection.ts"

const order: Order = workerData
inspect(order, (inspected) => parentPort?.postMessage(inspected))
