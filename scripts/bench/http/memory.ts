/** Owns how much memory the server takes: when nobody asks it anything, and while a thousand only watch. */
import { setTimeout as pause } from "node:timers/promises"
import { Connection, requestOf } from "./talk.ts"
import { memoryOf, type Server } from "./processes.ts"

const OBSERVERS = 1000
/** So many connect at a time. */
const AT_ONCE = 50
const REST_MILLIS = 3000

const goal = (name: string, mebibytes: number, most: number) =>
  `  ${name.padEnd(30)} ${mebibytes.toFixed(0).padStart(9)} MiB  goal ≤ ${most}: ${mebibytes <= most ? "met" : "missed"}`

/** Of a server that was only just begun. */
export const memory = async (server: Server): Promise<string> => {
  await pause(REST_MILLIS)
  const idle = memoryOf(server)
  const asking = await Connection.to(server.url)
  const started = await asking.ask(requestOf(server.url, "POST", "/session/start", { mode: "work" }))
  asking.close()
  const { session_id: session }: { readonly session_id: string } = JSON.parse(started.text)
  const watching = requestOf(server.url, "GET", `/session/${session}/stream`, undefined, {
    accept: "text/event-stream"
  })
  const all: Array<Connection> = []
  try {
    while (all.length < OBSERVERS) {
      const some = Array.from({ length: AT_ONCE }, async () => {
        const connection = await Connection.to(server.url)
        all.push(connection)
        await connection.watch(watching)
      })
      await Promise.all(some)
    }
    await pause(REST_MILLIS)
    return [
      "memory",
      goal("idle", idle, 120),
      goal(`${OBSERVERS} idle observers`, memoryOf(server), 300)
    ].join("\n")
  } finally {
    for (const connection of all) connection.close()
  }
}
