/** Owns the policy in force: what is configured, together with what the adapters say of their providers. */
import { ProviderName } from "../../domain/Ids.ts"
import { policy, type Policy } from "../../domain/config/Policy.ts"
import type { Settings } from "../../domain/config/Settings.ts"
import type { Providers } from "../../ports/Provider.ts"

/** Every provider that is configured or has an adapter. */
export const policyInForce = (settings: Settings, providers: Providers["Service"]): Policy => {
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
    })
  )
}
