/** Owns `cap.json_pretty`: a payload as people read JSON. */
import { Schema } from "effect"
import { builtin } from "../BuiltinPlace.ts"
import { Capability } from "../Definition.ts"
import { write } from "../JsonText.ts"

export default Capability.define({
  id: "cap.json_pretty",
  version: "1.0",
  category: "transformation",
  description: "Writes a JSON object over several lines, its keys in order",
  module: builtin(import.meta.url, "JsonPretty"),
  bounds: { timeoutMillis: 1000, maxInputChars: 4096, maxOutputChars: 8192 },
  input: Schema.JsonObject,
  output: Schema.Struct({ pretty: Schema.String }),
  run: (payload) => ({ pretty: write(payload, { maxChars: Infinity, indent: 2 }).text })
})
