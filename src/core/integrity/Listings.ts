/** Owns asking the services that a route leads to which models they have. No model is called. */
import { Effect } from "effect"
import { ProviderName } from "../../domain/Ids.ts"
import type { Policy } from "../../domain/config/Policy.ts"
import type { Settings } from "../../domain/config/Settings.ts"
import { type Service, services, whereabouts } from "../../domain/config/Whereabouts.ts"
import type { Finding } from "../../domain/integrity/Diagnosis.ts"
import { type Listing, ofListing } from "../../domain/integrity/Listing.ts"
import { modelsAsked } from "../../domain/integrity/Models.ts"
import type { Providers } from "../../ports/Provider.ts"

/** What is wrong with each of them; nobody is asked that no mode leads to. */
export const listings = (
  settings: Settings,
  policy: Policy,
  providers: Pick<Providers["Service"], "get">
): Effect.Effect<ReadonlyArray<Finding>> =>
  Effect.forEach(
    (Object.keys(services) as ReadonlyArray<Service>).filter((name) => modelsAsked(policy, name).length > 0),
    (name) => {
      const entry = Object.entries(settings.providers.providers).find(([one]) => one === name)?.[1]
      const asked = providers.get(ProviderName.make(name))?.models ?? Effect.succeed([])
      return asked.pipe(
        Effect.match({
          onSuccess: (models): Listing => ({ models }),
          onFailure: ({ code }): Listing => ({ code })
        }),
        Effect.map((listing) => ofListing(policy, name, whereabouts(name, entry).keyName, listing))
      )
    },
    { concurrency: "unbounded" }
  ).pipe(Effect.map((found) => found.flat()))
