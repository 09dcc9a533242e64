/** Owns holding a runbook against an installation: all that it names has to be there, and whoever is to answer as well. */
import { Effect, Result } from "effect"
import { switchesOf } from "../../domain/config/Policy.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Mode } from "../../domain/Ids.ts"
import { resolveAnswer } from "../../domain/run/Route.ts"
import { type InForce, misfits } from "../../domain/runbook/Fit.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Configuration } from "../../ports/Configuration.ts"
import type { Equipped } from "../../ports/Installation.ts"
import { Providers } from "../../ports/Provider.ts"
import type { ReadRunbook } from "../../ports/RunbookReader.ts"
import { policyInForce } from "../run/PolicyInForce.ts"

/**
 * The runbook, when all that it names is there. `ROUTE_MODE_*` for a persona that cannot be, `RUNBOOK_SCHEMA_ERROR` with
 * every place that names what is not there. Calls nobody.
 */
export const fitting = (
  { runbook, placeOf }: ReadRunbook,
  persona: Mode,
  here: Equipped
): Effect.Effect<Runbook, RuntimeFailure> =>
  Effect.flatMap(Effect.fromResult(routeOf(here, persona)), () => {
    const places = misfits(runbook, inForceOf(here)).map(({ step, part, fault }) =>
      placeOf(step, part, fault)
    )
    return places.length === 0
      ? Effect.succeed(runbook)
      : Effect.fail(failure("RUNBOOK_SCHEMA_ERROR", "setup", { places }))
  })

/** The same where runs are made. */
export const fittingHere = Effect.fnUntraced(function* (read: ReadRunbook, persona: Mode) {
  const configuration = yield* Configuration
  const providers = yield* Providers
  return yield* fitting(read, persona, { configuration, providers, capabilities: yield* Capabilities })
})

/** What a runbook may name in this installation. */
const inForceOf = (here: Equipped): InForce => {
  const packs = new Set<string>(here.configuration.settings.memoryPacks.packs.map(({ id }) => id))
  return {
    faultOf: (mode) => {
      const route = routeOf(here, mode)
      if (Result.isSuccess(route)) return null
      return route.failure.code === "ROUTE_MODE_UNKNOWN"
        ? "unknown_mode"
        : route.failure.code === "ROUTE_MODE_INTERNAL"
          ? "internal_mode"
          : "unroutable_mode"
    },
    hasCapability: (id) => here.capabilities.get(id) !== undefined,
    hasPack: (id) => packs.has(id)
  }
}

const routeOf = ({ configuration: { settings }, providers, capabilities }: Equipped, mode: Mode) => {
  const policy = policyInForce(settings, providers, capabilities)
  return resolveAnswer(policy.routing, mode, switchesOf(policy))
}
