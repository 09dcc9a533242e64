/** Owns the recorded exchanges with a real Ollama. */
import { Schema } from "effect"
import { recordingsIn } from "./replay.ts"

const Spoken = Schema.fromJsonString(Schema.Struct({ message: Schema.Struct({ content: Schema.String }) }))

export const ollamaExchanges = recordingsIn("ollama", (line) => {
  const spoken = Schema.decodeUnknownOption(Spoken)(line)
  return spoken._tag === "Some" ? spoken.value.message.content : ""
})
