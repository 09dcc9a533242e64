/** Owns the words of Ollama's protocol for tests. */
import * as Ollama from "../../src/adapters/provider/Ollama.ts"
import { Content } from "../../src/domain/Content.ts"
import { ModelName } from "../../src/domain/Ids.ts"
import { exact } from "../../src/domain/run/Generation.ts"
import type { Call } from "../../src/ports/Provider.ts"
import type { Tongue } from "./tongue.ts"

const model = "smollm2:135m"

/** One streamed piece of an answer. */
export const piece = (content: string, thinking?: string): string =>
  `${JSON.stringify({ model, created_at: "2026-01-01T00:00:00Z", message: { role: "assistant", content, thinking }, done: false })}\n`

/** The last line of a complete answer. */
export const done = (fields: object = { prompt_eval_count: 7, eval_count: 3 }): string =>
  `${JSON.stringify({ model, message: { role: "assistant", content: "" }, done: true, done_reason: "stop", ...fields })}\n`

/** A call that asks for little and waits long enough for any honest server. */
export const call = (fields: Partial<Call> = {}): Call => ({
  model: ModelName.make(model),
  messages: [{ role: "user", content: Content.of("Why is the sky blue?") }],
  window: 2048,
  sampling: exact,
  firstByteMillis: 10_000,
  idleMillis: 10_000,
  format: null,
  ...fields
})

export const ollama: Tongue = {
  name: "ollama",
  make: ({ baseUrl }) => Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined }),
  elsewhere: false,
  path: "/api/chat",
  begin: "",
  piece: (content) => piece(content),
  thought: (words) => piece("", words),
  done: (reason, input, output) =>
    done({
      done_reason: reason,
      prompt_eval_count: input ?? undefined,
      eval_count: output ?? undefined
    }),
  reasons: { stop: "stop", length: "length" },
  broken: `{"error":"unexpected EOF"}\n`,
  framed: (text) => `${text}\n`,
  nothing: ["\n"],
  // What comes after the last newline is a line too.
  half: "PROVIDER_BAD_RESPONSE",
  list: (names) => JSON.stringify({ models: names.map((name) => ({ name })) }),
  error: (_, message) => JSON.stringify({ error: message })
}
