/** Asks the real server through OpenAI's own client, as anybody's program would: what works there works here, or is refused by name. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type OpenAI from "openai"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { type Code, codes } from "../../src/domain/Failure.ts"
import { Detail } from "../../src/domain/ledger/Records.ts"
import { io3, parse, slowly, until } from "../support/io3.ts"
import { begins, breaks, says, verdict } from "../support/model.ts"
import { asks, type Body, clientOf, failing, io3Of, model, promised } from "../support/openAiClient.ts"
import { served } from "../support/served.ts"
import { opening } from "../support/upstream.ts"

const CANARY = "Zk7canary"
const fine = ["To ", "say", " it: ", "é€😀", " done."]

const Sent = Schema.fromJsonString(
  Schema.Struct({
    messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.String })),
    options: Schema.Record(Schema.String, Schema.Json),
    format: Schema.optionalKey(Schema.Json)
  })
)
const sent = ({
  requests
}: {
  readonly requests: ReadonlyArray<{ readonly line: string; readonly body: string }>
}) =>
  requests
    .filter(({ line }) => line.includes("/api/chat"))
    .map(({ body }) => Schema.decodeUnknownSync(Sent)(body))

describe("OpenAI's client", slowly, () => {
  it.live(
    "is answered, its words in their places and its wishes passed on, and the run can be done again",
    () =>
      Effect.gen(function* () {
        const { where, server, url, decoded, process, ended } = yield* served((socket, { model: asked }) =>
          socket.write(asked === "judge" ? verdict("pass") : says(...fine))
        )
        const openai = clientOf(url)
        const models = yield* promised(() => openai.models.list())
        assert.deepStrictEqual(models.data.map(({ id }) => id).slice(0, 1), [model])
        assert.notInclude(models.data.map(({ id }) => id).join(), "challenger")
        assert.strictEqual((yield* promised(() => openai.models.retrieve(model))).id, model)

        const schema = { type: "object", properties: { [CANARY]: { type: "string" } } }
        const body: Body = {
          model,
          messages: [
            { role: "system", content: "First of all." },
            { role: "user", content: "Before?" },
            { role: "assistant", content: "Said before.", refusal: null },
            {
              role: "developer",
              content: [
                { type: "text", text: "And " },
                { type: "text", text: "always." }
              ]
            },
            { role: "user", content: [{ type: "text", text: `${CANARY}?` }] }
          ],
          max_completion_tokens: 9,
          temperature: 0.3,
          top_p: 0.123_456,
          seed: 7,
          stop: ["\n\n", CANARY],
          response_format: { type: "json_schema", json_schema: { name: "x", schema, strict: true } },
          n: 1
        }
        const made = yield* promised(() => openai.chat.completions.create(body))
        assert.strictEqual(made.choices[0]?.message.content, fine.join(""))
        assert.strictEqual(made.choices[0]?.finish_reason, "stop")
        assert.deepStrictEqual(made.usage, { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 })
        const governed = io3Of(made)
        assert.deepInclude<object>(governed, {
          route: "local:writer",
          provider: "ollama",
          model: "writer",
          verdict: "none",
          history: { messages: 2, dropped: 0 },
          refusal: null
        })
        const first = sent(server)[0] ?? assert.fail("nothing was sent")
        assert.deepStrictEqual(first.messages.slice(1), [
          { role: "user", content: "Before?" },
          { role: "assistant", content: "Said before." },
          { role: "user", content: `${CANARY}?` }
        ])
        assert.include(
          first.messages[0]?.content,
          "=== Client Instructions ===\nFirst of all.\n\nAnd always."
        )
        assert.deepInclude(first.options, {
          num_predict: 9,
          temperature: 0.3,
          top_p: 0.123_456,
          seed: 7,
          stop: ["\n\n", CANARY]
        })
        assert.deepStrictEqual(first.format, schema)

        const detail = yield* decoded(Detail, 200, "GET", `/run/${governed.run_id}`)
        assert.strictEqual(detail.state?.bounds?.certificate.outputTokens, 9 * 2)
        assert.strictEqual(detail.state?.accepted?.client?.history?.messages, 2)
        process.kill("SIGTERM")
        yield* ended
        const again = yield* io3(where, ["replay", governed.run_id, "--raw"])
        assert.deepStrictEqual([again.code, again.stdout.trim()], [0, fine.join("")], again.stderr)
        assert.deepStrictEqual(sent(server)[1], first)
        const checked = yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])
        assert.isNull(parse(Verification, checked.stdout).broken)
        assert.notInclude(JSON.stringify(detail) + checked.stdout, CANARY)
      })
  )

  it.live("is told of an audit as of a filter, and why, whole or in pieces", () =>
    Effect.gen(function* () {
      let says_ = verdict("pass")
      const { url, ask } = yield* served((socket, { model: asked }) =>
        socket.write(asked === "judge" ? says_ : says(...fine))
      )
      const openai = clientOf(url)
      const audited = { ...asks("?"), io3: { audit: true } } as Body
      const passed = yield* promised(() => openai.chat.completions.create(audited).withResponse())
      assert.strictEqual(passed.data.choices[0]?.message.content, fine.join(""))
      assert.strictEqual(io3Of(passed.data).verdict, "pass")
      assert.strictEqual(passed.data.usage?.total_tokens, 20)
      const said = Object.fromEntries(
        ["run", "route", "provider", "model", "verdict", "calls"].map((name) => [
          name,
          passed.response.headers.get(`x-io3-${name}`)
        ])
      )
      assert.deepStrictEqual(said, {
        run: io3Of(passed.data).run_id,
        route: "local:writer",
        provider: "ollama",
        model: "writer",
        verdict: "pass",
        calls: "2/4"
      })
      const pieces = yield* promised(() =>
        openai.chat.completions.stream({ ...audited, stream: true }).finalChatCompletion()
      )
      assert.strictEqual(pieces.choices[0]?.message.content, fine.join(""))

      says_ = verdict("reject", CANARY)
      const refused = yield* promised(() => openai.chat.completions.create(audited))
      assert.deepInclude(refused.choices[0], { finish_reason: "content_filter" })
      assert.deepInclude(refused.choices[0]?.message, { content: "", refusal: codes.AUDIT_REJECTED.summary })
      assert.deepInclude(io3Of(refused), { verdict: "rejected" })
      assert.strictEqual(io3Of(refused).refusal?.code, "AUDIT_REJECTED")
      const streamed = yield* ask("POST", "/v1/chat/completions", { ...audited, stream: true })
      assert.include(streamed.text, `"finish_reason":"content_filter"`)
      assert.include(streamed.text, "AUDIT_REJECTED")
      assert.isTrue(streamed.text.endsWith("data: [DONE]\n\n"))
      for (const word of fine) assert.notInclude(streamed.text + JSON.stringify(refused), word)
    })
  )

  it.live(
    "gets the pieces as they come, with what they cost; what breaks off is thrown, what is left is cancelled",
    () =>
      Effect.gen(function* () {
        const scripts = {
          whole: says(...fine),
          broken: Buffer.concat([begins("One", " two"), Buffer.from("xx\r\n")]),
          endless: begins("One", " two")
        }
        let script: keyof typeof scripts = "whole"
        const { server, url, decoded } = yield* served((socket) => socket.write(scripts[script]))
        const openai = clientOf(url)
        const open = (more: object = {}) =>
          promised(() => openai.chat.completions.create({ ...asks("?"), stream: true, ...more }))
        const chunks: Array<OpenAI.ChatCompletionChunk> = []
        const all = yield* open({ stream_options: { include_usage: true } })
        yield* Effect.promise(async () => {
          for await (const chunk of all) chunks.push(chunk)
        })
        const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "")
        assert.strictEqual(text.join(""), fine.join(""))
        assert.isAbove(text.filter((piece) => piece !== "").length, 2)
        assert.deepStrictEqual(
          chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []),
          ["stop"]
        )
        const last = chunks.at(-1) ?? assert.fail("no chunk")
        assert.deepStrictEqual([last.choices, last.usage?.total_tokens], [[], 10])
        assert.strictEqual(io3Of(last).verdict, "none")
        assert.isTrue(chunks.slice(0, -1).every((chunk) => chunk.usage === null && !("io3" in chunk)))

        script = "broken"
        let heard = ""
        const broken = yield* open()
        const thrown = yield* failing(async () => {
          for await (const { choices } of broken) heard += choices[0]?.delta.content ?? ""
        })
        assert.strictEqual(heard, "One two")
        assert.include(["PROVIDER_BAD_RESPONSE", "PROVIDER_OUTCOME_UNKNOWN"], thrown.code)

        script = "endless"
        const gone = new AbortController()
        const { data, response } = yield* promised(() =>
          openai.chat.completions
            .create({ ...asks("?"), stream: true }, { signal: gone.signal })
            .withResponse()
        )
        yield* Effect.promise(async () => {
          for await (const { choices } of data) if (choices[0]?.delta.content === " two") gone.abort()
        })
        yield* server.left
        const run = response.headers.get("x-io3-run") ?? assert.fail("no run")
        yield* Effect.repeat(
          Effect.map(decoded(Detail, 200, "GET", `/run/${run}`), ({ standing }) => standing),
          { until: (is) => is === "cancelled", times: 200 }
        )
        // Whoever waits for the whole of it and goes away has cancelled it too.
        const waiting = new AbortController()
        const before = server.calls.length
        const whole = failing(() => openai.chat.completions.create(asks("?"), { signal: waiting.signal }))
        yield* Effect.all(
          [
            whole,
            Effect.andThen(
              until(() => server.calls.length > before),
              Effect.sync(() => waiting.abort())
            )
          ],
          { concurrency: 2 }
        )
        yield* server.left
      })
  )

  it.live("throws what it throws elsewhere, once, with our code and where it is", () =>
    Effect.gen(function* () {
      let reply: string | Buffer = breaks(500, CANARY)
      const { server, url } = yield* served(
        (socket) => socket.write(reply),
        "budgets: { window_hours: 1, calls: 12 }\ntimeouts: { first_byte_seconds: 1, idle_seconds: 1, total_seconds: 5 }\n"
      )
      const openai = clientOf(url)
      const wrong = (body: object) =>
        failing(() => openai.chat.completions.create({ ...asks(CANARY), ...body } as Body))
      const cases: ReadonlyArray<readonly [object, Code, string | null, string]> = [
        [{ tools: [] }, "PARAMETER_UNSUPPORTED", "tools", "BadRequestError"],
        [{ n: 2 }, "PARAMETER_UNSUPPORTED", "n", "BadRequestError"],
        [{ logprobs: true }, "PARAMETER_UNSUPPORTED", "logprobs", "BadRequestError"],
        [{ user: CANARY }, "PARAMETER_UNSUPPORTED", "user", "BadRequestError"],
        [{ [CANARY]: 1 }, "REQUEST_INVALID", "*", "BadRequestError"],
        [{ temperature: 3 }, "REQUEST_INVALID", "temperature", "BadRequestError"],
        [{ max_tokens: 0 }, "REQUEST_INVALID", "max_tokens", "BadRequestError"],
        [{ max_tokens: 1, max_completion_tokens: 1 }, "REQUEST_INVALID", "max_tokens", "BadRequestError"],
        [{ stop: ["a", "b", "c", "d", "e"] }, "REQUEST_INVALID", "stop", "BadRequestError"],
        [{ stream_options: {} }, "REQUEST_INVALID", "stream_options", "BadRequestError"],
        [{ messages: [] }, "PROMPT_REQUIRED", "messages", "BadRequestError"],
        [
          {
            messages: [
              { role: "user", content: "a" },
              { role: "assistant", content: "b" }
            ]
          },
          "REQUEST_INVALID",
          "messages[1]",
          "BadRequestError"
        ],
        [
          { messages: [{ role: "tool", content: "a", tool_call_id: "x" }] },
          "PARAMETER_UNSUPPORTED",
          "messages[0].role",
          "BadRequestError"
        ],
        [
          { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: CANARY } }] }] },
          "PARAMETER_UNSUPPORTED",
          "messages[0].content[0].type",
          "BadRequestError"
        ],
        [{ io3: { [CANARY]: true } }, "REQUEST_INVALID", "io3.*", "BadRequestError"],
        [{ model: "gpt-9" }, "ROUTE_MODE_UNKNOWN", "model", "NotFoundError"],
        [{ model: "io3/nobody" }, "ROUTE_MODE_UNKNOWN", "model", "NotFoundError"],
        [{ model: "io3/capability" }, "ROUTE_MODE_UNKNOWN", "model", "NotFoundError"],
        [{ model: "io3/challenger" }, "ROUTE_MODE_INTERNAL", "model", "PermissionDeniedError"],
        [{ io3: { memory_packs: ["none"] } }, "MEMORY_PACK_UNKNOWN", "io3.memory_packs", "NotFoundError"]
      ]
      for (const [body, code, param, name] of cases) {
        const error = yield* wrong(body)
        assert.deepStrictEqual(
          [error.code, error.param, error.constructor.name, error.status],
          [code, param, name, codes[code].status],
          JSON.stringify(body)
        )
        assert.notInclude(JSON.stringify(error.error), CANARY)
      }
      assert.strictEqual(server.calls.length, 0)
      assert.strictEqual((yield* failing(() => openai.models.retrieve("io3/none"))).status, 404)

      // Both places of the route, once each: its client does not ask again what may have been paid for.
      const unavailable = yield* wrong({})
      assert.deepStrictEqual([unavailable.status, unavailable.code], [503, "PROVIDER_UNAVAILABLE"])
      assert.strictEqual(server.calls.length, 2)
      assert.isNotNull(unavailable.headers?.get("x-io3-run"))
      const streamed = yield* wrong({ stream: true })
      assert.strictEqual(streamed.status, 503)
      reply = Buffer.concat([opening(), Buffer.from("3\r\nxx\n\r\n")])
      assert.strictEqual((yield* wrong({})).status, 502)
      reply = ""
      assert.deepStrictEqual((yield* wrong({})).status, 504)
      reply = breaks(500, CANARY)
      yield* Effect.repeat(wrong({}), { until: ({ status }) => status === 429, times: 12 })
      const calls = server.calls.length
      const over = yield* wrong({})
      assert.deepStrictEqual([over.status, over.code], [429, "BUDGET_EXCEEDED"])
      assert.strictEqual(server.calls.length, calls)
    })
  )

  it.live("is let in to nothing where no text is let out, and hears of every refusal in its own shape", () =>
    Effect.gen(function* () {
      const { url, ask } = yield* served((socket) => socket.write(says("no")), "content_release: false\n")
      const closed = yield* failing(() => clientOf(url).chat.completions.create(asks("?")))
      assert.deepStrictEqual(
        [closed.status, closed.code, closed.type],
        [403, "CONTENT_RELEASE_DISABLED", "permission_error"]
      )
      const big = JSON.stringify(asks("x".repeat(1_048_577)))
      const refusals: ReadonlyArray<readonly [Code, ReturnType<typeof ask>]> = [
        ["ENDPOINT_UNKNOWN", ask("GET", `/v1/${CANARY}`)],
        ["METHOD_UNSUPPORTED", ask("PUT", "/v1/chat/completions", {})],
        ["BODY_TOO_LARGE", ask("POST", "/v1/chat/completions", big)],
        [
          "MEDIA_TYPE_UNSUPPORTED",
          ask("POST", "/v1/chat/completions", CANARY, { "content-type": "text/plain" })
        ],
        [
          "MEDIA_TYPE_UNSUPPORTED",
          ask("POST", "/v1/chat/completions", undefined, { "content-type": "text/plain" })
        ],
        ["ORIGIN_FORBIDDEN", ask("GET", "/v1/models", undefined, { origin: "http://evil.example" })],
        ["REQUEST_INVALID", ask("POST", "/v1/chat/completions", `{"${CANARY}`)],
        ["REQUEST_INVALID", ask("POST", "/v1/chat/completions", "[".repeat(65))],
        ["REQUEST_INVALID", ask("POST", "/v1/chat/completions")]
      ]
      for (const [code, asked] of refusals) {
        const { status, text } = yield* asked
        const { error } = JSON.parse(text) as { readonly error: Record<string, unknown> }
        assert.deepStrictEqual(
          [status, error["code"], error["message"]],
          [codes[code].status, code, codes[code].summary]
        )
        assert.notInclude(text, CANARY)
      }
    })
  )
})
