/** Holds connections to a real socket without reading, asking or waiting for an answer: who takes nothing is let go, and nobody else. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Result, Stream } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { connect } from "node:net"
import * as Listener from "../../../src/adapters/server/Listener.ts"
import { addressOf } from "../../../src/domain/server/Address.ts"

const STALL_MILLIS = 400
const MUCH = new Uint8Array(256 * 1024)

const address = Result.getOrThrow(addressOf({ host: "127.0.0.1", port: 0, names: [] }, false))

/** Much without an end, and a word that is long in coming; `left` once nobody is there for the first any more. */
const serving = Effect.gen(function* () {
  const left = yield* Deferred.make<void>()
  const much = Stream.forever(Stream.make(MUCH)).pipe(Stream.ensuring(Deferred.succeed(left, undefined)))
  const routes = Layer.mergeAll(
    HttpRouter.add("GET", "/much", Effect.succeed(HttpServerResponse.stream(much))),
    HttpRouter.add(
      "GET",
      "/late",
      Effect.delay(Effect.succeed(HttpServerResponse.text("late")), 5 * STALL_MILLIS)
    ),
    HttpRouter.add("GET", "/soon", Effect.succeed(HttpServerResponse.text("soon")))
  )
  const built = yield* Layer.build(
    HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(Listener.layer(address, { stallMillis: STALL_MILLIS })),
      Layer.provideMerge(Listener.platform)
    )
  )
  const { address: at } = yield* Effect.provide(HttpServer.HttpServer, built)
  return { left: Deferred.await(left), port: "port" in at ? at.port : assert.fail("it has no port") }
})

/** What is said to these lines, once the connection is closed from there. */
const said = (port: number, lines: ReadonlyArray<string>, isRead = true) =>
  Effect.callback<string>((resume) => {
    let text = ""
    const socket = connect(port, "127.0.0.1", () => {
      if (lines.length > 0) socket.write([...lines, "", ""].join("\r\n"))
      if (!isRead) socket.pause()
    })
    if (isRead) socket.on("data", (piece: Buffer) => (text += piece.toString("latin1")))
    socket.on("error", () => {})
    socket.on("close", () => resume(Effect.succeed(text)))
    return Effect.sync(() => socket.destroy())
  })

const get = (path: string, ...more: ReadonlyArray<string>) => [`GET ${path} HTTP/1.1`, "Host: here", ...more]
const upgrade = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]

describe("what listens", { timeout: 20_000 }, () => {
  it.live("cuts off whoever takes nothing of an answer, and waits with whoever waits for one", () =>
    Effect.gen(function* () {
      const { port, left } = yield* serving
      yield* Effect.forkChild(said(port, get("/much"), false))
      const late = yield* Effect.forkChild(said(port, get("/late", "Connection: close")))
      yield* left
      assert.match(yield* Fiber.join(late), /^HTTP\/1\.1 200 [^]*late$/u)
    })
  )

  it.live("answers what wants to be upgraded as anything else, and keeps nobody who asks for nothing", () =>
    Effect.gen(function* () {
      const { port, left } = yield* serving
      assert.match(
        yield* said(port, get("/soon", ...upgrade, "Connection: close")),
        /^HTTP\/1\.1 200 [^]*soon$/u
      )
      yield* Effect.forkChild(said(port, get("/much", ...upgrade), false))
      yield* left
      assert.strictEqual(yield* said(port, []), "")
    })
  )
})
