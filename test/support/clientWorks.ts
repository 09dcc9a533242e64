/** Owns runs of clients that keep their own conversation, as they end up in a journal. */
import { Effect } from "effect"
import { Runs } from "../../src/core/run/Runs.ts"
import { Content } from "../../src/domain/Content.ts"
import type { Client } from "../../src/domain/run/ClientContext.ts"
import type { Generation } from "../../src/domain/run/Generation.ts"

const said = (role: "user" | "assistant", text: string) => ({ role, content: Content.of(text) })

export const client: Client = {
  instructions: Content.of("In short."),
  history: [said("user", "Before?"), said("assistant", "Said before."), said("user", "é€😀\n")]
}
export const generation: Generation = {
  maxOutputTokens: 7,
  temperatureMicros: 300_000,
  topPMicros: 900_000,
  seed: 0,
  stop: [Content.of("\n\n"), Content.of("End")],
  format: { _tag: "JsonSchema", schema: Content.of('{"type":"object"}') }
}

/** A client's run, audited or not, with as much of its conversation as there is room for. */
export const chat = (more: { readonly audit?: boolean } = {}) =>
  Effect.exit(
    Runs.use((runs) => runs.run(Runs.request("executor", "question", { client, generation, ...more })))
  )

/** Wishes without a conversation, of which no text is kept. */
export const wishing = Effect.exit(
  Runs.use((runs) =>
    runs.run(
      Runs.request("executor", "question", {
        generation: { ...generation, maxOutputTokens: 1_000_000, stop: [], format: { _tag: "JsonObject" } }
      })
    )
  )
)
