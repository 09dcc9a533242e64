/** Owns the answer to "who would answer": the routing law applied to this installation, after the constellation guard. */
import { Clock, Context, Effect, Layer } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { drifts } from "../../domain/run/Governance.ts"
import { Mode, type ProviderName } from "../../domain/Ids.ts"
import { switchesOf } from "../../domain/config/Policy.ts"
import { resolve, resolveAnswer, type Route } from "../../domain/run/Route.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Providers } from "../../ports/Provider.ts"
import { PolicyInForce } from "./PolicyInForce.ts"

/** Which checks a run may go without; both are on unless an operator says otherwise. */
export interface Checks {
  /** Whether the routing table keeps executor and challenger apart. */
  readonly constellation: boolean
  /** Whether the selected provider answers at all, asked before the run is recorded; an answer holds for a second. */
  readonly health: boolean
}

/** A server need not ask again for each of the runs that begin in one second. */
const ANSWER_MILLIS = 1000

export class Router extends Context.Service<
  Router,
  {
    /** Every mode of the table. */
    readonly modes: ReadonlyArray<Mode>
    /** `ROUTE_MODE_UNKNOWN`, `ROUTE_TARGET_INVALID`. Calls nothing and nobody. */
    readonly resolve: (mode: Mode) => Effect.Effect<Route, RuntimeFailure>
    /** The same for whoever is to answer: also `ROUTE_MODE_INTERNAL`. */
    readonly resolveAnswer: (mode: Mode) => Effect.Effect<Route, RuntimeFailure>
    /** `CONSTELLATION_DRIFT`, `PROVIDER_UNAVAILABLE`. */
    readonly check: (route: Route, checks: Checks) => Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/core/run/Router") {
  static readonly layer = Layer.effect(
    Router,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const providers = yield* Providers
      const policy = yield* PolicyInForce
      const switches = switchesOf(policy)
      const drifted = drifts(policy)
      const answeredAt = new Map<ProviderName, number>()

      const answers = Effect.fnUntraced(function* (provider: ProviderName) {
        const now = yield* Clock.currentTimeMillis
        if (Math.abs(now - (answeredAt.get(provider) ?? -Infinity)) < ANSWER_MILLIS) return
        yield* providers.get(provider)?.health ?? Effect.void
        answeredAt.set(provider, now)
      })

      const modes = Object.keys(settings.routing.modes).map((mode) => Mode.make(mode))
      /** Same table, mode and switches: same route. Those of the table are resolved once. */
      const resolved = (law: typeof resolve) => {
        const routes = new Map(modes.map((mode) => [mode, law(policy.routing, mode, switches)]))
        return (mode: Mode) => Effect.fromResult(routes.get(mode) ?? law(policy.routing, mode, switches))
      }

      return Router.of({
        modes,
        resolve: resolved(resolve),
        resolveAnswer: resolved(resolveAnswer),
        check: Effect.fnUntraced(function* (route, checks) {
          if (checks.constellation && drifted) return yield* failure("CONSTELLATION_DRIFT", "route")
          // With somewhere else to go, the call itself finds out, and the run goes on.
          const elsewhere = route.alternate !== null && route.alternate.provider !== route.provider
          if (checks.health && !elsewhere) yield* answers(route.provider)
        })
      })
    })
  )
}
