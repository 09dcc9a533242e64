/** Owns a TCP server for tests that answers an HTTP request with exactly the bytes, or the silence, a test wants. */
import { once } from "node:events"
import * as net from "node:net"
import { Effect, type Scope } from "effect"
import { BaseUrl } from "../../src/domain/config/Settings.ts"

export interface Request {
  /** E.g. `POST /api/chat HTTP/1.1`. */
  readonly line: string
  /** Everything before the body, lower case. */
  readonly head: string
  readonly body: string
}

/** Answers one request. The socket stays open until the script ends it. */
export type Script = (socket: net.Socket, request: Request) => void

export interface Server {
  readonly baseUrl: BaseUrl
  readonly requests: ReadonlyArray<Request>
  /** Waits until the client has closed the connection of its `n`th request (from 0). */
  readonly closed: (n: number) => Effect.Effect<void>
}

export interface Listening {
  /** Meets a connection's first bytes, whatever they are. */
  readonly greet?: (socket: net.Socket) => void
  /** A free port when left out. */
  readonly port?: number
}

/** Listens on 127.0.0.1 until the scope ends. */
export const serve = Effect.fnUntraced(function* (
  script: Script,
  { greet, port: wanted = 0 }: Listening = {}
): Effect.fn.Return<Server, never, Scope.Scope> {
  const requests: Array<Request> = []
  const closings: Array<Promise<unknown>> = []
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    // A connection is used again for as many requests as a test has.
    socket.setMaxListeners(0)
    socket.on("error", () => {})
    socket.on("close", () => sockets.delete(socket))
    if (greet) socket.once("data", () => greet(socket))
    let received = Buffer.alloc(0)
    socket.on("data", (piece) => {
      received = Buffer.concat([received, piece as Buffer])
      const request = parse(received)
      if (request === null) return
      received = Buffer.alloc(0)
      requests.push(request)
      closings.push(new Promise((resolve) => socket.once("close", resolve)))
      script(socket, request)
    })
  })
  yield* Effect.acquireRelease(
    Effect.promise(() => once(server.listen(wanted, "127.0.0.1"), "listening")),
    () =>
      Effect.promise(() => {
        for (const socket of sockets) socket.destroy()
        return once(server.close(), "close")
      })
  )
  const { port } = server.address() as net.AddressInfo
  return {
    baseUrl: BaseUrl.make(`http://127.0.0.1:${port}`),
    requests,
    closed: (n) => Effect.promise(() => closings[n] ?? Promise.reject(new Error("no such request")))
  }
})

const parse = (received: Buffer): Request | null => {
  const end = received.indexOf("\r\n\r\n")
  if (end === -1) return null
  const head = received.subarray(0, end).toString("latin1").toLowerCase()
  const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0)
  const body = received.subarray(end + 4)
  if (body.length < length) return null
  const line = received.subarray(0, received.indexOf("\r\n")).toString("latin1")
  return { line, head, body: body.toString("utf8") }
}

/** A complete answer in chunked framing, one chunk per piece. */
export const chunked = (pieces: ReadonlyArray<string | Uint8Array>, head = "HTTP/1.1 200 OK"): Buffer =>
  Buffer.concat([opening(head), ...pieces.map(chunk), Buffer.from("0\r\n\r\n")])

export const opening = (head = "HTTP/1.1 200 OK"): Buffer =>
  Buffer.from(`${head}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n`)

export const chunk = (piece: string | Uint8Array): Buffer => {
  const bytes = Buffer.from(piece)
  return bytes.length === 0
    ? bytes
    : Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")])
}
