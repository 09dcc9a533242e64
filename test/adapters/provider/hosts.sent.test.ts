/** Checks what the adapters of event streams send, where to, and with which key. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as Anthropic from "../../../src/adapters/provider/Anthropic.ts"
import * as OpenAi from "../../../src/adapters/provider/OpenAi.ts"
import { Content } from "../../../src/domain/Content.ts"
import { BaseUrl } from "../../../src/domain/config/Settings.ts"
import { wireFormat } from "../../../src/domain/run/Verdict.ts"
import type { Call } from "../../../src/ports/Provider.ts"
import { anthropic, dialect } from "../../support/anthropicTalk.ts"
import { intentFor } from "../../support/intent.ts"
import { call } from "../../support/ollamaTalk.ts"
import { chunkOf, dialect as openAiDialect, DONE, openAi } from "../../support/openAiTalk.ts"
import { honest, type Tongue } from "../../support/tongue.ts"
import { chunked, serve } from "../../support/upstream.ts"

const KEY = "sk-0123456789"
const withKey = Effect.succeed(KEY)

const messages = (["system", "user", "assistant", "system", "user"] as const).map((role, index) => ({
  role,
  content: Content.of(`text ${index}`)
}))
const sampling = { temperature: 1.5, topP: null, seed: 7, stop: [Content.of("END")] }
const schema = {
  type: "object",
  properties: { maxLength: { type: "string", maxLength: 3 }, list: { type: "array", maxItems: 2 } },
  required: ["maxLength", "list"],
  additionalProperties: false
}
const loose = {
  ...schema,
  properties: { maxLength: { type: "string" }, list: { type: "array" } }
}
const format = { _tag: "JsonSchema", schema: Content.of(JSON.stringify(schema)) } as const

/** What one call was sent as. */
const sent = Effect.fnUntraced(function* (
  tongue: Tongue,
  make: (baseUrl: BaseUrl) => ReturnType<Tongue["make"]>,
  fields: Partial<Call>
) {
  const { baseUrl, requests } = yield* honest(tongue)
  const provider = yield* make(baseUrl)
  const intent = yield* intentFor({ outputTokens: 100, wallMillis: 15_000 })
  yield* Stream.runDrain(provider.generate(intent, call(fields)))
  assert.lengthOf(requests, 1)
  return { ...requests[0]!, body: JSON.parse(requests[0]!.body) as Readonly<Record<string, unknown>> }
}, Effect.scoped)

describe("openai is sent", () => {
  const made = (more: Partial<OpenAi.Options>) => (baseUrl: BaseUrl) =>
    OpenAi.make({ baseUrl, local: true, window: 2048, key: withKey, dialect: openAiDialect, ...more })

  it.live(
    "messages as they are, the permit's limit, how to choose, the schema, and the key in a header",
    () =>
      Effect.gen(function* () {
        const { line, head, body } = yield* sent(openAi, made({}), { messages, sampling, format })
        assert.strictEqual(line, "POST /v1/chat/completions HTTP/1.1")
        assert.include(head, `authorization: bearer ${KEY}`)
        assert.deepStrictEqual<unknown>(body, {
          model: "smollm2:135m",
          messages: messages.map(({ role }, index) => ({ role, content: `text ${index}` })),
          stream: true,
          stream_options: { include_usage: true },
          max_tokens: 100,
          temperature: 1.5,
          seed: 7,
          stop: ["END"],
          response_format: {
            type: "json_schema",
            json_schema: { name: "answer", strict: true, schema }
          }
        })
      })
  )
  it.live("what its models know, and no bounds that they do not", () =>
    Effect.gen(function* () {
      const newer = {
        outputLimitKey: "max_completion_tokens",
        sampling: false,
        jsonSchema: "unbounded"
      } as const
      const { body } = yield* sent(openAi, made({ dialect: newer }), { sampling, format })
      assert.strictEqual(body["max_completion_tokens"], 100)
      assert.isFalse(["max_tokens", "temperature", "seed", "stop", "top_p"].some((key) => key in body))
      assert.deepStrictEqual<unknown>(body["response_format"], {
        type: "json_schema",
        json_schema: { name: "answer", strict: true, schema: loose }
      })
      const none = { ...openAiDialect, jsonSchema: "none" } as const
      const plain = yield* sent(openAi, made({ dialect: none }), { format })
      assert.notProperty(plain.body, "response_format")
      const object = yield* sent(openAi, made({}), { format: { _tag: "JsonObject" } })
      assert.deepStrictEqual<unknown>(object.body["response_format"], { type: "json_object" })
      const open = Content.of(`{"type":"object","properties":{"a":{"type":"string"}}}`)
      const lax = yield* sent(openAi, made({}), { format: { _tag: "JsonSchema", schema: open } })
      assert.deepInclude(JSON.stringify(lax.body["response_format"]), `"strict":false`)
    })
  )
  it.live("to the path of its address, where that has one, and no key where there is none", () =>
    Effect.gen(function* () {
      for (const [path, line] of [
        ["", "/v1/chat/completions"],
        ["/", "/v1/chat/completions"],
        ["/v1", "/v1/chat/completions"],
        ["/openai/v1/", "/openai/v1/chat/completions"]
      ] as const) {
        let seen = ""
        const server = yield* serve((socket, request) => {
          seen = request.line + request.head
          socket.write(chunked([chunkOf({ content: "a" }, "stop"), DONE]))
        })
        const baseUrl = BaseUrl.make(server.baseUrl + path)
        const provider = yield* openAi.make({ baseUrl })
        const intent = yield* intentFor({ outputTokens: 9, wallMillis: 15_000 })
        yield* Stream.runDrain(provider.generate(intent, call()))
        assert.include(seen, `POST ${line} HTTP/1.1`)
        assert.notInclude(seen, "authorization")
      }
    }).pipe(Effect.scoped)
  )
})

describe("anthropic is sent", () => {
  const made = (more: Partial<Anthropic.Options>) => (baseUrl: BaseUrl) =>
    Anthropic.make({ baseUrl, local: true, window: 2048, key: withKey, dialect, ...more })

  it.live(
    "what the system says in a field of its own, the permit's limit, and version and key in headers",
    () =>
      Effect.gen(function* () {
        const { line, head, body } = yield* sent(anthropic, made({}), { messages, sampling, format })
        assert.strictEqual(line, "POST /v1/messages HTTP/1.1")
        assert.include(head, `x-api-key: ${KEY}`)
        assert.include(head, "anthropic-version: 2023-06-01")
        assert.notInclude(head, "authorization")
        assert.deepStrictEqual<unknown>(body, {
          model: "smollm2:135m",
          system: "text 0\n\ntext 3",
          messages: [1, 2, 4].map((index) => ({ role: messages[index]!.role, content: `text ${index}` })),
          stream: true,
          max_tokens: 100,
          temperature: 1,
          stop_sequences: ["END"],
          output_config: { format: { type: "json_schema", schema: loose } }
        })
      })
  )
  it.live("what its models know", () =>
    Effect.gen(function* () {
      const topP = { ...sampling, topP: 0.5 }
      const { body } = yield* sent(anthropic, made({}), { sampling: topP, format: { _tag: "JsonObject" } })
      assert.strictEqual(body["top_p"], 0.5)
      assert.isFalse(["temperature", "seed", "output_config", "system"].some((key) => key in body))
      const newer = { sampling: false, jsonSchema: false }
      const plain = yield* sent(anthropic, made({ dialect: newer }), { sampling: topP, format: wireFormat })
      assert.isFalse(["temperature", "top_p", "output_config"].some((key) => key in plain.body))
      assert.deepStrictEqual<unknown>(plain.body["stop_sequences"], ["END"])
    })
  )
  it.live("to one version, whether its address names it or not", () =>
    Effect.gen(function* () {
      for (const path of ["", "/v1", "/v1/"]) {
        const at = (baseUrl: BaseUrl) => made({})(BaseUrl.make(baseUrl + path))
        assert.strictEqual((yield* sent(anthropic, at, {})).line, "POST /v1/messages HTTP/1.1")
      }
    })
  )
})
