/** Owns the words of Anthropic's Messages API for tests: written from its documentation, not recorded. */
import * as Anthropic from "../../src/adapters/provider/Anthropic.ts"
import type { Dialect } from "../../src/adapters/provider/AnthropicWire.ts"
import { event, eventStream, noKey, type Tongue } from "./tongue.ts"

export const dialect: Dialect = { sampling: true, jsonSchema: true }

const said = (type: string, fields: object = {}): string => event({ type, ...fields }, type)

export const messageStart = (usage: object | null = { input_tokens: 15, output_tokens: 1 }): string =>
  said("message_start", {
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "claude-1",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      ...(usage && { usage })
    }
  })

export const blockStart = (block: object = { type: "text", text: "" }, index = 0): string =>
  said("content_block_start", { index, content_block: block })

export const delta = (fields: object, index = 0): string =>
  said("content_block_delta", { index, delta: fields })

export const blockStop = (index = 0): string => said("content_block_stop", { index })

export const messageDelta = (reason: string | null, usage?: object): string =>
  said("message_delta", { delta: { stop_reason: reason, stop_sequence: null }, ...(usage && { usage }) })

export const messageStop: string = said("message_stop")

export const ping: string = said("ping")

export const anthropic: Tongue = {
  ...eventStream,
  name: "anthropic",
  make: ({ baseUrl, local = true, key = noKey }) =>
    Anthropic.make({ baseUrl, local, key, window: 2048, dialect }),
  path: "/v1/messages",
  begin: messageStart(null) + blockStart() + ping,
  piece: (text) => delta({ type: "text_delta", text }),
  thought: (thinking) => delta({ type: "thinking_delta", thinking }),
  done: (reason, input, output) =>
    blockStop() + messageDelta(reason, { input_tokens: input, output_tokens: output }) + messageStop,
  reasons: { stop: "end_turn", length: "max_tokens" },
  broken: said("error", { error: { type: "overloaded_error", message: "Overloaded" } }),
  list: (names) =>
    JSON.stringify({ data: names.map((id) => ({ id, type: "model", display_name: id })), has_more: false }),
  error: (type, message) => JSON.stringify({ type: "error", error: { type, message }, request_id: "req_1" })
}
