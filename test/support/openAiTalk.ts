/**
 * Owns the words of OpenAI's chat API for tests. Those that a recorded server says have the form of the recordings; a
 * content filter, a refusal and thinking are written from the documentation of the services.
 */
import { Schema } from "effect"
import * as OpenAi from "../../src/adapters/provider/OpenAi.ts"
import type { Dialect } from "../../src/adapters/provider/OpenAiWire.ts"
import { recordingsIn } from "./replay.ts"
import { event, eventStream, noKey, type Tongue } from "./tongue.ts"

export const dialect: Dialect = { outputLimitKey: "max_tokens", sampling: true, jsonSchema: "whole" }

export const chunkOf = (delta: object, finish: string | null = null, more: object = {}): string =>
  event({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_795_398_123,
    model: "smollm2:135m",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more
  })

const usage = (input: number | null, output: number | null): string =>
  input === null && output === null
    ? ""
    : event({
        choices: [],
        usage: { prompt_tokens: input ?? undefined, completion_tokens: output ?? undefined }
      })

export const DONE = "data: [DONE]\n\n"

export const openAi: Tongue = {
  ...eventStream,
  name: "openai",
  make: ({ baseUrl, local = true, key = noKey }) =>
    OpenAi.make({ baseUrl, local, key, window: 2048, dialect }),
  path: "/v1/chat/completions",
  begin: "",
  piece: (content) => chunkOf({ role: "assistant", content }),
  thought: (words) => chunkOf({ role: "assistant", content: "", reasoning_content: words }),
  done: (reason, input, output) => chunkOf({}, reason) + usage(input, output) + DONE,
  reasons: { stop: "stop", length: "length" },
  broken: event({ error: { message: "unexpected EOF", type: "server_error", code: null } }),
  list: (names) => JSON.stringify({ object: "list", data: names.map((id) => ({ id, object: "model" })) }),
  error: (type, message) => JSON.stringify({ error: { message, type, param: null, code: type } })
}

const Spoken = Schema.fromJsonString(
  Schema.Struct({
    choices: Schema.Array(
      Schema.Struct({ delta: Schema.Struct({ content: Schema.optionalKey(Schema.String) }) })
    )
  })
)

/** The recorded exchanges of Ollama's `/v1`. */
export const openAiExchanges = recordingsIn("openai", (line) => {
  const spoken = Schema.decodeUnknownOption(Spoken)(line.replace(/^data: /, ""))
  return spoken._tag === "Some" ? (spoken.value.choices[0]?.delta.content ?? "") : ""
})
