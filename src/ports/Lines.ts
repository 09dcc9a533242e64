/** Owns what a conversation asks of whoever types it: the next piece of a message, interruption and end as values. */
import { Context, type Effect } from "effect"
import type { Content } from "../domain/Content.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"

/** What came of asking. */
export type Heard =
  | { readonly _tag: "Line"; readonly content: Content }
  /** Several lines that were pasted as one. */
  | { readonly _tag: "Block"; readonly content: Content }
  /** Ctrl-C: what was typed is dropped; `nothing` when there was none of it. */
  | { readonly _tag: "Interrupted"; readonly nothing: boolean }
  | { readonly _tag: "Ended" }

export class Lines extends Context.Service<
  Lines,
  {
    /** Whether a person types, sees what they type, and may be prompted. */
    readonly isTerminal: boolean
    /**
     * Waits for what is typed next, and on a terminal prompts for it. What was entered before can be recalled there, in this
     * process alone. Elsewhere `PROMPT_TOO_LARGE` and `FILE_NOT_TEXT` are about one line: the next one can be asked for.
     */
    readonly ask: (prompt: string) => Effect.Effect<Heard, RuntimeFailure>
    /**
     * Waits for Ctrl-C while nobody is asked; for ever where there is no terminal. It drops what was typed ahead.
     */
    readonly interrupted: Effect.Effect<void>
  }
>()("io-iii/ports/Lines") {}
