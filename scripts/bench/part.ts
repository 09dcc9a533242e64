/** Owns one thread of a shared check: half of the streams of a journal, as often as it is asked. */
import { parentPort, workerData } from "node:worker_threads"
import type { PlacedCharge } from "../../src/domain/Evidence.ts"
import { check } from "./verification.ts"

const { directory, mine, of } = workerData as { directory: string; mine: number; of: number }

parentPort?.on("message", async () => {
  const charges: Array<PlacedCharge> = []
  const { heads, position } = await check(directory, {
    isMine: (stream) => stream.charCodeAt(stream.length - 1) % of === mine,
    charged: (charge) => charges.push(charge)
  })
  parentPort?.postMessage({ heads, position, charges })
})
