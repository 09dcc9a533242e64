/** Owns the greeting of the persona: the operator's own words, given back to whoever asks who is there. */
import { Effect } from "effect"
import { Configuration } from "../../ports/Configuration.ts"
import { giveBack, type ReleasedChunk } from "./Release.ts"

/** Null where none is configured; a blank one is none. */
export const greeting: Effect.Effect<ReleasedChunk | null, never, Configuration> = Effect.map(
  Configuration,
  ({ settings }) => {
    const { greeting: words } = settings.persona.identity
    return words === undefined || words.isBlank ? null : giveBack(words)
  }
)
