/** Owns what goes into a run besides its prompt: that a capability is there to be invoked, and what may be remembered. */
import { Context, Effect, Layer } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { isCloud } from "../../domain/run/Governance.ts"
import type { Destination, Route } from "../../domain/run/Route.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Recollections } from "../memory/Recollections.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import type { Remembered, RunRequest } from "./Request.ts"

export class Inputs extends Context.Service<
  Inputs,
  {
    /** `CAPABILITY_NOT_FOUND`. */
    readonly invocable: (request: Pick<RunRequest, "capability">) => Effect.Effect<void, RuntimeFailure>
    /** The records of the packs of a request, else of its mode; null where there is no pack. */
    readonly remembered: (
      request: Pick<RunRequest, "mode" | "packs">,
      route: Route,
      auditor: Destination | null
    ) => Effect.Effect<Remembered | null, RuntimeFailure>
  }
>()("io-iii/core/run/Inputs") {
  static readonly layer = Layer.effect(
    Inputs,
    Effect.gen(function* () {
      const capabilities = yield* Capabilities
      const recollections = yield* Recollections
      const policy = yield* PolicyInForce
      const { memory } = policy

      return Inputs.of({
        invocable: ({ capability }) =>
          capability && !capabilities.get(capability.id)
            ? Effect.fail(failure("CAPABILITY_NOT_FOUND", "setup"))
            : Effect.void,
        remembered: Effect.fnUntraced(function* ({ mode, packs }, route, auditor) {
          if (!memory) return null
          const wanted = packs ?? memory.defaults[mode] ?? []
          if (wanted.length === 0) return null
          return yield* recollections.recall(memory, { mode, cloud: isCloud(policy, route, auditor) }, wanted)
        })
      })
    })
  )
}
