/** Owns the entry of a thread that checks some streams of a journal once, and ends. */
import { parentPort, workerData } from "node:worker_threads"
import { checkPart, type Share } from "./PartCheck.ts"

const share: Share = workerData
parentPort?.postMessage(checkPart(share))
