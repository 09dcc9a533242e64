/** Owns whether a server keeps its size: its memory over minutes of everything at once. */
import { setTimeout as pause } from "node:timers/promises"
import { median } from "../rounds.ts"
import { memoryOf, type Server } from "./processes.ts"
import { Connection, requestOf } from "./talk.ts"

const SAMPLE_MILLIS = 2000
const RUNNERS = 12
const STREAMERS = 4
const TALKERS = 4
const WATCHERS = 8
/** A talker begins another session after so many turns, and a watcher looks at another one. */
const TURNS = 20
/** The last third may be larger than the second by so much: V8 gives memory back when it pleases. */
const GROWTH = 1.1

const events = { accept: "text/event-stream" }

export const soak = async (
  server: Server,
  minutes: number,
  modes: ReadonlyArray<string>
): Promise<string> => {
  const { url } = server
  const end = performance.now() + minutes * 60_000
  const goesOn = () => performance.now() < end
  let [asked, refused] = [0, 0]
  const prompt = "What is a receipt? ".repeat(11).slice(0, 200)

  const ask = async (connection: Connection, request: Buffer) => {
    const reply = await connection.ask(request)
    asked++
    if (reply.status >= 300) refused++
    return reply
  }
  const worker = async (work: (connection: Connection, round: number) => Promise<unknown>) => {
    for (let round = 0; goesOn(); round++) {
      const connection = await Connection.to(url)
      await work(connection, round)
      connection.close()
    }
  }
  const modeOf = (round: number) => modes[round % modes.length]
  const several = async (connection: Connection, request: (index: number) => Buffer) => {
    for (let index = 0; index < TURNS && goesOn(); index++) await ask(connection, request(index))
  }
  const runner = (connection: Connection, round: number) =>
    several(connection, (index) => requestOf(url, "POST", "/run", { mode: modeOf(round + index), prompt }))
  const streamer = (connection: Connection, round: number) =>
    several(connection, (index) =>
      requestOf(url, "POST", "/run", { mode: modeOf(round + index), prompt }, events)
    )
  let latest = ""
  const talker = async (connection: Connection, round: number) => {
    const begun = await ask(
      connection,
      requestOf(url, "POST", "/session/start", { mode: "work", persona_mode: modeOf(round) })
    )
    const { session_id: session }: { readonly session_id: string } = JSON.parse(begun.text)
    latest = session
    await several(connection, () => requestOf(url, "POST", `/session/${session}/turn`, { prompt }))
  }
  const watcher = async (connection: Connection) => {
    if (latest !== "")
      await connection.watch(requestOf(url, "GET", `/session/${latest}/stream`, undefined, events))
    await pause(Math.min(10_000, Math.max(0, end - performance.now())))
  }
  const samples: Array<number> = []
  const sampler = async () => {
    while (goesOn()) {
      await pause(SAMPLE_MILLIS)
      samples.push(memoryOf(server))
    }
  }
  const many = (count: number, work: (connection: Connection, round: number) => Promise<unknown>) =>
    Array.from({ length: count }, () => worker(work))
  await Promise.all([
    sampler(),
    ...many(RUNNERS, runner),
    ...many(STREAMERS, streamer),
    ...many(TALKERS, talker),
    ...many(WATCHERS, watcher)
  ])
  const third = Math.ceil(samples.length / 3)
  const [first, second, last] = [0, 1, 2].map((index) =>
    median(samples.slice(index * third, (index + 1) * third))
  )
  const grown = (last ?? Number.NaN) / (second ?? Number.NaN)
  return [
    `${minutes} minutes of runs, streams, sessions and observers: ${asked} requests, ${refused} refused`,
    `  memory by thirds ${[first, second, last].map((size) => `${size?.toFixed(0)} MiB`).join(", ")}: ${grown <= GROWTH ? "flat" : "it grows"} (× ${grown.toFixed(2)}), at most ${Math.max(...samples).toFixed(0)} MiB`
  ].join("\n")
}
