/** Owns the record of the configuration that runs are governed by: what it was, in the ledger, before a run refers to it. */
import { Context, Effect, Layer, Option, Ref, Schedule } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { configStream as stream, ContentId, type Digest } from "../../domain/Ids.ts"
import { canonical } from "../../domain/ledger/Ledger.ts"
import { textOf, valuesIn } from "../../domain/config/Policy.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import { configurationsIn } from "../ledger/Soundness.ts"

export class ConfigRecord extends Context.Service<
  ConfigRecord,
  {
    /** The digest of the configuration in force, once it is in the ledger. */
    readonly digest: Effect.Effect<Digest, RuntimeFailure>
  }
>()("io-iii/core/run/ConfigRecord") {
  static readonly layer = Layer.effect(
    ConfigRecord,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const journal = yield* Journal
      const vault = yield* Vault
      const inForce = yield* PolicyInForce
      const recorded = yield* Ref.make(Option.none<Digest>())

      const record = Effect.gen(function* () {
        const wrapped = yield* journal.key(stream)
        const keys = yield* Option.match(wrapped, {
          onNone: () => vault.create(stream),
          onSome: (key) => vault.open(stream, key)
        })
        const digestOf = (id: string, value: unknown) => keys.digest(ContentId.make(id), textOf(value))
        const rest = {
          providers: settings.providers,
          rules: settings.routing.rules,
          runtime: settings.runtime,
          packs: settings.memoryPacks,
          policy: settings.memoryPolicy,
          logging: settings.logging
        }
        const digests = {
          persona: digestOf("persona", settings.persona),
          profile: digestOf("profile", settings.profile),
          rest: digestOf("rest", Object.values(rest)),
          values: valuesIn(rest).map(([key, value]) => ({ key, digest: digestOf("value", [key, value]) }))
        }
        const configDigest = vault.fingerprint(canonical({ policy: inForce, digests }))

        const rows = yield* journal.read(stream)
        if (configurationsIn(rows).has(configDigest)) return configDigest
        const loaded = { _tag: "ConfigLoaded", configDigest, policy: inForce, digests } as const
        yield* journal.commit({
          appends: [
            {
              stream,
              expected: rows.length,
              events: [loaded],
              sealed: [],
              key: Option.isNone(wrapped) ? keys.wrapped : null
            }
          ]
        })
        return configDigest
      }).pipe(
        // Another process may record its configuration at the same moment: look again.
        Effect.retry({ while: (failed) => failed.code === "JOURNAL_CONFLICT", schedule: Schedule.recurs(5) }),
        Effect.tap((digest) => Ref.set(recorded, Option.some(digest)))
      )

      return ConfigRecord.of({
        digest: Effect.flatMap(
          Ref.get(recorded),
          Option.match({ onNone: () => record, onSome: Effect.succeed })
        )
      })
    })
  )
}
