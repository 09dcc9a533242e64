/** Owns what each recorded exchange with a real OpenAI-compatible server means; every recording is named here once. */
import type { Meanings } from "../../support/replay.ts"

const answered: Meanings["answered"] = [
  ["chat_json_schema_stream", "length", 15, 200],
  // nobody had asked it to count
  ["chat_stream", "length", null, null],
  ["chat_stream_usage", "length", 15, 24],
  ["chat_stream_usage_chunked_raw", "length", 15, 24],
  ["queue_cold_0", "length", null, null],
  ["v0.24.0/chat_stream_usage", "length", 15, 24]
]

const failed: Meanings["failed"] = [
  // a clean end without the last words: the runner was killed, or the answer broken off
  {
    code: "PROVIDER_OUTCOME_UNKNOWN",
    fallback: null,
    names: ["repeat_abort_stream", "runner_killed_stream", "v0.24.0/runner_killed_stream"]
  },
  // an answer in one piece, and lists: no stream of events
  {
    code: "PROVIDER_BAD_RESPONSE",
    fallback: null,
    names: [
      "chat_bad_api_key",
      "chat_content_parts",
      "chat_default",
      "chat_json_object",
      "chat_json_schema",
      "chat_nostream",
      "chat_overflow",
      "chat_reasoning_effort_none",
      "chat_stop",
      "models",
      "models_empty",
      "native_template/chat_json_object",
      "queue_cold_1",
      "repeat_abort_nostream",
      "v0.24.0/chat_nostream"
    ]
  },
  // tokens without end, since this server knows the limit under its other name alone
  { code: "PROVIDER_TIMEOUT", fallback: null, names: ["chat_max_completion_tokens"] },
  {
    code: "PROVIDER_REJECTED",
    fallback: null,
    names: [
      "chat_empty_messages",
      "chat_malformed",
      "chat_missing_model",
      "chat_reasoning_effort",
      "chat_temperature_string",
      "unknown_route"
    ]
  },
  {
    code: "PROVIDER_MODEL_NOT_FOUND",
    fallback: "model_not_found",
    names: ["chat_unknown_model", "chat_unknown_model_stream", "v0.24.0/chat_unknown_model"]
  },
  // no runner, and a full queue
  {
    code: "PROVIDER_UNAVAILABLE",
    fallback: "server_error",
    names: ["queue_cold_2", "queue_cold_3", "queue_cold_4", "runner_killed_nostream"]
  }
]

export const openAiMeanings: Meanings = { answered, failed }
