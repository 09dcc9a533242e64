/**
 * Owns the upstream of the bench, a process of its own: it answers `POST /api/chat` as Ollama does, in lines. The model's name
 * says what is answered: `m<bytes>-<delay>-<gap>`, with milliseconds before the first piece and between it and the others.
 */
import { createServer, type Socket } from "node:net"

/** Bytes of text in a line. */
const PIECE = 50

interface Answer {
  readonly first: Buffer
  readonly rest: Buffer
  readonly delay: number
  readonly gap: number
}

const line = (model: string, rest: object) =>
  `${JSON.stringify({ model, created_at: "2026-01-01T00:00:00.000000Z", ...rest })}\n`

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

/** `asked` is how many bytes: of four a token is said to have been read, as of a prompt that was read whole. */
const answerOf = (model: string, asked: number): Answer => {
  const [, bytes, delay, gap] = (/^m(\d+)-(\d+)-(\d+)$/u.exec(model) ?? []).map(Number)
  if (bytes === undefined) throw new Error("no such model")
  const pieces = Array.from({ length: Math.max(1, Math.round(bytes / PIECE)) }, () =>
    line(model, {
      message: { role: "assistant", content: "words of ".repeat(6).slice(0, PIECE) },
      done: false
    })
  )
  const counts = { prompt_eval_count: Math.ceil(asked / 4), eval_count: pieces.length }
  const end = line(model, {
    message: { role: "assistant", content: "" },
    done: true,
    done_reason: "stop",
    ...counts
  })
  const head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
  return {
    first: Buffer.from(head + chunk(pieces[0] ?? "")),
    rest: Buffer.from([...pieces.slice(1), end].map(chunk).join("") + "0\r\n\r\n"),
    delay: delay ?? 0,
    gap: gap ?? 0
  }
}

const known = new Map<string, Answer>()
const find = (model: string, asked: number): Answer => {
  const key = `${model}/${asked}`
  const answer = known.get(key) ?? answerOf(model, asked)
  known.set(key, answer)
  return answer
}

const after = (millis: number, action: () => void) => (millis > 0 ? setTimeout(action, millis) : action())

const say = (socket: Socket, { first, rest, delay, gap }: Answer) => {
  if (delay + gap === 0) return void socket.write(Buffer.concat([first, rest]))
  after(delay, () => {
    socket.write(first)
    after(gap, () => socket.write(rest))
  })
}

/** Requests come one at a time on a connection, each with a length. */
const server = createServer({ noDelay: true }, (socket) => {
  let received = ""
  socket.setEncoding("latin1")
  socket.on("error", () => {})
  socket.on("data", (piece) => {
    received += String(piece)
    const end = received.indexOf("\r\n\r\n")
    if (end === -1) return
    const length = Number(/content-length: *(\d+)/iu.exec(received.slice(0, end))?.[1] ?? 0)
    if (received.length < end + 4 + length) return
    const model = /"model":"(m[\d-]+)"/u.exec(received)?.[1]
    received = ""
    if (model !== undefined) return say(socket, find(model, length))
    const body = `{"version":"0.32.15"}`
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    )
  })
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address && typeof address === "object") process.stdout.write(`http://127.0.0.1:${address.port}\n`)
})
