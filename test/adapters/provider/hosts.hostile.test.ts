/** Puts every adapter before servers that stall, lie, flood and break off: each of them is a typed failure, and no paid call is made twice. */
import type { Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { BaseUrl } from "../../../src/domain/config/Settings.ts"
import type { Call } from "../../../src/ports/Provider.ts"
import { anthropic } from "../../support/anthropicTalk.ts"
import { outcome, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call, done, ollama } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"
import type { Place, Tongue } from "../../support/tongue.ts"
import { chunk, chunked, opening, type Script, serve } from "../../support/upstream.ts"

interface Terms extends Pick<Place, "local"> {
  readonly fields?: Partial<Call>
  readonly wallMillis?: number
  readonly outputTokens?: number
}

const asked = Effect.fnUntraced(function* (tongue: Tongue, baseUrl: BaseUrl, terms: Terms) {
  const provider = yield* tongue.make({ baseUrl, local: terms.local ?? true })
  const { outputTokens = 100, wallMillis = 15_000 } = terms
  const intent = yield* intentFor({ outputTokens, wallMillis })
  const { deltas, failure } = yield* outcome(provider.generate(intent, call(terms.fields)))
  assert.isFalse(deltas.some(({ _tag }) => _tag === "End"))
  return { text: wordsOf(deltas), code: failure?.code, fallback: failure?.fallback }
})

/** What is left of a call to a server that behaves like this. It is asked once, and its connection is closed. */
const meet = Effect.fnUntraced(function* (tongue: Tongue, script: Script, terms: Terms = {}) {
  const server = yield* serve(script)
  const result = yield* Effect.scoped(asked(tongue, server.baseUrl, terms))
  yield* server.closed(0)
  assert.lengthOf(server.requests, 1)
  return result
}, Effect.scoped)

const unknown = { code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null } as const
const bad = { code: "PROVIDER_BAD_RESPONSE", fallback: null } as const
const timeout = { code: "PROVIDER_TIMEOUT", fallback: null } as const
const down = { code: "PROVIDER_UNAVAILABLE", fallback: "server_error" } as const
const refused = { code: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" } as const
const nowhere = { code: "PROVIDER_UNAVAILABLE", fallback: null } as const
const soon = { fields: { firstByteMillis: 200, idleMillis: 200 } }
const MOST_IN_FLIGHT = 32 * 2 ** 20

/** Writes as fast as the client reads, up to a gibibyte, and tells how much it got rid of. */
const flood =
  (bytes: string | Buffer, sent: { total: number }): Script =>
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

/** Writes this again and again before anybody has waited long, for ever. */
const drip =
  (bytes: string | Buffer): Script =>
  (socket) => {
    const timer = setInterval(() => socket.write(bytes), 20)
    socket.on("close", () => clearInterval(timer))
  }

/** Sends something, then whatever the test wants. */
const first =
  (bytes: string | Buffer, then: Script): Script =>
  (socket, request) => {
    socket.write(bytes)
    setImmediate(() => then(socket, request))
  }

const silent: Script = () => {}

describe.each([ollama, openAi, anthropic])("$name before servers", (tongue) => {
  const { begin, piece, framed, reasons } = tongue
  const places = tongue.elsewhere ? [true, false] : [true]
  const finished = tongue.done(reasons.stop, 3, 2)
  /** Sends the beginning of an answer, then whatever the test wants. */
  const after = (words: ReadonlyArray<string>, then: Script) =>
    first(Buffer.concat([opening(), ...[begin, ...words.map(piece)].map(chunk)]), then)
  const met = (script: Script, terms?: Terms) => meet(tongue, script, terms)
  /** The same, at each place where it may be. */
  const everywhere = Effect.fnUntraced(function* (script: Script, terms: Terms, expected: object) {
    for (const local of places) assert.deepStrictEqual(yield* met(script, { ...terms, local }), expected)
  })

  it.live("that are silent before the status line: another place only where that cost nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* met(silent, soon), {
        text: "",
        code: "PROVIDER_TIMEOUT",
        fallback: "first_byte_timeout"
      })
      if (tongue.elsewhere)
        assert.deepStrictEqual(yield* met(silent, { ...soon, local: false }), { text: "", ...unknown })
    })
  )
  it.live("that are silent after it, or after a token: something was produced, so nobody else is asked", () =>
    Effect.gen(function* () {
      yield* everywhere(after([], silent), soon, { text: "", ...timeout })
      yield* everywhere(after(["The"], silent), soon, { text: "The", ...timeout })
    })
  )
  it.live("that are silent in the body of an error: the status says enough", () =>
    everywhere((socket) => socket.write(opening("HTTP/1.1 503 Busy")), soon, { text: "", ...down })
  )
  it.live("that are never silent, and never done either", () =>
    Effect.gen(function* () {
      const { text, ...rest } = yield* met(after([], drip(chunk(piece("a")))), { wallMillis: 400 })
      assert.deepStrictEqual(rest, timeout)
      assert.match(text, /^a+$/)
      for (const nothing of tongue.nothing)
        assert.deepStrictEqual(yield* met(after(["The"], drip(chunk(nothing))), { wallMillis: 400 }), {
          text: "The",
          ...timeout
        })
    })
  )
  it.live("that are never done with their headers", () =>
    Effect.gen(function* () {
      const { code } = yield* met(first("HTTP/1.1 200 OK\r\n", drip("X-More: yes\r\n")), soon)
      assert.strictEqual(code, "PROVIDER_TIMEOUT")
    })
  )

  it.live.each([
    ["words", piece("word ".repeat(400))],
    ...tongue.nothing.map((nothing) => [JSON.stringify(nothing), nothing.repeat(600)] as const),
    ["a line", "a".repeat(4000)]
  ] as const)("that flood with %s", ([, said]) =>
    Effect.gen(function* () {
      const sent = { total: 0 }
      const { code, fallback } = yield* met(after([], flood(chunk(said), sent)))
      assert.deepStrictEqual({ code, fallback }, bad)
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
  it.live.each([
    ["headers", "HTTP/1.1 200 OK\r\n", `X-More: ${"y".repeat(1000)}\r\n`, bad],
    ["the body of an error", opening("HTTP/1.1 500 Internal Server Error"), chunk("x".repeat(10_000)), down]
  ] as const)("that flood with %s", ([, begun, said, failure]) =>
    Effect.gen(function* () {
      const sent = { total: 0 }
      assert.deepStrictEqual(yield* met(first(begun, flood(said, sent))), { text: "", ...failure })
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
  it.live("with a piece of 8 MiB, which not even many tokens would need", () =>
    Effect.gen(function* () {
      const said = chunked([begin, piece("a".repeat(8 * 2 ** 20)), finished])
      const terms = { outputTokens: 100_000 }
      assert.deepStrictEqual(yield* met((socket) => socket.write(said), terms), { text: "", ...bad })
    })
  )

  const started = begin + piece("The")
  const half = piece(" sky").slice(0, 40)

  it.live.each([
    ["before any byte", (socket) => socket.destroy(), "", unknown],
    ["in the middle of a piece", after(["The"], (socket) => socket.end(chunk(half))), "The", unknown],
    [
      "cleanly, in the middle of a piece",
      (socket) => socket.end(chunked([started, half])),
      "The",
      { code: tongue.half, fallback: null }
    ],
    ["cleanly, without the last piece", (socket) => socket.end(chunked([started])), "The", unknown],
    ["with an error", (socket) => socket.end(chunked([started, tongue.broken])), "The", unknown],
    ["with an error before any word", (socket) => socket.end(chunked([tongue.broken])), "", unknown],
    [
      "before the length they promised",
      (socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${started.length + 500}\r\n\r\n${started}`)
        setTimeout(() => socket.end(), 100)
      },
      "The",
      unknown
    ],
    [
      "after the length they promised, with more to come",
      (socket) =>
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${started.length}\r\n\r\n${started}${finished}`),
      "The",
      unknown
    ]
  ] satisfies ReadonlyArray<readonly [string, Script, string, object]>)(
    "that break off %s",
    ([, script, text, failure]) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* met(script, { local: false }), { text, ...failure })
      })
  )

  /** An answer that begins well, and goes on like this. */
  const then = (said: string | Uint8Array) => chunked([started, said])

  it.live.each([
    ["another protocol", Buffer.from("SSH-2.0-OpenSSH_9.9\r\n\r\n"), ""],
    ["a web page", chunked(["<!doctype html>\n<title>It works!</title>\n"]), ""],
    ["an answer in one piece", chunked([`{"choices":[],"type":"message"}`, "\n"]), ""],
    ["text that is not UTF-8", then(Buffer.from(piece("\xff\xfe\xc3("), "latin1")), "The"],
    ["JSON of another shape", then(framed(`{"choices":7,"type":7}`)), "The"],
    ["no JSON", then(framed("{")), "The"],
    ["JSON without end", chunked([framed("[".repeat(100_000))]), ""],
    ["words that are numbers", then(piece("word").replace(`"word"`, "7")), "The"],
    ...[-1, 1.5, 1e300].flatMap((count) => [
      [`${count} tokens read`, then(tongue.done(reasons.stop, count, 1)), "The"] as const,
      [`${count} tokens written`, then(tongue.done(reasons.stop, 1, count)), "The"] as const
    ]),
    ["an end for a reason of their own", then(tongue.done("unload", 1, 1)), "The"],
    ["a call of a tool", then(tongue.done("tool_use", 1, 1)), "The"],
    ["a pause", then(tongue.done("pause_turn", 1, 1)), "The"],
    [
      "a redirect",
      Buffer.from("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
      ""
    ],
    [
      "gzip that nobody asked for",
      chunked([started, finished], "HTTP/1.1 200 OK\r\nContent-Encoding: gzip"),
      ""
    ]
  ] satisfies ReadonlyArray<readonly [string, Buffer, string]>)("that speak %s", ([, reply, text]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* met((socket) => socket.write(reply)), { text, ...bad })
    })
  )

  it.live("that are not there: refused is the one thing that is tried again, elsewhere too", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(serve(silent))
      for (const local of places)
        assert.deepStrictEqual(yield* asked(tongue, gone.baseUrl, { local }), { text: "", ...refused })
    }).pipe(Effect.scoped)
  )
  it.live.each([
    ["have no address", () => "http://no-such-host.invalid:11434"],
    ["do not speak TLS", (url) => url.replace("http:", "https:")],
    ["have an address that is none", () => "http://["]
  ] satisfies ReadonlyArray<readonly [string, (url: string) => string]>)("that %s", ([, addressOf]) =>
    Effect.gen(function* () {
      const greet = (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")
      const { baseUrl } = yield* serve(silent, { greet })
      const address = BaseUrl.make(addressOf(baseUrl))
      for (const local of places)
        assert.deepStrictEqual(yield* asked(tongue, address, { local }), { text: "", ...nowhere })
    }).pipe(Effect.scoped)
  )
})

describe.each([openAi, anthropic])("$name before servers", (tongue) => {
  it.live("that break off cleanly, before they say that it is the end", () =>
    Effect.gen(function* () {
      const events = tongue.done(tongue.reasons.stop, 3, 2).split("\n\n").slice(0, -2)
      const said = chunked([tongue.begin, tongue.piece("The"), ...events.map((event) => `${event}\n\n`)])
      const result = yield* meet(tongue, (socket) => socket.end(said), { local: false })
      assert.deepStrictEqual(result, { text: "The", ...unknown })
    })
  )
})

describe("ollama before servers", () => {
  it.live.each([
    ["a truth that is a word", done().replace("true", `"true"`)],
    ["an end without a reason", done({ done_reason: undefined })]
  ] as const)("that speak %s", ([, last]) =>
    Effect.gen(function* () {
      const said = chunked([ollama.piece("The"), last])
      assert.deepStrictEqual(yield* meet(ollama, (socket) => socket.end(said)), { text: "The", ...bad })
    })
  )
})
