/** Owns asking whether a configuration can be used on this machine; it writes nothing and makes no folder. */
import { Context, Effect, Layer } from "effect"
import { portability, type Portability as Report } from "../../domain/integrity/Portability.ts"
import { ofMemory, ofThresholds } from "../../domain/integrity/Inputs.ts"
import { policyInForce } from "../run/PolicyInForce.ts"
import { Installation } from "../../ports/Installation.ts"
import { Machine } from "../../ports/Machine.ts"

export class Portability extends Context.Service<
  Portability,
  {
    /** Never fails: one check that does not pass does not stop the others. */
    readonly check: Effect.Effect<Report>
  }
>()("io-iii/core/integrity/Portability") {
  static readonly layer = Layer.effect(
    Portability,
    Effect.gen(function* () {
      const installation = yield* Installation
      const machine = yield* Machine

      const read = Effect.scoped(installation.read).pipe(
        Effect.match({
          onSuccess: ({ configuration: { settings }, providers, capabilities }) => {
            const policy = policyInForce(settings, providers, capabilities)
            return { settings, places: [] as const, findings: [...ofMemory(policy), ...ofThresholds(policy)] }
          },
          onFailure: ({ places = [] }) => ({ settings: null, places })
        })
      )
      return Portability.of({
        check: Effect.gen(function* () {
          return portability(yield* read, yield* machine.folder, machine.paths.data)
        }).pipe(Effect.withSpan("Portability.check"))
      })
    })
  )
}
