/** Owns the lines of Ollama's protocol for tests, and a server that speaks them well. */
import { Effect, type Scope, Schema } from "effect"
import { Content } from "../../src/domain/Content.ts"
import { ModelName } from "../../src/domain/Ids.ts"
import { exact } from "../../src/domain/run/Generation.ts"
import type { Call } from "../../src/ports/Provider.ts"
import { chunked, serve, type Server } from "./upstream.ts"

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

const Asked = Schema.fromJsonString(Schema.Struct({ options: Schema.Struct({ num_predict: Schema.Int }) }))

/** An honest Ollama with a fixed answer, which it cuts where `num_predict` says. */
export const honest: Effect.Effect<Server, never, Scope.Scope> = serve((socket, request) => {
  if (!request.line.startsWith("POST /api/chat")) {
    const body = `{"version":"0.32.15"}`
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    return
  }
  const { options } = Schema.decodeUnknownSync(Asked)(request.body)
  const words = ["The", " sky", " scatters", " blue", " light", "."]
  const said = words.slice(0, options.num_predict)
  const last = done({
    done_reason: said.length < words.length ? "length" : "stop",
    prompt_eval_count: 15,
    eval_count: said.length
  })
  socket.write(chunked([...said.map((word) => piece(word)), last]))
})
