/** Owns `cap.echo_json`: what a payload looks like from outside. */
import { Schema } from "effect"
import { Count } from "../../../domain/Ids.ts"
import { builtin } from "../BuiltinPlace.ts"
import { Capability } from "../Definition.ts"
import { write } from "../JsonText.ts"

/** The rest of the output is numbers. */
const KEYS_CHARS = 900

/** The first keys, as many as there is space for. */
const fitting = (keys: ReadonlyArray<string>): ReadonlyArray<string> => {
  let left = KEYS_CHARS
  const end = keys.findIndex((key) => (left -= write(key, { maxChars: 0 }).chars + 1) < 0)
  return end === -1 ? keys : keys.slice(0, end)
}

export default Capability.define({
  id: "cap.echo_json",
  version: "1.0",
  category: "validation",
  description: "Says how large a JSON object is and which keys it has",
  module: builtin(import.meta.url, "EchoJson"),
  bounds: { timeoutMillis: 1000, maxInputChars: 4096, maxOutputChars: 1024 },
  input: Schema.JsonObject,
  output: Schema.Struct({
    summary: Schema.Struct({
      /** Bytes of the payload as JSON in UTF-8, without spaces. */
      payload_bytes: Count,
      payload_type: Schema.Literal("object"),
      /** In order; the last ones are left out where they would not fit. */
      top_level_keys: Schema.Array(Schema.String),
      /** How many keys there are. */
      top_level_len: Count
    })
  }),
  run: (payload) => {
    const keys = Object.keys(payload).toSorted()
    const { text } = write(payload, { maxChars: Infinity })
    return {
      summary: {
        payload_bytes: new TextEncoder().encode(text).length,
        payload_type: "object" as const,
        top_level_keys: fitting(keys),
        top_level_len: keys.length
      }
    }
  }
})
