/** Owns what each recorded exchange with a real Ollama means; every recording is named here once. */
import type { Meanings } from "../../support/replay.ts"

const answered: Meanings["answered"] = [
  ["after_disconnect", "length", 15, 24],
  ["after_idle_runner_killed", "length", 15, 24],
  ["after_runner_killed", "length", 15, 24],
  ["cache_first", "length", 227, 4],
  ["cache_prefix_shared", "length", 230, 4],
  ["cache_second", "length", 227, 4],
  ["chat_last_assistant_prefill", "length", 25, 24],
  ["chat_multiturn", "stop", 45, 14],
  ["chat_nostream", "length", 15, 24],
  ["chat_stream_chunked_raw", "length", 15, 24],
  ["chat_stream_cold", "length", 15, 24],
  ["chat_stream_default", "length", 15, 24],
  ["chat_stream_warm", "length", 15, 24],
  ["chat_system", "length", 26, 24],
  ["content_type_text", "length", 10, 24],
  ["ctx_change_first", "length", 21, 150],
  ["ctx_change_second", "length", 10, 24],
  ["ctx_fits_in_8192", "length", 5936, 16],
  ["ctx_generation_overruns", "stop", 23, 253],
  ["ctx_generation_overruns_shift_false", "length", 23, 233],
  ["ctx_history_fits_in_8192", "stop", 3723, 15],
  ["ctx_num_ctx_over_train", "length", 10, 16],
  ["ctx_overflow_history", "length", 1886, 16],
  ["ctx_overflow_single_message", "stop", 1026, 13],
  ["ctx_overflow_single_message_stream", "stop", 1026, 13],
  ["ctx_overflow_system_long", "length", 1026, 16],
  ["format_empty_object", "length", 12, 24],
  ["format_empty_string", "length", 12, 24],
  ["format_json", "stop", 33, 70],
  ["format_json_noprompt", "stop", 12, 77],
  ["format_null", "length", 12, 24],
  ["format_schema_length_cut", "length", 33, 8],
  ["format_schema_minlength_pattern", "stop", 12, 35],
  ["format_schema_nostream", "length", 33, 200],
  ["format_schema_ok", "stop", 31, 132],
  ["format_schema_ok_stream", "stop", 31, 132],
  ["format_schema_stream", "length", 33, 200],
  ["keep_alive_10s", "length", 10, 24],
  ["keep_alive_negative", "length", 10, 24],
  ["keep_alive_number", "length", 10, 24],
  ["keep_alive_zero_with_messages", "length", 10, 24],
  ["length_hit", "length", 15, 5],
  ["length_hit_stream", "length", 15, 5],
  ["logprobs", "length", 10, 3],
  ["message_content_missing", "length", 9, 24],
  ["message_content_null", "length", 9, 24],
  ["message_role_missing", "length", 9, 24],
  ["message_role_unknown", "length", 11, 24],
  ["model_name_case", "length", 10, 24],
  ["model_name_qualified", "length", 10, 24],
  ["option_negative_ctx", "length", 3, 24],
  ["option_null_value", "length", 10, 24],
  ["option_num_predict_float", "length", 10, 3],
  ["option_unknown", "length", 10, 24],
  ["parallel_two_1", "length", 16, 150],
  ["parallel_two_2", "length", 16, 20],
  ["queue_cold_0", "length", 16, 10],
  ["queue_cold_1", "length", 16, 10],
  ["queue_loaded_0", "length", 16, 40],
  ["queue_loaded_1", "length", 16, 40],
  ["queue_loaded_2", "length", 16, 40],
  ["queue_loaded_3", "length", 16, 40],
  ["queue_loaded_4", "length", 16, 40],
  ["reload_ctx_a", "length", 10, 2],
  ["reload_ctx_a2", "length", 10, 2],
  ["reload_ctx_b", "length", 10, 2],
  ["reload_ctx_none", "length", 10, 2],
  ["seed_repeat_1", "length", 17, 24],
  ["seed_repeat_2", "length", 17, 24],
  ["stop_sequence", "stop", 22, 8],
  ["stop_sequence_stream", "stop", 22, 8],
  ["think_false", "length", 10, 24],
  ["unknown_top_level_field", "length", 10, 24],
  ["unload_during_stream", "length", 21, 150],
  ["native_template/chat_last_assistant_prefill", "length", 40, 24],
  ["native_template/chat_nostream", "length", 36, 24],
  ["native_template/chat_stream_cold", "length", 36, 24],
  ["native_template/ctx_overflow_history", "length", 1886, 16],
  ["native_template/format_empty_object", "stop", 33, 32],
  ["native_template/format_json", "stop", 42, 54],
  ["native_template/format_json_noprompt", "stop", 33, 24],
  ["native_template/format_schema_nostream", "stop", 52, 121],
  ["native_template/message_role_missing", "length", 30, 24],
  ["native_template/message_role_unknown", "length", 32, 24],
  ["native_template/num_predict_zero_stream", "length", 36, 1],
  ["native_template/repeat_stream", "length", 33, 120],
  ["v0.24.0/after_runner_killed", "length", 15, 24],
  ["v0.24.0/cache_first", "length", 227, 4],
  ["v0.24.0/cache_second", "length", 227, 4],
  ["v0.24.0/chat_nostream", "length", 15, 24],
  ["v0.24.0/chat_stream_cold", "length", 15, 24],
  ["v0.24.0/chat_stream_warm", "length", 15, 24],
  ["v0.24.0/ctx_generation_overruns_shift_false", "stop", 23, 213],
  ["v0.24.0/ctx_overflow_shift_false", "length", 256, 1],
  ["v0.24.0/ctx_overflow_single_message", "length", 256, 8],
  ["v0.24.0/format_json", "length", 35, 80],
  ["v0.24.0/format_schema_nostream", "stop", 31, 99],
  ["v0.24.0/length_hit", "length", 15, 5],
  ["v0.24.0/option_unknown", "length", 10, 24]
]

const failed: Meanings["failed"] = [
  // a clean end without the last line
  {
    code: "PROVIDER_OUTCOME_UNKNOWN",
    fallback: null,
    names: [
      "ctx_debug_render",
      "repeat_abort_nostream",
      "repeat_abort_stream",
      "v0.24.0/repeat_abort_nostream",
      "v0.24.0/repeat_abort_stream"
    ]
  },
  // the prompt does not fit, in three wordings
  {
    code: "CONTEXT_LIMIT_EXCEEDED",
    fallback: "context_overflow",
    names: [
      "ctx_overflow_shift_false",
      "ctx_overflow_truncate_false",
      "ctx_overflow_truncate_false_shift_false",
      "ctx_overflow_truncate_false_stream",
      "native_template/ctx_overflow_single_message",
      "native_template/ctx_overflow_single_message_stream",
      "v0.24.0/ctx_overflow_truncate_false"
    ]
  },
  // the connection was cut
  {
    code: "PROVIDER_OUTCOME_UNKNOWN",
    fallback: null,
    names: ["disconnect_mid_stream", "server_sigkill_mid_stream", "server_sigterm_mid_stream"]
  },
  // silence from the start
  {
    code: "PROVIDER_TIMEOUT",
    fallback: "first_byte_timeout",
    names: ["disconnect_nostream"]
  },
  // nothing was generated: only the model was loaded or unloaded
  {
    code: "PROVIDER_BAD_RESPONSE",
    fallback: null,
    names: [
      "empty_messages_load",
      "err_trailing_garbage",
      "keep_alive_zero_unload",
      "keep_alive_zero_unload_not_loaded",
      "missing_messages_load",
      "unload_while_busy",
      "v0.24.0/empty_messages_load"
    ]
  },
  // a request that is wrong, unsupported or not allowed
  {
    code: "PROVIDER_REJECTED",
    fallback: null,
    names: [
      "err_empty_body",
      "err_empty_model",
      "err_malformed_json",
      "err_malformed_json2",
      "err_method",
      "err_missing_model",
      "err_model_bad_name",
      "format_bad_ref",
      "format_bad_schema",
      "format_bad_schema_stream",
      "host_evil_chat",
      "images_unsupported",
      "keep_alive_bad",
      "message_content_parts",
      "messages_is_string",
      "model_name_cloud_suffix",
      "options_is_array",
      "origin_foreign_chat",
      "preflight_foreign",
      "stream_is_string",
      "think_bad",
      "think_high",
      "think_true",
      "think_true_nostream",
      "tools_unsupported",
      "native_template/format_bad_schema",
      "native_template/think_true",
      "native_template/tools_unsupported",
      "v0.24.0/err_malformed_json",
      "v0.24.0/err_missing_model",
      "v0.24.0/think_max",
      "v0.24.0/think_true",
      "v0.24.0/tools_unsupported"
    ]
  },
  // the model is not installed
  {
    code: "PROVIDER_MODEL_NOT_FOUND",
    fallback: "model_not_found",
    names: [
      "err_model_without_tag",
      "err_unknown_model_chat",
      "err_unknown_model_chat_nostream",
      "v0.24.0/err_unknown_model_chat"
    ]
  },
  // before the first token a failure has a status: no runner, a full queue, and wrong options too
  {
    code: "PROVIDER_UNAVAILABLE",
    fallback: "server_error",
    names: [
      "format_bad_array",
      "format_bad_string",
      "format_bad_string_stream",
      "option_num_ctx_string",
      "option_stop_string",
      "option_temperature_string",
      "queue_cold_2",
      "queue_cold_3",
      "queue_cold_4",
      "runner_killed_nostream",
      "runner_killed_while_loading",
      "native_template/format_bad_string",
      "v0.24.0/format_bad_ref",
      "v0.24.0/format_bad_schema",
      "v0.24.0/format_bad_string",
      "v0.24.0/option_temperature_string",
      "v0.24.0/runner_killed_nostream"
    ]
  },
  // tokens, then silence
  {
    code: "PROVIDER_TIMEOUT",
    fallback: null,
    names: ["num_predict_zero_stream", "runner_hung_stream", "v0.24.0/num_predict_zero_stream"]
  },
  // a success that is not an answer
  {
    code: "PROVIDER_BAD_RESPONSE",
    fallback: null,
    names: ["preflight_localhost"]
  },
  // the runner died: an error line under a 200
  {
    code: "PROVIDER_OUTCOME_UNKNOWN",
    fallback: null,
    names: [
      "runner_killed_stream",
      "runner_killed_stream_chunked_raw",
      "runner_terminated_stream",
      "v0.24.0/runner_killed_stream"
    ]
  }
]

export const ollamaMeanings: Meanings = { answered, failed }
