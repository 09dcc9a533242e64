/** Owns what a model's host says of itself and its models. Nothing here calls a model. */
import { Context, type Effect } from "effect"
import type { ModelName, ProviderName } from "../domain/Ids.ts"
import type { HostFacts } from "../domain/integrity/Models.ts"
import type { BaseUrl } from "../domain/config/Settings.ts"

export class ModelHost extends Context.Service<
  ModelHost,
  {
    /** The providers whose hosts can be asked. */
    readonly known: ReadonlyArray<ProviderName>
    /** Asks a host, at its usual address when none is configured. `models` are those to ask for in detail. */
    readonly ask: (address: BaseUrl | undefined, models: ReadonlyArray<ModelName>) => Effect.Effect<HostFacts>
  }
>()("io-iii/ports/ModelHost") {}
