/** Owns the policy in force: what is configured, together with what the adapters say of their providers and capabilities. */
import { Context, Effect, Layer } from "effect"
import { ProviderName } from "../../domain/Ids.ts"
import { policy, type Policy } from "../../domain/config/Policy.ts"
import type { Settings } from "../../domain/config/Settings.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Providers } from "../../ports/Provider.ts"

/** Every provider that is configured or has an adapter, and every capability that is registered. */
export const policyInForce = (
  settings: Settings,
  providers: Providers["Service"],
  capabilities: Pick<Capabilities["Service"], "list">
): Policy => {
  const configured = settings.providers.providers
  const names = new Set([...Object.keys(configured), ...providers.supported])
  return policy(
    settings,
    [...names].map((name) => {
      const provider = providers.get(ProviderName.make(name))
      const entry = Object.entries(configured).find(([key]) => key === name)?.[1]
      return {
        name: ProviderName.make(name),
        enabled: entry?.enabled ?? false,
        supported: provider !== undefined,
        cloud: provider?.local !== true,
        canAudit: provider?.canAudit ?? false,
        window: provider?.window ?? 0
      }
    }),
    capabilities.list.map(({ facts }) => facts)
  )
}

/** Worked out once in a process, not once for each run. */
export class PolicyInForce extends Context.Service<PolicyInForce, Policy>()("io-iii/core/run/PolicyInForce") {
  static readonly layer = Layer.effect(
    PolicyInForce,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      return policyInForce(settings, yield* Providers, yield* Capabilities)
    })
  )
}
