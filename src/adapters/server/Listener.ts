/** Owns the socket that the server listens on, and how long and how large what comes through it may be. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import type { HttpServer } from "effect/http"
import { createServer } from "node:http"
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
/** Until a reader of events that takes none is cut off (at the second time that nothing went through), and until connections are closed when the server is. */
const STALL_MILLIS = 20_000
const LAST_MILLIS = 1500

const listener = () => {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MILLIS,
    requestTimeout: REQUEST_MILLIS,
    keepAliveTimeout: IDLE_MILLIS,
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
    requireHostHeader: false
  })
  server.on("request", ({ headers, socket }, response) => {
    if (!headers.accept?.includes("text/event-stream")) return
    // There is a sign of life every fifteen seconds: where nothing goes through, nobody reads.
    socket.setTimeout(STALL_MILLIS)
    response.on("close", () => socket.setTimeout(0))
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

/** `ADDRESS_UNAVAILABLE` where it cannot be had. */
export const layer = ({ host, port }: Address): Layer.Layer<HttpServer.HttpServer, RuntimeFailure> =>
  NodeHttpServer.layerServer(listener, { host, port, gracefulShutdownTimeout: "1 second" }).pipe(
    Layer.catch(() => Layer.effectContext(Effect.fail(failure("ADDRESS_UNAVAILABLE", "setup"))))
  )

/** What the server needs of the platform besides the socket. */
export const platform = NodeHttpServer.layerHttpServices
