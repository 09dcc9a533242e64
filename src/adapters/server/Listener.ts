/** Owns the socket that the server listens on, and how long and how large what comes through it may be. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import type { HttpServer } from "effect/http"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Address } from "../../domain/server/Address.ts"

/** Bytes of all headers, and how many of them. */
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADERS = 100
/** Milliseconds until the headers, and until the whole request, are there; and between two requests. */
const HEADERS_MILLIS = 10_000
const REQUEST_MILLIS = 30_000
const IDLE_MILLIS = 5000
const MAX_CONNECTIONS = 1024
/** Until a reader that takes nothing is cut off (at the second time that nothing went through), and until connections are closed when the server is. */
const STALL_MILLIS = 20_000
const LAST_MILLIS = 1500

const listener = (stallMillis: number) => () => {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MILLIS,
    requestTimeout: REQUEST_MILLIS,
    keepAliveTimeout: IDLE_MILLIS,
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
    // Nothing is upgraded: what asks for it is answered as any other request, and no longer.
    shouldUpgradeCallback: () => false,
    requireHostHeader: false
  })
  const answering = new WeakMap<Socket, number>()
  const count = (socket: Socket, by: 1 | -1) => answering.set(socket, (answering.get(socket) ?? 0) + by)
  server.on("request", ({ socket }, response) => {
    count(socket, 1)
    response.on("close", () => count(socket, -1))
  })
  // Where nothing goes through, nobody reads, whatever was asked; whoever waits for an answer that is being made, waits.
  server.setTimeout(stallMillis, (socket) => {
    if ((answering.get(socket) ?? 0) === 0 || socket.writableLength > 0) socket.destroy()
    else socket.setTimeout(stallMillis)
  })
  // Whoever has not sent their request by then is not waited for.
  const close = server.close.bind(server)
  server.close = (done) => {
    setTimeout(() => server.closeAllConnections(), LAST_MILLIS).unref()
    return close(done)
  }
  server.maxHeadersCount = MAX_HEADERS
  server.maxConnections = MAX_CONNECTIONS
  return server
}

/** How long nothing may go through a connection before it is looked at. */
export interface Patience {
  readonly stallMillis: number
}

/** `ADDRESS_UNAVAILABLE` where it cannot be had. */
export const layer = (
  { host, port }: Address,
  { stallMillis }: Patience = { stallMillis: STALL_MILLIS }
): Layer.Layer<HttpServer.HttpServer, RuntimeFailure> =>
  NodeHttpServer.layerServer(listener(stallMillis), { host, port, gracefulShutdownTimeout: "1 second" }).pipe(
    Layer.catch(() => Layer.effectContext(Effect.fail(failure("ADDRESS_UNAVAILABLE", "setup"))))
  )

/** What the server needs of the platform besides the socket. */
export const platform = NodeHttpServer.layerHttpServices
