/** Owns the server as whoever starts it has it: where it listens, whether it lets text out, and its end. */
import { Context, type Effect } from "effect"

export class Serving extends Context.Service<
  Serving,
  {
    /** E.g. `http://127.0.0.1:8080`. */
    readonly url: string
    readonly letsTextOut: boolean
    /** Whether it listens for others and goes by no name that they could know. */
    readonly isUnnamed: boolean
    /** Whether nobody comes in without a token. */
    readonly wantsTokens: () => boolean
    /** How much of what was begun has not ended. */
    readonly underWay: () => number
    /** Begins nothing more, ends what only watches, and waits for what is under way, for so long at most. */
    readonly drain: Effect.Effect<void>
  }
>()("io-iii/http/Serving") {}
