/** Checks what the adapter sends, when it sends it, and that leaving it closes the connection. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { Content } from "../../../src/domain/Content.ts"
import { exact } from "../../../src/domain/run/Generation.ts"
import { wireFormat, wireSchema } from "../../../src/domain/run/Verdict.ts"
import type { Message } from "../../../src/domain/run/Messages.ts"
import { wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call, done, ollama, piece } from "../../support/ollamaTalk.ts"
import { honest } from "../../support/tongue.ts"
import { chunk, chunked, opening, serve } from "../../support/upstream.ts"
import { collect } from "./contract.ts"

const messages: ReadonlyArray<Message> = [
  { role: "system", content: Content.of("Be brief.") },
  { role: "user", content: Content.of('"Größe"\n日本 \u0000 \ud800') }
]
const json = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

describe("what is sent", () => {
  it.effect("is bounded, forbids silent cuts, and carries the text as it is", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      yield* collect(provider, 77, { messages, sampling: { ...exact, temperature: 0.5 } })
      assert.strictEqual(requests[0]?.line, "POST /api/chat HTTP/1.1")
      assert.deepStrictEqual(json(requests[0]?.body), {
        model: "smollm2:135m",
        messages: [
          { role: "system", content: "Be brief." },
          { role: "user", content: '"Größe"\n日本 \u0000 \ufffd' }
        ],
        stream: true,
        truncate: false,
        shift: false,
        options: { num_ctx: 2048, num_predict: 77, temperature: 0.5 }
      })
    }).pipe(Effect.scoped)
  )

  it.effect("asks for a format and for how long to stay loaded only where that is wanted", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: 0 })
      yield* collect(provider, 77, { format: wireFormat })
      const body = json(requests[0]?.body) as Record<string, unknown>
      assert.deepStrictEqual(body["format"], structuredClone(wireSchema))
      assert.strictEqual(body["keep_alive"], 0)
    }).pipe(Effect.scoped)
  )

  it.effect("says how to choose and where to end only where that is wanted", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      const sampling = {
        temperature: 1.5,
        topP: 0.25,
        seed: 0,
        stop: [Content.of("\n\n"), Content.of("End")]
      }
      yield* collect(provider, 77, { sampling, format: { _tag: "JsonObject" } })
      const body = json(requests[0]?.body) as Record<string, unknown>
      assert.deepStrictEqual(body["options"], {
        num_ctx: 2048,
        num_predict: 77,
        temperature: 1.5,
        top_p: 0.25,
        seed: 0,
        stop: ["\n\n", "End"]
      })
      assert.strictEqual(body["format"], "json")
    }).pipe(Effect.scoped)
  )

  it.effect("tells nobody who asks or under which trace", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      yield* collect(provider, 10).pipe(Effect.withSpan("run"))
      const names = requests[0]?.head
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(":")[0])
      assert.sameMembers(names ?? [], [
        "host",
        "connection",
        "accept-encoding",
        "content-type",
        "content-length"
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("goes to the server itself, whatever proxy the environment names", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(ollama)
      process.env["HTTP_PROXY"] = process.env["http_proxy"] = "http://127.0.0.1:1"
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      yield* collect(provider, 10)
      assert.lengthOf(requests, 1)
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          delete process.env["HTTP_PROXY"]
          delete process.env["http_proxy"]
        })
      ),
      Effect.scoped
    )
  )
})

describe("thinking", () => {
  it.effect("in a field of its own or in a leading block never becomes text", () =>
    Effect.gen(function* () {
      const answers = [
        [piece("", "First, "), piece("", "light."), piece("Blue."), done()],
        [piece("\n<th"), piece("ink>First, light.</thi"), piece("nk>\n"), piece("\nBlue."), done()],
        [piece("<think>First, light."), done()],
        [piece("Blue <think>is not</think> a mark."), done()],
        [piece("<thin"), piece("g>"), done()],
        [piece(" <thi"), done()]
      ]
      const { baseUrl } = yield* serve((socket) => socket.write(chunked(answers.shift() ?? [])))
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      const seen = yield* Effect.replicateEffect(collect(provider, 50), answers.length)
      assert.deepStrictEqual(
        seen.map((deltas) => [wordsOf(deltas, "Thinking"), wordsOf(deltas)]),
        [
          ["First, light.", "Blue."],
          ["First, light.", "Blue."],
          ["First, light.", ""],
          ["", "Blue <think>is not</think> a mark."],
          ["", "<thing>"],
          ["", " <thi"]
        ]
      )
    }).pipe(Effect.scoped)
  )
})

describe("leaving", () => {
  it.live("in the middle of an answer closes the connection", () =>
    Effect.gen(function* () {
      const server = yield* serve((socket) => socket.write(Buffer.concat([opening(), chunk(piece("The"))])))
      const provider = yield* Ollama.make({
        baseUrl: server.baseUrl,
        window: 2048,
        keepAliveSeconds: undefined
      })
      const intent = yield* intentFor({ outputTokens: 10, wallMillis: 15_000 })
      const started = yield* Deferred.make<void>()
      const fiber = yield* provider.generate(intent, call()).pipe(
        Stream.runForEach(() => Deferred.succeed(started, undefined)),
        Effect.forkChild
      )
      yield* Deferred.await(started)
      yield* Fiber.interrupt(fiber)
      yield* server.closed(0)
      assert.lengthOf(server.requests, 1)
    }).pipe(Effect.scoped)
  )

  it.live("before its first byte closes the connection too", () =>
    Effect.gen(function* () {
      let asked = () => {}
      const request = new Promise<void>((resolve) => (asked = resolve))
      const server = yield* serve(() => asked())
      const provider = yield* Ollama.make({
        baseUrl: server.baseUrl,
        window: 2048,
        keepAliveSeconds: undefined
      })
      const intent = yield* intentFor({ outputTokens: 10, wallMillis: 15_000 })
      const fiber = yield* Effect.forkChild(Stream.runDrain(provider.generate(intent, call())))
      yield* Effect.promise(() => request)
      yield* Fiber.interrupt(fiber)
      yield* server.closed(0)
      assert.lengthOf(server.requests, 1)
    }).pipe(Effect.scoped)
  )
})

describe("a connection", () => {
  it.live("on which an answer was whole is used again", () =>
    Effect.gen(function* () {
      const sockets = new Set<unknown>()
      const { baseUrl, requests } = yield* serve((socket) => {
        sockets.add(socket)
        socket.write(chunked([piece("Here."), done()]))
      })
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      for (let i = 0; i < 6; i++) assert.strictEqual(wordsOf(yield* collect(provider, 10)), "Here.")
      assert.lengthOf(requests, 6)
      // The pool rests one for a turn of the event loop, and may open another meanwhile.
      assert.isAtMost(sockets.size, 2)
    }).pipe(Effect.scoped)
  )
})

describe("a refused connection", () => {
  it.effect("is tried again for a moment, within the one permit", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Effect.scoped(serve(() => {}))
      const port = Number(new URL(baseUrl).port)
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      // The first use loads the client, so that the attempt below is over when the server comes up.
      yield* Effect.exit(provider.health)
      const answer = yield* Effect.forkChild(collect(provider, 10))
      yield* TestClock.withLive(Effect.sleep("200 millis"))
      const server = yield* serve((socket) => socket.write(chunked([piece("Here."), done()])), { port })
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(wordsOf(yield* Fiber.join(answer)), "Here.")
      assert.lengthOf(server.requests, 1)
    }).pipe(Effect.scoped)
  )
})

describe("questions beside calls", () => {
  const body = (text: string) =>
    `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  const tags = {
    models: [
      { name: "qwen3:8b" },
      { name: "hf.co/a/b:Q4" },
      { name: "no such name" },
      { name: "x".repeat(200) }
    ]
  }

  it.live("list the models whose names a route can hold", () =>
    Effect.gen(function* () {
      const server = yield* serve((socket) => socket.write(body(JSON.stringify(tags))))
      const provider = yield* Ollama.make({
        baseUrl: server.baseUrl,
        window: 2048,
        keepAliveSeconds: undefined
      })
      assert.deepStrictEqual<ReadonlyArray<string>>(yield* provider.models, ["qwen3:8b", "hf.co/a/b:Q4"])
      assert.strictEqual(server.requests[0]?.line, "GET /api/tags HTTP/1.1")
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["something else", body("<html>"), "PROVIDER_BAD_RESPONSE"],
    [
      "another route",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 18\r\n\r\n404 page not found",
      "PROVIDER_REJECTED"
    ],
    ["an error", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "PROVIDER_UNAVAILABLE"],
    ["silence", "", "PROVIDER_TIMEOUT"]
  ] as const)("fail on %s", ([, reply, code]) =>
    Effect.gen(function* () {
      const server = yield* serve((socket) => socket.write(reply))
      const provider = yield* Ollama.make({
        baseUrl: server.baseUrl,
        window: 2048,
        keepAliveSeconds: undefined
      })
      const failure = yield* Effect.flip(provider.models)
      assert.deepStrictEqual([failure.code, failure.phase], [code, "setup"])
    }).pipe(Effect.scoped)
  )

  it.live("say that nobody is there", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* Effect.scoped(serve(() => {}))
      const provider = yield* Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
      assert.strictEqual((yield* Effect.flip(provider.health)).code, "PROVIDER_UNAVAILABLE")
    }).pipe(Effect.scoped)
  )
})
