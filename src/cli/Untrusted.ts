/** Owns what is said where a folder's provider settings were left out. */
import { Effect } from "effect"
import { Configuration } from "../ports/Configuration.ts"
import { note } from "./Output.ts"

/** Said once by every command whose answer depends on it. */
export const sayUntrusted = Effect.gen(function* () {
  const { untrusted } = yield* Configuration
  if (untrusted.length > 0) {
    yield* note("This folder's provider settings are not trusted and were left out. To use them: io3 trust")
  }
})
