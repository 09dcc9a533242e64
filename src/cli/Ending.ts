/** Owns what the exit code of an interruption is: a command that ends in no other way says that it is a good end. */
import { Context, type Effect } from "effect"

export class Ending extends Context.Service<Ending, { readonly well: Effect.Effect<void> }>()(
  "io-iii/cli/Ending"
) {}
