/** Owns recorded exchanges with a real server and how one of them goes over a wire again. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Schema } from "effect"
import type { Code } from "../../src/domain/Failure.ts"
import type { Finish } from "../../src/domain/run/Receipt.ts"
import type { FallbackReason } from "../../src/domain/run/Route.ts"
import { chunk, type Script } from "./upstream.ts"

export interface Recording {
  /** The whole reply as a server would send it. */
  readonly bytes: Buffer
  /** What then became of the connection. */
  readonly ending: "complete" | "cut" | "silence"
  /** All pieces of the answer, joined. */
  readonly text: string
}

export interface Recordings {
  readonly names: ReadonlyArray<string>
  readonly read: (name: string) => Recording
}

/** What recordings mean. */
export interface Meanings {
  /** Recording, why it ended, tokens of the prompt, tokens of the answer: as the server counted them. */
  readonly answered: ReadonlyArray<
    readonly [name: string, Finish, input: number | null, output: number | null]
  >
  readonly failed: ReadonlyArray<{
    readonly code: Code
    readonly fallback: FallbackReason | null
    readonly names: ReadonlyArray<string>
  }>
}

const Asked = Schema.fromJsonString(Schema.Struct({ curl_exit: Schema.optionalKey(Schema.Int) }))
const framed = /^[0-9a-f]+\r\n/

/** Those of a folder of `test/fixtures`; `textOf` says what of one line of a body is a piece of an answer. */
export const recordingsIn = (name: string, textOf: (line: string) => string): Recordings => {
  const folder = path.join(import.meta.dirname, "../fixtures", name)
  return {
    names: fs
      .readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".http"))
      .map((file) => file.slice(0, -".http".length).replaceAll(path.sep, "/"))
      .toSorted(),
    read: (recorded) => {
      const asked = Schema.decodeUnknownSync(Asked)(
        fs.readFileSync(path.join(folder, `${recorded}.request.json`), "utf8")
      )
      const reply = fs.readFileSync(path.join(folder, `${recorded}.http`))
      const end = reply.indexOf("\r\n\r\n")
      const head = reply.subarray(0, Math.max(0, end)).toString("latin1")
      const body = reply.subarray(end + 4)
      const ending = asked.curl_exit === 0 ? "complete" : asked.curl_exit === 28 ? "silence" : "cut"
      const strip =
        /transfer-encoding: chunked/i.test(head) && !framed.test(body.subarray(0, 16).toString("latin1"))
      return {
        bytes: strip
          ? Buffer.concat([
              reply.subarray(0, end + 4),
              chunk(body),
              Buffer.from(ending === "complete" ? "0\r\n\r\n" : "")
            ])
          : reply,
        ending,
        text: body.toString("utf8").split("\n").map(textOf).join("")
      }
    }
  }
}

/** Plays a recording in pieces that end at these offsets. */
export const play =
  (recording: Recording, cuts: ReadonlyArray<number> = []): Script =>
  (socket) => {
    const offsets = [...new Set([0, ...cuts.map((cut) => cut % (recording.bytes.length + 1))])].toSorted(
      (a, b) => a - b
    )
    const pieces = offsets.map((offset, index) => recording.bytes.subarray(offset, offsets[index + 1]))
    socket.setNoDelay(true)
    const next = () => {
      const piece = pieces.shift()
      if (piece !== undefined) socket.write(piece, () => setImmediate(next))
      else if (recording.ending === "cut") socket.destroy()
    }
    next()
  }
