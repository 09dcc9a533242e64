/** Owns the configuration, the providers and the capabilities of an installation that may be broken: reading them can fail, asking cannot. */
import { Context, type Effect, type Scope } from "effect"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Capabilities } from "./Capability.ts"
import type { Configuration } from "./Configuration.ts"
import type { Notifier } from "./Notifier.ts"
import type { Providers } from "./Provider.ts"

/** What a run would find. */
export interface Equipped {
  readonly configuration: Configuration["Service"]
  readonly providers: Providers["Service"]
  readonly capabilities: Capabilities["Service"]
}

export interface Installed extends Equipped {
  readonly notifier: Notifier["Service"]
}

export class Installation extends Context.Service<
  Installation,
  {
    /** As a run would have them at this moment; fails with what would stop the run. */
    readonly read: Effect.Effect<Installed, RuntimeFailure, Scope.Scope>
  }
>()("io-iii/ports/Installation") {}
