/** Owns the client of the bench: HTTP/1.1 over a socket, as cheap as can be, so that what is measured is not the client. */
import { connect, type Socket } from "node:net"

export interface Reply {
  readonly status: number
  readonly text: string
  /** Milliseconds from the request to what was waited for first, and to the end. */
  readonly first: number
  readonly whole: number
}

/** The bytes of a request. */
export const requestOf = (
  url: string,
  method: string,
  path: string,
  body: unknown = undefined,
  headers: Readonly<Record<string, string>> = {}
): Buffer => {
  const text = body === undefined ? "" : JSON.stringify(body)
  const lines = Object.entries({
    host: new URL(url).host,
    ...(text !== "" && {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(text))
    }),
    ...headers
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`)
}

/** One connection, with one request at a time on it. */
export class Connection {
  readonly #socket: Socket
  #took: ((piece: string) => void) | null = null
  #failed: ((error: Error) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding("latin1").setNoDelay(true)
    const lose = () => this.#failed?.(new Error("the connection was closed"))
    socket.on("data", (piece) => this.#took?.(String(piece)))
    socket.on("error", lose).on("close", lose)
  }

  static readonly to = (url: string): Promise<Connection> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname, () => resolve(new Connection(socket)))
      socket.once("error", reject)
    })

  /** The reply, once it is whole. `mark` is what is waited for first; without it, the first bytes. */
  ask(request: Buffer, mark = ""): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const start = performance.now()
      let text = ""
      let first = 0
      let end = -1
      let length = -1
      this.#failed = reject
      this.#took = (piece) => {
        text += piece
        if (first === 0 && (mark === "" || text.includes(mark))) first = performance.now() - start
        if (end === -1) {
          end = text.indexOf("\r\n\r\n")
          if (end === -1) return
          const found = /content-length: *(\d+)/iu.exec(text.slice(0, end))?.[1]
          length = found === undefined ? -1 : Number(found)
        }
        const isWhole = length === -1 ? text.endsWith("\r\n0\r\n\r\n") : text.length >= end + 4 + length
        if (!isWhole) return
        this.#took = null
        this.#failed = null
        const whole = performance.now() - start
        resolve({ status: Number(text.slice(9, 12)), text: text.slice(end + 4), first, whole })
      }
      this.#socket.write(request)
    })
  }

  /** Sends a request whose reply has no end, and returns with its first bytes. */
  watch(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failed = reject
      this.#took = () => {
        this.#took = () => {}
        this.#failed = null
        resolve()
      }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#failed = null
    this.#socket.destroy()
  }
}
