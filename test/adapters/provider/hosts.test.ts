/** Checks what the adapters of event streams make of each thing that servers say, and when they send nothing at all. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import * as TestClock from "effect/testing/TestClock"
import { type Call, ProviderFailure } from "../../../src/ports/Provider.ts"
import {
  anthropic,
  blockStart,
  delta,
  messageDelta,
  messageStart,
  messageStop,
  ping
} from "../../support/anthropicTalk.ts"
import { outcome, wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call } from "../../support/ollamaTalk.ts"
import { chunkOf, DONE, openAi } from "../../support/openAiTalk.ts"
import { event, honest, type Place, reply, type Tongue } from "../../support/tongue.ts"
import { chunk, chunked, opening, type Script, serve } from "../../support/upstream.ts"

const withKey = Effect.succeed("sk-0123456789")
const withoutKey = Effect.fail(new ProviderFailure({ code: "PROVIDER_KEY_MISSING", fallback: null }))

const asking = Effect.fnUntraced(function* (tongue: Tongue, place: Place, fields?: Partial<Call>) {
  const provider = yield* tongue.make(place)
  const intent = yield* intentFor({ outputTokens: 100, wallMillis: 15_000 })
  const { deltas, failure } = yield* outcome(provider.generate(intent, call(fields)))
  const end = deltas.at(-1)
  return {
    text: wordsOf(deltas),
    thinking: wordsOf(deltas, "Thinking"),
    end: end?._tag === "End" ? [end.finish, end.inputTokens, end.outputTokens] : null,
    code: failure?.code ?? null,
    fallback: failure?.fallback ?? null
  }
})

/** An answer's pieces, and what is made of them: text, thinking, end or failure. */
type Meaning = readonly [
  why: string,
  pieces: ReadonlyArray<string>,
  text: string,
  thinking: string,
  end: readonly [string, number | null, number | null] | null,
  code: string | null
]

const answers: ReadonlyArray<readonly [Tongue, ReadonlyArray<Meaning>]> = [
  [
    openAi,
    [
      ["stop", [chunkOf({ content: "a" }), chunkOf({}, "stop"), DONE], "a", "", ["stop", null, null], null],
      ["length", [chunkOf({ content: "a" }, "length"), DONE], "a", "", ["length", null, null], null],
      [
        "thinking under either name, or in a leading block",
        [
          chunkOf({ reasoning_content: "b" }),
          chunkOf({ reasoning: "c", content: null }),
          chunkOf({ content: "<think>d</think>a" }),
          chunkOf({}, "stop"),
          DONE
        ],
        "a",
        "bcd",
        ["stop", null, null],
        null
      ],
      [
        "usage beside the last piece, in the one after it, or said twice",
        [
          chunkOf({ content: "a" }, "stop", { usage: { prompt_tokens: 1, completion_tokens: 1 } }),
          event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } }),
          DONE
        ],
        "a",
        "",
        ["stop", 5, 6],
        null
      ],
      [
        "a filter",
        [chunkOf({ content: "a" }), chunkOf({}, "content_filter"), DONE],
        "a",
        "",
        null,
        "PROVIDER_CONTENT_FILTERED"
      ],
      [
        "a refusal",
        [chunkOf({ refusal: "no" }), chunkOf({}, "stop"), DONE],
        "",
        "",
        null,
        "PROVIDER_CONTENT_FILTERED"
      ],
      ["tools that nobody offered", [chunkOf({}, "tool_calls"), DONE], "", "", null, "PROVIDER_BAD_RESPONSE"],
      ["two answers", [event({ choices: [{}, {}] })], "", "", null, "PROVIDER_BAD_RESPONSE"],
      [
        "an end without a reason",
        [chunkOf({ content: "a" }), DONE],
        "a",
        "",
        null,
        "PROVIDER_OUTCOME_UNKNOWN"
      ]
    ]
  ],
  [
    anthropic,
    [
      [
        "end_turn, and what was read from and written to a cache counted with the rest",
        [
          messageStart({
            input_tokens: 5,
            cache_creation_input_tokens: 20,
            cache_read_input_tokens: 300,
            output_tokens: 1
          }),
          blockStart(),
          delta({ type: "text_delta", text: "a" }),
          messageDelta("end_turn", { output_tokens: 9 }),
          messageStop
        ],
        "a",
        "",
        ["stop", 325, 9],
        null
      ],
      [
        "thinking, a signature, a block that is closed to all, and pings between",
        [
          messageStart(),
          ping,
          blockStart({ type: "thinking", thinking: "" }),
          delta({ type: "thinking_delta", thinking: "b" }),
          delta({ type: "signature_delta", signature: "xyz" }),
          blockStart({ type: "redacted_thinking", data: "xyz" }, 1),
          ping,
          blockStart({ type: "text", text: "" }, 2),
          delta({ type: "text_delta", text: "a" }, 2),
          messageDelta("stop_sequence"),
          messageStop
        ],
        "a",
        "b",
        ["stop", 15, 1],
        null
      ],
      [
        "max_tokens",
        [messageStart(null), messageDelta("max_tokens"), messageStop],
        "",
        "",
        ["length", null, null],
        null
      ],
      [
        "a full window",
        [messageDelta("model_context_window_exceeded"), messageStop],
        "",
        "",
        ["length", null, null],
        null
      ],
      [
        "a kind of event that is not known yet",
        [
          event({ type: "message_weather", sky: "blue" }, "message_weather"),
          messageDelta("end_turn"),
          messageStop
        ],
        "",
        "",
        ["stop", null, null],
        null
      ],
      [
        "a refusal",
        [messageStart(), delta({ type: "text_delta", text: "a" }), messageDelta("refusal"), messageStop],
        "a",
        "",
        null,
        "PROVIDER_CONTENT_FILTERED"
      ],
      [
        "a pause",
        [messageStart(), messageDelta("pause_turn"), messageStop],
        "",
        "",
        null,
        "PROVIDER_BAD_RESPONSE"
      ],
      [
        "a tool",
        [messageStart(), blockStart({ type: "tool_use", id: "t" })],
        "",
        "",
        null,
        "PROVIDER_BAD_RESPONSE"
      ],
      [
        "an end without a reason",
        [messageStart(), messageDelta(null), messageStop],
        "",
        "",
        null,
        "PROVIDER_OUTCOME_UNKNOWN"
      ]
    ]
  ]
]

const each = answers.flatMap(([tongue, meanings]) =>
  meanings.map(([why, ...meaning]) => [`${tongue.name}: ${why}`, tongue, ...meaning] as const)
)

describe("an answer of", () => {
  it.live.each(each)("%s", ([, tongue, pieces, text, thinking, end, code]) =>
    Effect.gen(function* () {
      const { baseUrl } = yield* serve((socket) => socket.write(chunked(pieces)))
      assert.deepStrictEqual<unknown>(yield* asking(tongue, { baseUrl }), {
        text,
        thinking,
        end,
        code,
        fallback: null
      })
    }).pipe(Effect.scoped)
  )
})

const statuses: ReadonlyArray<
  readonly [status: number, body: string, code: string, fallback: string | null]
> = [
  [401, "authentication_error", "PROVIDER_UNAUTHORIZED", null],
  [403, "permission_error", "PROVIDER_UNAUTHORIZED", null],
  [402, "", "PROVIDER_UNAUTHORIZED", null],
  [429, "rate_limit_error", "PROVIDER_RATE_LIMITED", null],
  [429, "insufficient_quota", "PROVIDER_UNAUTHORIZED", null],
  [400, "Your credit balance is too low", "PROVIDER_UNAUTHORIZED", null],
  [400, "context_length_exceeded", "CONTEXT_LIMIT_EXCEEDED", "context_overflow"],
  [400, "prompt is too long: 200001 tokens > 200000 maximum", "CONTEXT_LIMIT_EXCEEDED", "context_overflow"],
  [413, "request_too_large", "CONTEXT_LIMIT_EXCEEDED", "context_overflow"],
  [404, "The model `x` does not exist", "PROVIDER_MODEL_NOT_FOUND", "model_not_found"],
  [
    404,
    `{"error":{"type":"not_found_error","message":"model: x"}}`,
    "PROVIDER_MODEL_NOT_FOUND",
    "model_not_found"
  ],
  [404, "404 page not found", "PROVIDER_REJECTED", null],
  [400, "content_filter", "PROVIDER_CONTENT_FILTERED", null],
  [400, "Unsupported value: 'temperature'", "PROVIDER_REJECTED", null],
  [500, "api_error", "PROVIDER_UNAVAILABLE", "server_error"],
  [503, "", "PROVIDER_UNAVAILABLE", "server_error"],
  [529, "overloaded_error", "PROVIDER_UNAVAILABLE", "server_error"],
  // Somebody may be working on it.
  [408, "", "PROVIDER_OUTCOME_UNKNOWN", null],
  [502, "", "PROVIDER_OUTCOME_UNKNOWN", null],
  [504, "", "PROVIDER_OUTCOME_UNKNOWN", null],
  [524, "", "PROVIDER_OUTCOME_UNKNOWN", null]
]

describe.each([openAi, anthropic])("$name", (tongue) => {
  it.live.each(statuses)(
    "means by %i %s, from elsewhere, %s with fallback %s",
    ([status, body, code, fallback]) =>
      Effect.gen(function* () {
        const { baseUrl, requests } = yield* serve((socket) =>
          socket.write(reply(body, `HTTP/1.1 ${status} So`))
        )
        const met = yield* asking(tongue, { baseUrl, local: false, key: withKey })
        assert.deepStrictEqual<unknown>([met.code, met.fallback], [code, fallback])
        assert.lengthOf(requests, 1)
      }).pipe(Effect.scoped)
  )

  it.live("of this machine has produced nothing when its gateway says so", () =>
    Effect.gen(function* () {
      const { baseUrl } = yield* serve((socket) => socket.write(reply("", "HTTP/1.1 502 Bad Gateway")))
      assert.strictEqual((yield* asking(tongue, { baseUrl })).fallback, "server_error")
    }).pipe(Effect.scoped)
  )

  it.live("is sent nothing at all without its key", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(tongue)
      const place = { baseUrl, local: false, key: withoutKey }
      assert.strictEqual((yield* asking(tongue, place)).code, "PROVIDER_KEY_MISSING")
      const provider = yield* tongue.make(place)
      for (const question of [provider.health, provider.models]) {
        const { code, phase } = yield* Effect.flip(Effect.asVoid(question))
        assert.deepStrictEqual([code, phase], ["PROVIDER_KEY_MISSING", "setup"])
      }
      assert.isEmpty(requests)
    }).pipe(Effect.scoped)
  )

  it.effect("is left alone until the time it named, and not longer than an hour", () =>
    Effect.gen(function* () {
      for (const [seconds, minutes] of [
        ["90", 2],
        ["999999", 60]
      ] as const) {
        let busy = true
        const { baseUrl, requests } = yield* serve((socket) =>
          socket.write(
            busy
              ? reply("", `HTTP/1.1 429 Busy\r\nRetry-After: ${seconds}`)
              : chunked([tongue.begin, tongue.piece("a"), tongue.done(tongue.reasons.stop, 1, 1)])
          )
        )
        const provider = yield* tongue.make({ baseUrl, local: false, key: withKey })
        const ask = Effect.flatMap(intentFor({ outputTokens: 9, wallMillis: 15_000 }), (intent) =>
          outcome(provider.generate(intent, call()))
        )
        for (const _ of [1, 2]) assert.strictEqual((yield* ask).failure?.code, "PROVIDER_RATE_LIMITED")
        assert.strictEqual((yield* Effect.flip(provider.health)).code, "PROVIDER_RATE_LIMITED")
        assert.lengthOf(requests, 1)
        busy = false
        yield* TestClock.adjust(`${minutes} minutes`)
        assert.strictEqual(wordsOf((yield* ask).deltas), "a")
        assert.lengthOf(requests, 2)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is asked whether it is well once in a minute where that costs a way", () =>
    Effect.gen(function* () {
      const { baseUrl, requests } = yield* honest(tongue)
      const provider = yield* tongue.make({ baseUrl, local: false, key: withKey })
      yield* provider.health
      yield* provider.health
      assert.lengthOf(requests, 1)
      yield* TestClock.adjust("61 seconds")
      yield* provider.health
      assert.lengthOf(requests, 2)
      assert.match(requests[0]?.line ?? "", /^GET \/v1\/models(\?limit=1000)? /)
    }).pipe(Effect.scoped)
  )

  it.live("is well without a list, and says which models it has where there is one", () =>
    Effect.gen(function* () {
      const said: Array<string> = [
        reply("", "HTTP/1.1 404 Not Found"),
        reply("", "HTTP/1.1 404 Not Found"),
        reply(tongue.list(["a-1", "no such name", "b/2:x"])),
        reply("{}"),
        reply("", "HTTP/1.1 401 No"),
        reply("", "HTTP/1.1 502 Bad Gateway"),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
      ]
      const { baseUrl } = yield* serve((socket) => {
        const next = said.shift() ?? ""
        if (next.includes("Length: 9")) socket.end(next)
        else socket.write(next)
      })
      const provider = yield* tongue.make({ baseUrl, local: true, key: withKey })
      yield* provider.health
      assert.strictEqual((yield* Effect.flip(provider.models)).code, "PROVIDER_REJECTED")
      assert.deepStrictEqual<unknown>(yield* provider.models, ["a-1", "b/2:x"])
      assert.strictEqual((yield* Effect.flip(provider.models)).code, "PROVIDER_BAD_RESPONSE")
      assert.strictEqual((yield* Effect.flip(provider.health)).code, "PROVIDER_UNAUTHORIZED")
      // Nothing was asked of a model: a question that is lost has no outcome that matters.
      const away = yield* tongue.make({ baseUrl, local: false, key: withKey })
      for (const _ of [1, 2]) {
        assert.strictEqual((yield* Effect.flip(away.health)).code, "PROVIDER_UNAVAILABLE")
      }
    }).pipe(Effect.scoped)
  )

  it.live("is left by closing the connection, in the middle of an answer and before its first byte", () =>
    Effect.gen(function* () {
      const arrived = yield* Deferred.make<void>()
      const scripts: Array<Script> = [
        (socket) => socket.write(Buffer.concat([opening(), chunk(tongue.begin + tongue.piece("The"))])),
        () => Effect.runFork(Deferred.succeed(arrived, undefined))
      ]
      const server = yield* serve((socket, request) => scripts.shift()?.(socket, request))
      const provider = yield* tongue.make({ baseUrl: server.baseUrl, local: false, key: withKey })
      const started = yield* Deferred.make<void>()
      for (const [n, reached] of [started, arrived].entries()) {
        const intent = yield* intentFor({ outputTokens: 10, wallMillis: 15_000 })
        const fiber = yield* provider.generate(intent, call()).pipe(
          Stream.runForEach(() => Deferred.succeed(started, undefined)),
          Effect.forkChild
        )
        yield* Deferred.await(reached)
        yield* Fiber.interrupt(fiber)
        yield* server.closed(n)
      }
      assert.lengthOf(server.requests, 2)
    }).pipe(Effect.scoped)
  )
})
