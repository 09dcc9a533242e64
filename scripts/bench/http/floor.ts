/** Owns the least that a governed and durable gateway must do, by hand: parse, two digests, two chained records, two durable appends. */
import { hash } from "node:crypto"
import { fdatasync, openSync, write } from "node:fs"
import { Agent, createServer, request, type ServerResponse } from "node:http"

const upstream = `${process.argv[2]}/api/chat`
const file = openSync(process.argv[3] ?? "", "a")
const agent = new Agent({ keepAlive: true, maxSockets: 256 })

/** One write and one `fdatasync` for everything that waits; while they are under way, the next gather. */
let waiting: Array<{ readonly line: string; readonly done: () => void }> = []
let isWriting = false
const flush = () => {
  const batch = waiting
  waiting = []
  isWriting = batch.length > 0
  if (!isWriting) return
  write(file, batch.map(({ line }) => line).join(""), () =>
    fdatasync(file, () => {
      for (const { done } of batch) done()
      flush()
    })
  )
}
let head = ""
const record = (facts: object, done: () => void) => {
  const payload = JSON.stringify({ ...facts, at: Date.now(), previous: head })
  head = hash("sha256", payload)
  waiting.push({ line: `${payload}\n`, done })
  if (!isWriting) flush()
}

const bodyOf = (stream: NodeJS.ReadableStream, done: (text: string) => void) => {
  const pieces: Array<Buffer> = []
  stream
    .on("data", (piece: Buffer) => pieces.push(piece))
    .on("end", () => done(Buffer.concat(pieces).toString()))
}
const call = (model: string, prompt: string, done: (text: string) => void, failed: () => void) => {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: prompt }], stream: true })
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
  request(upstream, { method: "POST", agent, headers }, (reply) => bodyOf(reply, done))
    .on("error", failed)
    .end(body)
}
const textOf = (lines: string): string =>
  lines
    .split("\n")
    .map((line) => (line === "" ? "" : JSON.parse(line).message.content))
    .join("")

const answer = (outgoing: ServerResponse, asked: string) => {
  const { mode, prompt } = JSON.parse(asked)
  record({ type: "intent", mode, digest: hash("sha256", prompt) }, () =>
    call(
      mode,
      prompt,
      (lines) => {
        const message = textOf(lines)
        record({ type: "settled", mode, digest: hash("sha256", message) }, () => {
          const reply = JSON.stringify({ status: "ok", result: { message, mode } })
          outgoing
            .writeHead(200, {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(reply)
            })
            .end(reply)
        })
      },
      () => outgoing.destroy()
    )
  )
}
const server = createServer((incoming, outgoing) => bodyOf(incoming, (asked) => answer(outgoing, asked)))
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
