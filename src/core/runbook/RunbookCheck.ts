/** Owns looking through a runbook before anybody does it: what it says, and whether all that it names is there. */
import { Context, Effect, Layer, Result } from "effect"
import { switchesOf } from "../../domain/config/Policy.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Mode } from "../../domain/Ids.ts"
import { resolveAnswer } from "../../domain/run/Route.ts"
import type { RunbookContext } from "../../domain/runbook/Condition.ts"
import { type InForce, misfits } from "../../domain/runbook/Fit.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Installation, type Installed } from "../../ports/Installation.ts"
import { type ReadRunbook, RunbookReader } from "../../ports/RunbookReader.ts"
import { policyInForce } from "../run/PolicyInForce.ts"

export class RunbookCheck extends Context.Service<
  RunbookCheck,
  {
    /**
     * Reads the file, and only then the configuration. Fails with what either fails with, with `RUNBOOK_SCHEMA_ERROR` and
     * every place that names what is not there, and with `ROUTE_MODE_*` for a persona that cannot be. Calls nobody.
     */
    readonly check: (path: string, context: RunbookContext) => Effect.Effect<Runbook, RuntimeFailure>
  }
>()("io-iii/core/runbook/RunbookCheck") {
  static readonly layer = Layer.effect(
    RunbookCheck,
    Effect.gen(function* () {
      const reader = yield* RunbookReader
      const installation = yield* Installation
      const capabilities = yield* Capabilities

      return RunbookCheck.of({
        check: Effect.fn("RunbookCheck.check")(function* (path, { personaMode }) {
          const read = yield* reader.read(path)
          const here = { ...(yield* Effect.scoped(installation.read)), capabilities }
          yield* Effect.fromResult(routeOf(here, personaMode))
          return yield* fitting(read, inForceOf(here))
        })
      })
    })
  )
}

/** The runbook, when all that it names is there. `RUNBOOK_SCHEMA_ERROR` with the places. */
const fitting = (
  { runbook, placeOf }: ReadRunbook,
  inForce: InForce
): Effect.Effect<Runbook, RuntimeFailure> => {
  const places = misfits(runbook, inForce).map(({ step, part, fault }) => placeOf(step, part, fault))
  return places.length === 0
    ? Effect.succeed(runbook)
    : Effect.fail(failure("RUNBOOK_SCHEMA_ERROR", "setup", { places }))
}

interface Here extends Installed {
  readonly capabilities: Capabilities["Service"]
}

/** What a runbook may name in this installation. */
const inForceOf = (here: Here): InForce => {
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

const routeOf = ({ configuration: { settings }, providers, capabilities }: Here, mode: Mode) => {
  const policy = policyInForce(settings, providers, capabilities)
  return resolveAnswer(policy.routing, mode, switchesOf(policy))
}
