/** Owns `cap.text_diff`: two texts as a unified diff. */
import { Schema } from "effect"
import { Count } from "../../../domain/Ids.ts"
import { builtin } from "../BuiltinPlace.ts"
import { Capability } from "../Definition.ts"
import { unified } from "../UnifiedDiff.ts"

const CONTEXT_LINES = 3
const MOST_CONTEXT_LINES = 100

export default Capability.define({
  id: "cap.text_diff",
  version: "1.0",
  category: "computation",
  description: "Compares two texts line by line and writes a unified diff",
  module: builtin(import.meta.url, "TextDiff"),
  // A diff without context of texts in which every other line differs is three times as long as they are.
  bounds: { timeoutMillis: 2000, maxInputChars: 65_536, maxOutputChars: 262_144 },
  input: Schema.Struct({
    before: Schema.String,
    after: Schema.String,
    context_lines: Schema.optionalKey(
      Count.pipe(Schema.check(Schema.isLessThanOrEqualTo(MOST_CONTEXT_LINES)))
    )
  }),
  output: Schema.Struct({
    diff: Schema.String,
    /** Lines. */
    added: Count,
    removed: Count,
    hunks: Count,
    identical: Schema.Boolean
  }),
  run: ({ before, after, context_lines = CONTEXT_LINES }) => ({
    ...unified(before, after, context_lines),
    identical: before === after
  })
})
