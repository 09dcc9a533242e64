/** Cuts the connections of readers at whatever byte, while a model speaks and after it: each has the whole text in the end, once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Socket } from "node:net"
import { Answer } from "../../src/api/Runs.ts"
import { chances, quota } from "../support/campaign.ts"
import { slowly } from "../support/io3.ts"
import { done, piece } from "../support/ollamaTalk.ts"
import { served } from "../support/served.ts"
import { chunk, opening } from "../support/upstream.ts"

const CUTS = quota(1000, 20_000)
const READERS = 16
/** A piece of every width that a character has in UTF-8, and some of many. */
const words = Array.from(
  { length: 60 },
  (_, at) => `${["a", "é", "€", "😀", "two\n\nlines: "][at % 5] ?? ""}${at} `
)
const closing = Buffer.concat([chunk(done()), Buffer.from("0\r\n\r\n")])
const whole = words.join("").trimEnd()

/** What was read before the cut; `isOver` when the stream ended first. */
interface Part {
  readonly text: string
  readonly isOver: boolean
}

const upTo = (url: string, lastSeen: string | null, bytes: number): Effect.Effect<Part> =>
  Effect.promise(async (signal) => {
    const cut = new AbortController()
    signal.addEventListener("abort", () => cut.abort())
    const reply = await fetch(url, {
      signal: cut.signal,
      headers: { accept: "text/event-stream", ...(lastSeen !== null && { "last-event-id": lastSeen }) }
    })
    assert.strictEqual(reply.status, 200)
    const taken: Array<Uint8Array> = []
    let left = bytes
    let isOver = true
    for await (const some of reply.body ?? assert.fail("it has a body")) {
      taken.push(some.subarray(0, left))
      left -= some.length
      isOver = left > 0
      if (!isOver) break
    }
    cut.abort()
    return { text: Buffer.concat(taken).toString(), isOver }
  })

interface Told {
  readonly id: string
  readonly event: string
  readonly text: string
}

/** The events that are whole. */
const eventsIn = (text: string): ReadonlyArray<Told> =>
  text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const [, id, event, data] = /^id: (.*)\nevent: (.*)\ndata: (.*)$/u.exec(block) ?? []
      if (id === undefined || event === undefined || data === undefined) return []
      const { text: said } = JSON.parse(data) as { readonly text?: string }
      return [{ id, event, text: said ?? "" }]
    })

describe("a stream that is cut", slowly, () => {
  it.live(
    "at any byte goes on where it was: every reader has every event once, and the text that is stored",
    () =>
      Effect.gen(function* () {
        const speak = (socket: Socket, at = 0) => {
          const word = words[at]
          if (word === undefined) return void socket.write(closing)
          socket.write(chunk(piece(word)))
          setTimeout(() => speak(socket, at + 1), 4)
        }
        const { url, events, decoded } = yield* served((socket) => {
          socket.write(opening())
          speak(socket)
        })
        const chance = chances("cut streams")
        const count = { cuts: 0, drawn: 0 }
        const reads = Effect.fnUntraced(function* (run: string) {
          const told: Array<Told> = []
          let isOver = false
          while (!isOver) {
            const part = yield* upTo(
              `${url}/run/${run}/stream`,
              told.at(-1)?.id ?? null,
              Math.floor(1 + chance(count.drawn++) * 1500)
            )
            told.push(...eventsIn(part.text))
            isOver = part.isOver && told.at(-1)?.event === "turn_completed"
            if (!part.isOver) count.cuts++
          }
          return told
        })
        const speaks = Effect.gen(function* () {
          const body = { mode: "executor", prompt: "x", detach: true }
          const [first] = yield* events("/run", { method: "POST", body, until: () => true })
          const run = String(first?.data["run_id"])
          const all = yield* Effect.replicateEffect(reads(run), READERS, { concurrency: READERS })
          const stored = (yield* decoded(Answer, 200, "GET", `/run/${run}/text`)).result.message
          assert.strictEqual(stored, whole)
          for (const told of all) {
            assert.strictEqual(told.map(({ text }) => text).join(""), stored)
            assert.strictEqual(new Set(told.map(({ id }) => id)).size, told.length)
            assert.deepStrictEqual(
              told.filter(({ event }) => event !== "turn_delta").map(({ event }) => event),
              ["turn_started", "turn_output", "turn_completed"]
            )
          }
        })
        yield* Effect.repeat(speaks, { until: () => count.cuts >= CUTS })
      })
  )
})
