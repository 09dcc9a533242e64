/**
 * Owns the figures of the HTTP server: what a governed and durable run adds to a call of its model, how many there are in a
 * second, and what is kept in memory, against relays that the same run of the bench leads in turns.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { added } from "./http/added.ts"
import { curve } from "./http/curve.ts"
import { firstToken } from "./http/firstToken.ts"
import { memory } from "./http/memory.ts"
import * as Processes from "./http/processes.ts"
import { soak } from "./http/soak.ts"
import { stewardship } from "./http/stewardship.ts"
import { requestOf } from "./http/talk.ts"
import { throughput } from "./http/throughput.ts"

/** What the mock answers, each a mode: bytes, milliseconds before the first piece, and between it and the others. */
const SMALL = "m200-0-0"
const SLOW = "m200-20-0"
const STREAMED = "m200-0-5"
const LARGER = ["m10000-0-0", "m50000-0-0"] as const
const MODES = [SMALL, SLOW, STREAMED, ...LARGER]

const promptOf = (mode: string) => "What is a receipt? ".repeat(3000).slice(0, Number(/\d+/u.exec(mode)?.[0]))

/** `--soak MINUTES` asks for that alone. */
const soaking = (): number => {
  const at = process.argv.indexOf("--soak")
  return at === -1 ? 0 : Number(process.argv[at + 1])
}

/** Said as it comes: all of it takes minutes. */
const say = (section: string) => process.stdout.write(`${section}\n\n`)

export const http = async (): Promise<string> => {
  const directory = mkdtempSync(join(tmpdir(), "io3-bench-"))
  const running: Array<Processes.Server> = []
  const begun = async (server: Promise<Processes.Server>) => {
    running.push(await server)
    return running.at(-1)!
  }
  try {
    const mock = await begun(Processes.mock())
    const io3 = await begun(Processes.released(mock.url, directory, MODES))
    const minutes = soaking()
    if (minutes > 0) return await soak(io3, minutes, [SMALL, SLOW, STREAMED, LARGER[0]])

    say(await memory(io3))
    const relay = await begun(Processes.relay(mock.url))
    const floor = await begun(Processes.floor(mock.url, directory))
    const bare = await begun(Processes.bare(mock.url))
    const targets = (mode: string) => {
      const content = promptOf(mode)
      const chat = { model: mode, messages: [{ role: "user", content }], stream: true }
      const run = { mode, prompt: content }
      return [
        { name: "direct", url: mock.url, request: requestOf(mock.url, "POST", "/api/chat", chat) },
        { name: "relay", url: relay.url, request: requestOf(relay.url, "POST", "/run", chat) },
        { name: "floor", url: floor.url, request: requestOf(floor.url, "POST", "/run", run) },
        { name: "bare", url: bare.url, request: requestOf(bare.url, "POST", "/run", run) },
        { name: "io3", url: io3.url, request: requestOf(io3.url, "POST", "/run", run) }
      ] as const
    }
    const [direct, relayed] = targets(STREAMED)
    const governed = targets(SMALL)[4]
    const accept = { accept: "text/event-stream" }
    const events = requestOf(io3.url, "POST", "/run", { mode: STREAMED, prompt: promptOf(STREAMED) }, accept)
    say(await added("one after the other, 200 bytes", targets(SMALL)))
    say(await added("one after the other, 10 KB", targets(LARGER[0]), 40))
    say(await added("one after the other, 50 KB", targets(LARGER[1]), 15))
    say(await throughput("32 connections, 200 bytes", targets(SMALL)))
    say(await throughput("32 connections, 200 bytes after 20 ms", targets(SLOW)))
    say(
      await firstToken("the first of several tokens, ungated", [
        { ...direct, mark: `"done":false` },
        { ...relayed, mark: `"done":false` },
        { ...governed, name: "io3, events", request: events, mark: "event: turn_delta" }
      ])
    )
    say(await stewardship(io3.url, SMALL))
    return await curve("asked more and more", governed)
  } finally {
    for (const server of running.toReversed()) await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
