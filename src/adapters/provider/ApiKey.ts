/** Owns the key of a provider: it comes from the environment, goes into a header, and nowhere else. */
import { Config, Effect, Option, Redacted } from "effect"
import type { Whereabouts } from "../../domain/config/Whereabouts.ts"
import { ProviderFailure } from "../../ports/Provider.ts"

/** The key where a call is made; null where none is needed. `PROVIDER_KEY_MISSING` where one is, and there is none. */
export type ApiKey = Effect.Effect<string | null, ProviderFailure>

/** What a header can carry. */
const usable = /^[\x21-\x7e]{1,4096}$/u

const missing: ApiKey = Effect.fail(new ProviderFailure({ code: "PROVIDER_KEY_MISSING", fallback: null }))

/**
 * Reads the variable once, where the provider is on. A host of this machine or network needs no key, and gets one only
 * where a variable is named.
 */
export const keyOf = (
  { keyName, local }: Pick<Whereabouts, "keyName" | "local">,
  enabled: boolean
): Effect.Effect<ApiKey> =>
  Effect.map(keyName === null || !enabled ? Effect.succeedNone : read(keyName), (given) => {
    const key = Option.filter(given, (secret) => usable.test(Redacted.value(secret)))
    if (Option.isSome(key)) return Effect.sync(() => Redacted.value(key.value))
    return local ? Effect.succeed(null) : missing
  })

const read = (name: string): Effect.Effect<Option.Option<Redacted.Redacted>> =>
  Effect.orDie(Config.option(Config.Redacted(name)))
