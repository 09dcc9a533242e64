/** Puts the adapters of event streams before servers that stall, lie, flood and break off: every one of them is a typed failure, and no paid call is made twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Call } from "../../../src/ports/Provider.ts"
import { anthropic } from "../../support/anthropicTalk.ts"
import { outcome, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"
import { type Place, type Tongue } from "../../support/tongue.ts"
import { chunk, chunked, opening, type Script, serve } from "../../support/upstream.ts"

interface Terms extends Pick<Place, "local"> {
  readonly fields?: Partial<Call>
  readonly wallMillis?: number
  readonly outputTokens?: number
}

const asked = Effect.fnUntraced(function* (tongue: Tongue, baseUrl: Place["baseUrl"], terms: Terms) {
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
const soon = { fields: { firstByteMillis: 200, idleMillis: 200 } }
const MOST_IN_FLIGHT = 32 * 2 ** 20

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

describe.each([openAi, anthropic])("$name before servers", (tongue) => {
  const { begin, piece } = tongue
  const finished = tongue.done(tongue.reasons.stop, 3, 2)
  /** Sends the beginning of an answer, then whatever the test wants. */
  const after =
    (words: ReadonlyArray<string>, then: Script): Script =>
    (socket, request) => {
      socket.write(Buffer.concat([opening(), ...[begin, ...words.map(piece)].map(chunk)]))
      setImmediate(() => then(socket, request))
    }
  const met = (script: Script, terms?: Terms) => meet(tongue, script, terms)

  it.live("that are silent before the status line: another place only where that cost nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* met(() => {}, soon), {
        text: "",
        code: "PROVIDER_TIMEOUT",
        fallback: "first_byte_timeout"
      })
      assert.deepStrictEqual(yield* met(() => {}, { ...soon, local: false }), { text: "", ...unknown })
    })
  )
  it.live("that are silent after it, or after a token", () =>
    Effect.gen(function* () {
      for (const local of [true, false]) {
        assert.deepStrictEqual(
          yield* met(
            after([], () => {}),
            { ...soon, local }
          ),
          { text: "", ...timeout }
        )
        assert.deepStrictEqual(
          yield* met(
            after(["The"], () => {}),
            { ...soon, local }
          ),
          { text: "The", ...timeout }
        )
      }
    })
  )
  it.live("that are kept alive by comments and never done", () =>
    Effect.gen(function* () {
      const drip: Script = (socket) => {
        const timer = setInterval(() => socket.write(chunk(": keep-alive\n\n")), 20)
        socket.on("close", () => clearInterval(timer))
      }
      assert.deepStrictEqual(yield* met(after(["The"], drip), { wallMillis: 400 }), {
        text: "The",
        ...timeout
      })
    })
  )

  it.live("that flood", () =>
    Effect.gen(function* () {
      for (const words of [
        piece("word ".repeat(400)),
        ": still here\n\n".repeat(300),
        "data:\n".repeat(600),
        "a".repeat(4000)
      ]) {
        const sent = { total: 0 }
        const { code, fallback } = yield* met(after([], flood(chunk(words), sent)))
        assert.deepStrictEqual({ code, fallback }, bad)
        assert.isBelow(sent.total, MOST_IN_FLIGHT)
      }
      const sent = { total: 0 }
      const error = yield* met((socket, request) => {
        socket.write(opening("HTTP/1.1 500 Internal Server Error"))
        flood(chunk("x".repeat(10_000)), sent)(socket, request)
      })
      assert.deepStrictEqual(error, { text: "", ...down })
      assert.isBelow(sent.total, MOST_IN_FLIGHT)
    })
  )
  it.live("with an event of 8 MiB, which not even many tokens would need", () =>
    Effect.gen(function* () {
      const script: Script = (socket) =>
        socket.write(chunked([begin, piece("a".repeat(8 * 2 ** 20)), finished]))
      assert.deepStrictEqual(yield* met(script, { outputTokens: 100_000 }), { text: "", ...bad })
    })
  )

  it.live.each([
    ["before any byte", (socket) => socket.destroy(), "", unknown],
    [
      "in the middle of an event",
      after(["The"], (socket) => socket.end(chunk(piece(" sky").slice(0, 40)))),
      "The",
      unknown
    ],
    [
      "cleanly, in the middle of an event",
      (socket) => socket.end(chunked([begin, piece("The"), piece(" sky").slice(0, 40)])),
      "The",
      unknown
    ],
    [
      "cleanly, without the last event",
      (socket) => socket.end(chunked([begin, piece("The")])),
      "The",
      unknown
    ],
    [
      "cleanly, before they say that it is the end",
      (socket) =>
        socket.end(chunked([begin, piece("The"), finished.split("\n\n").slice(0, -2).join("\n\n"), "\n\n"])),
      "The",
      unknown
    ],
    ["with an error", (socket) => socket.end(chunked([begin, piece("The"), tongue.broken])), "The", unknown],
    ["with an error before any word", (socket) => socket.end(chunked([tongue.broken])), "", unknown],
    [
      "before the length they promised",
      (socket) => {
        const said = begin + piece("The")
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${said.length + 500}\r\n\r\n${said}`)
        setTimeout(() => socket.end(), 100)
      },
      "The",
      unknown
    ],
    [
      "after the length they promised, with more to come",
      (socket) => {
        const said = begin + piece("The")
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${said.length}\r\n\r\n${said}${finished}`)
      },
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

  it.live.each([
    ["another protocol", Buffer.from("SSH-2.0-OpenSSH_9.9\r\n\r\n"), ""],
    ["a web page", chunked(["<!doctype html>\n<title>It works!</title>\n"]), ""],
    ["an answer in one piece", chunked([`{"choices":[],"type":"message"}`, "\n"]), ""],
    [
      "text that is not UTF-8",
      chunked([begin, piece("The"), Buffer.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0xfe, 0x0a])]),
      "The"
    ],
    ["JSON of another shape", chunked([begin, piece("The"), `data: {"choices":7,"type":7}\n\n`]), "The"],
    ["no JSON", chunked([begin, piece("The"), "data: {\n\n"]), "The"],
    ["JSON without end", chunked([`data: ${"[".repeat(100_000)}\n\n`]), ""],
    ["negative counts", chunked([begin, piece("The"), tongue.done(tongue.reasons.stop, 1, -1)]), "The"],
    ["fractional counts", chunked([begin, piece("The"), tongue.done(tongue.reasons.stop, 1.5, 1)]), "The"],
    [
      "an end for a reason of their own",
      chunked([begin, piece("The"), tongue.done("tool_use", 1, 1)]),
      "The"
    ],
    ["a pause", chunked([begin, piece("The"), tongue.done("pause_turn", 1, 1)]), "The"],
    [
      "a redirect",
      Buffer.from("HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"),
      ""
    ],
    [
      "gzip that nobody asked for",
      chunked([begin, piece("The"), finished], "HTTP/1.1 200 OK\r\nContent-Encoding: gzip"),
      ""
    ]
  ] satisfies ReadonlyArray<readonly [string, Buffer, string]>)("that speak %s", ([, reply, text]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* met((socket) => socket.write(reply)), { text, ...bad })
    })
  )

  it.live("that are not there: refused is the one thing that is tried again, elsewhere too", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(serve(() => {}))
      for (const local of [true, false]) {
        assert.deepStrictEqual(yield* asked(tongue, gone.baseUrl, { local }), {
          text: "",
          code: "PROVIDER_UNAVAILABLE",
          fallback: "connection_refused"
        })
      }
    }).pipe(Effect.scoped)
  )
})
