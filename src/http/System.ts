/** Owns the handlers of what an installation tells of itself. */
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { capabilitiesOutput } from "../api/results/CapabilityResults.ts"
import { diagnosisOutput } from "../api/results/DoctorResults.ts"
import { packsOutput, recordsOutput } from "../api/results/MemoryResults.ts"
import { routeOutput } from "../api/results/RunResults.ts"
import { Doctor } from "../core/integrity/Doctor.ts"
import { Memories } from "../core/memory/Memories.ts"
import { packList } from "../core/memory/PackList.ts"
import { Budgets } from "../core/run/Budgets.ts"
import { greeting } from "../core/run/Greeting.ts"
import { Router } from "../core/run/Router.ts"
import { Capabilities } from "../ports/Capability.ts"
import { Configuration, rows } from "../ports/Configuration.ts"
import { contractPage } from "./ContractPage.ts"
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
    const doctor = yield* Doctor
    const lives = yield* Lives
    const memories = yield* Memories
    const router = yield* Router
    const packs = packList.pipe(
      Effect.provideService(Configuration, configuration),
      Effect.provideService(Memories, memories)
    )
    const exposition = yield* countsOf
    // Whoever asks meanwhile looks at the same: it reads all of the record, and asks every host.
    const examined = yield* Effect.cachedWithTTL(doctor.examine, "10 seconds")
    const page = yield* contractPage
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
      doctor: () => Effect.map(examined, diagnosisOutput),
      docs: () => page,
      packs: () => orProblem(Effect.map(packs, packsOutput))
    })
  })
)
