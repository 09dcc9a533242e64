/** Puts the adapter before servers that stall, lie, flood and break off; every one of them is a typed failure. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { BaseUrl } from "../../../src/domain/config/Settings.ts"
import type { Call, Delta } from "../../../src/ports/Provider.ts"
import { wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call, done, piece } from "../../support/ollamaTalk.ts"
import { chunk, chunked, opening, type Script, serve } from "../../support/upstream.ts"

const failing = Effect.fnUntraced(function* (
  baseUrl: BaseUrl,
  fields: Partial<Call> = {},
  wallMillis = 15_000
) {
  const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
  const intent = yield* intentFor({ outputTokens: 100, wallMillis })
  const deltas: Array<Delta> = []
  const { code, fallback } = yield* provider.generate(intent, call(fields)).pipe(
    Stream.runForEach((delta) => Effect.sync(() => deltas.push(delta))),
    Effect.flip
  )
  return { text: wordsOf(deltas), code, fallback }
})

/** What is left of a call to a server that behaves like this. It is asked once, and its connection is closed. */
const meet = Effect.fnUntraced(function* (script: Script, fields?: Partial<Call>, wallMillis?: number) {
  const server = yield* serve(script)
  const result = yield* Effect.scoped(failing(server.baseUrl, fields, wallMillis))
  yield* server.closed(0)
  assert.lengthOf(server.requests, 1)
  return result
}, Effect.scoped)

const unknown = { code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null } as const
const bad = { code: "PROVIDER_BAD_RESPONSE", fallback: null } as const
const timeout = { code: "PROVIDER_TIMEOUT", fallback: null } as const
const soon = { firstByteMillis: 200, idleMillis: 200 }

/** Sends the beginning of an answer, then whatever the test wants. */
const after =
  (tokens: ReadonlyArray<string>, then: Script): Script =>
  (socket, request) => {
    socket.write(Buffer.concat([opening(), ...tokens.map((token) => chunk(piece(token)))]))
    setImmediate(() => then(socket, request))
  }

describe("servers that are silent", () => {
  it.live("before the status line", () =>
    Effect.gen(function* () {
      const result = yield* meet(() => {}, soon)
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_TIMEOUT", fallback: "first_byte_timeout" })
    })
  )
  it.live("after the status line: something was produced, so nobody else is asked", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* meet(
          after([], () => {}),
          soon
        ),
        { text: "", ...timeout }
      )
    })
  )
  it.live("after a token", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* meet(
          after(["The"], () => {}),
          soon
        ),
        { text: "The", ...timeout }
      )
    })
  )
  it.live("never, and never done either", () =>
    Effect.gen(function* () {
      const drip: Script = (socket) => {
        const timer = setInterval(() => socket.write(chunk(piece("a"))), 20)
        socket.on("close", () => clearInterval(timer))
      }
      const result = yield* meet(after([], drip), {}, 300)
      assert.deepStrictEqual({ code: result.code, fallback: result.fallback }, timeout)
      assert.match(result.text, /^a+$/)
    })
  )
  it.live("in the middle of headers that have no end", () =>
    Effect.gen(function* () {
      const drip: Script = (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n")
        const timer = setInterval(() => socket.write("X-More: yes\r\n"), 20)
        socket.on("close", () => clearInterval(timer))
      }
      assert.strictEqual((yield* meet(drip, soon)).code, "PROVIDER_TIMEOUT")
    })
  )
  it.live("in the body of an error: the status says enough", () =>
    Effect.gen(function* () {
      const result = yield* meet((socket) => socket.write(opening("HTTP/1.1 503 Busy")), soon)
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_UNAVAILABLE", fallback: "server_error" })
    })
  )
})

describe("servers that flood", () => {
  /** Writes as fast as the client reads, up to a gibibyte, and tells how much it got rid of. */
  const flood =
    (bytes: Buffer, sent: { total: number }): Script =>
    (socket) => {
      const more = () => {
        while (!socket.destroyed && sent.total < 2 ** 30) {
          sent.total += bytes.length
          if (!socket.write(bytes)) return
        }
      }
      socket.on("drain", more)
      more()
    }
  const MOST_IN_FLIGHT = 32 * 2 ** 20

  it.live("with a gibibyte of tokens", () =>
    Effect.gen(function* () {
      const sent = { total: 0 }
      const tokens = chunk(piece("word ").repeat(400))
      const { code, fallback } = yield* meet(after([], flood(tokens, sent)))
      assert.deepStrictEqual({ code, fallback }, bad)
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
  it.live("with a line of 8 MiB, which not even many tokens would need", () =>
    Effect.gen(function* () {
      const server = yield* serve((socket) => socket.write(chunked([piece("a".repeat(8 * 2 ** 20)), done()])))
      const provider = yield* Ollama.make({
        baseUrl: server.baseUrl,
        window: 2048,
        keepAliveSeconds: undefined
      })
      const intent = yield* intentFor({ outputTokens: 100_000, wallMillis: 15_000 })
      const failure = yield* Effect.flip(Stream.runDrain(provider.generate(intent, call())))
      assert.deepStrictEqual({ code: failure.code, fallback: failure.fallback }, bad)
    }).pipe(Effect.scoped)
  )
  it.live("with headers", () =>
    Effect.gen(function* () {
      const sent = { total: 0 }
      const headers = flood(Buffer.from(`X-More: ${"y".repeat(1000)}\r\n`), sent)
      const result = yield* meet((socket, request) => {
        socket.write("HTTP/1.1 200 OK\r\n")
        headers(socket, request)
      })
      assert.deepStrictEqual(result, { text: "", ...bad })
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
  it.live("with the body of an error", () =>
    Effect.gen(function* () {
      const sent = { total: 0 }
      const result = yield* meet((socket, request) => {
        socket.write(opening("HTTP/1.1 500 Internal Server Error"))
        flood(chunk("x".repeat(10_000)), sent)(socket, request)
      })
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_UNAVAILABLE", fallback: "server_error" })
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
})

describe("servers that break off", () => {
  it.live.each([
    ["before any byte", (socket) => socket.destroy(), "", unknown],
    [
      "in the middle of a line",
      after(["The"], (socket) => socket.end(chunk(piece(" sky").slice(0, 40)))),
      "The",
      unknown
    ],
    [
      "cleanly, after half a line",
      (socket) => socket.end(chunked([piece("The"), piece(" sky").slice(0, 40)])),
      "The",
      bad
    ],
    ["cleanly, without the last line", (socket) => socket.end(chunked([piece("The")])), "The", unknown],
    [
      "with an error line",
      (socket) => socket.end(chunked([piece("The"), `{"error":"unexpected EOF"}\n`])),
      "The",
      unknown
    ],
    [
      "before the length they promised",
      (socket) => {
        const line = piece("The")
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length + 500}\r\n\r\n${line}`)
        setTimeout(() => socket.end(), 100)
      },
      "The",
      unknown
    ],
    [
      "after the length they promised, with more to come",
      (socket) => {
        const line = piece("The")
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}${done()}`)
      },
      "The",
      unknown
    ]
  ] satisfies ReadonlyArray<readonly [string, Script, string, object]>)("%s", ([, script, text, failure]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* meet(script), { text, ...failure })
    })
  )
})

describe("servers that speak something else", () => {
  const last = (fields: object) => chunked([piece("The"), done(fields)])

  it.live.each([
    ["another protocol", Buffer.from("SSH-2.0-OpenSSH_9.9\r\n\r\n"), ""],
    ["a web page", chunked(["<!doctype html>\n<title>It works!</title>\n"]), ""],
    [
      "text that is not UTF-8",
      chunked([piece("The"), Buffer.from([0x22, 0xff, 0xfe, 0xc3, 0x28, 0x22, 0x0a])]),
      "The"
    ],
    ["JSON of another shape", chunked([piece("The"), `{"choices":[]}\n`]), "The"],
    ["JSON without end", chunked([`${"[".repeat(100_000)}\n`]), ""],
    ["words that are numbers", chunked([`{"message":{"content":7},"done":false}\n`]), ""],
    [
      "a truth that is a word",
      chunked([`{"message":{"content":""},"done":"true","done_reason":"stop"}\n`]),
      ""
    ],
    ["negative counts", last({ eval_count: -1 }), "The"],
    ["fractional counts", last({ eval_count: 1.5 }), "The"],
    ["counts beyond counting", last({ eval_count: 1e300 }), "The"],
    ["an end without a reason", last({ done_reason: undefined }), "The"],
    ["an end for a reason of its own", last({ done_reason: "unload" }), "The"],
    [
      "a redirect",
      Buffer.from("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
      ""
    ],
    [
      "gzip that nobody asked for",
      chunked([piece("The"), done()], "HTTP/1.1 200 OK\r\nContent-Encoding: gzip"),
      ""
    ]
  ] satisfies ReadonlyArray<readonly [string, Buffer, string]>)("%s", ([, reply, text]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* meet((socket) => socket.write(reply)), { text, ...bad })
    })
  )
})

describe("servers that are not there", () => {
  it.live("refuse the connection: another place may be asked", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(serve(() => {}))
      assert.deepStrictEqual(yield* failing(gone.baseUrl), {
        text: "",
        code: "PROVIDER_UNAVAILABLE",
        fallback: "connection_refused"
      })
    }).pipe(Effect.scoped)
  )
  it.live("have no address", () =>
    Effect.gen(function* () {
      const result = yield* failing(BaseUrl.make("http://no-such-host.invalid:11434"))
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_UNAVAILABLE", fallback: null })
    }).pipe(Effect.scoped)
  )
  it.live("do not speak TLS", () =>
    Effect.gen(function* () {
      const server = yield* serve(() => {}, {
        greet: (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
      })
      const result = yield* failing(BaseUrl.make(server.baseUrl.replace("http:", "https:")))
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_UNAVAILABLE", fallback: null })
    }).pipe(Effect.scoped)
  )
  it.live("have an address that is none", () =>
    Effect.gen(function* () {
      const result = yield* failing(BaseUrl.make("http://["))
      assert.deepStrictEqual(result, { text: "", code: "PROVIDER_UNAVAILABLE", fallback: null })
    }).pipe(Effect.scoped)
  )
})
