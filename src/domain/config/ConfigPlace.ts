/** Owns what may be wrong with a configuration or a runbook, and where: names of ours and numbers, and nothing that stands there. */
import { Schema } from "effect"
import { ConfigKey, Count } from "../Ids.ts"

/** What is wrong at a place of the configuration, or of a runbook. */
export const ConfigFault = Schema.Literals([
  "syntax",
  "not_text",
  "duplicate_key",
  "key_not_allowed",
  "alias_not_allowed",
  "too_deep",
  "too_many_values",
  "unknown_key",
  "missing_key",
  "wrong_value",
  "content_logging",
  "unencrypted",
  "unreadable",
  "too_large",
  "too_many_steps",
  "several_capabilities",
  "payload_without_capability",
  "duplicate_id",
  "wrong_condition",
  "unknown_mode",
  "internal_mode",
  "unroutable_mode",
  "unknown_capability",
  "unknown_pack"
])
export type ConfigFault = typeof ConfigFault.Type

/** A place in the operator's own configuration or runbook; shown on the operator's terminal, recorded nowhere. */
export const ConfigPlace = Schema.Struct({
  file: Schema.Literals([
    "providers.yaml",
    "routing_table.yaml",
    "runtime.yaml",
    "persona.yaml",
    "user_profile.yaml",
    "memory_packs.yaml",
    "memory_retrieval_policy.yaml",
    "logging.yaml",
    "environment",
    "runbook"
  ]),
  /** Counted from 1; 0 when the value stands in no file. */
  line: Count,
  column: Count,
  /** The path of the key, or the name of the environment variable. */
  key: Schema.NullOr(ConfigKey),
  fault: ConfigFault
})
export type ConfigPlace = typeof ConfigPlace.Type
