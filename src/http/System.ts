/** Owns the handlers of what an installation tells of itself. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { capabilitiesOutput } from "../api/results/CapabilityResults.ts"
import { packsOutput, recordsOutput } from "../api/results/MemoryResults.ts"
import { routeOutput } from "../api/results/RunResults.ts"
import { Memories } from "../core/memory/Memories.ts"
import { packList } from "../core/memory/PackList.ts"
import { Budgets } from "../core/run/Budgets.ts"
import { greeting } from "../core/run/Greeting.ts"
import { Router } from "../core/run/Router.ts"
import { Capabilities } from "../ports/Capability.ts"
import { Configuration, rows } from "../ports/Configuration.ts"
import { Lives } from "./Lives.ts"
import { countsOf } from "./Counts.ts"
import { asker, orProblem } from "./Requests.ts"

const PAGE = 50

export const System = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const budgets = yield* Budgets
    const { list } = yield* Capabilities
    const configuration = yield* Configuration
    const lives = yield* Lives
    const memories = yield* Memories
    const router = yield* Router
    const packs = packList.pipe(
      Effect.provideService(Configuration, configuration),
      Effect.provideService(Memories, memories)
    )
    const exposition = yield* countsOf
    const ready = () =>
      Effect.succeed({ status: lives.isDraining() ? "draining" : "ok", runtime: "io-iii" } as const)

    return handlers.handleAll({
      livez: () => Effect.succeed({ status: "ok" } as const),
      readyz: ready,
      health: ready,
      metrics: () => exposition,
      greeting: () =>
        Effect.map(Effect.provideService(greeting, Configuration, configuration), (words) => ({
          greeting: words?.text ?? null
        })),
      capabilities: () => Effect.succeed(capabilitiesOutput(list)),
      routes: () =>
        orProblem(Effect.map(Effect.forEach(router.modes, router.resolve), (all) => all.map(routeOutput))),
      route: ({ params }) => orProblem(Effect.map(router.resolve(params.mode), routeOutput)),
      config: () => Effect.succeed(rows(configuration)),
      budgets: () =>
        Effect.flatMap(asker, ({ principal }) =>
          budgets.account(principal, configuration.settings.runtime.budgets ?? null)
        ).pipe(orProblem),
      memory: ({ query: { limit = PAGE, cursor = null } }) =>
        orProblem(Effect.map(memories.list(null, limit, cursor), recordsOutput)),
      packs: () => orProblem(Effect.map(packs, packsOutput))
    })
  })
)
