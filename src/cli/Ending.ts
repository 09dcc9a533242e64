/** Owns what an interruption comes to: a command that ends in no other way says that it is a good end, and hears of the next one. */
import { Context, type Effect } from "effect"

export class Ending extends Context.Service<
  Ending,
  {
    readonly well: Effect.Effect<void>
    /** Completes when the program is told to end once more, from now on. */
    readonly again: Effect.Effect<void>
  }
>()("io-iii/cli/Ending") {}
