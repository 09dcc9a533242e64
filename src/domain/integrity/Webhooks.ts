/** Owns which of what is known of endpoints, and of what is owed to them, is a fault. Pure. */
import type { Settings } from "../config/Settings.ts"
import type { EndpointState } from "../webhook/Delivery.ts"
import { endpointsOf } from "../webhook/Webhook.ts"
import { type Finding, finding, nameOf } from "./Diagnosis.ts"

/** Whether there is what messages are signed with, and under which name it is looked for. */
export interface SecretFacts {
  readonly readiness: "ready" | "secret_missing" | "secret_malformed"
  readonly variable: string
}

const secret = {
  secret_missing: "WEBHOOK_SECRET_MISSING",
  secret_malformed: "WEBHOOK_SECRET_MALFORMED"
} as const

/** `states` is empty where nothing was ever owed. */
export const ofWebhooks = (
  runtime: Settings["runtime"],
  { readiness, variable }: SecretFacts,
  states: ReadonlyArray<EndpointState>
): ReadonlyArray<Finding> => {
  const configured = new Set(endpointsOf(runtime).map(({ name }) => name))
  if (configured.size === 0) return []
  const ours = states.filter(({ endpoint }) => configured.has(endpoint))
  const sum = (what: "pending" | "failed") => ours.reduce((all, one) => all + one[what], 0)
  const count = (actual: number) => ({ limit: { actual, allowed: 0 } })
  return [
    ...(readiness === "ready" ? [] : [finding("webhooks", secret[readiness], { name: nameOf(variable) })]),
    ...ours
      .filter(({ disabled }) => disabled !== null)
      .map(({ endpoint }) => finding("webhooks", "WEBHOOK_DISABLED", { name: nameOf(endpoint) })),
    ...(sum("failed") > 0 ? [finding("webhooks", "WEBHOOKS_FAILED", count(sum("failed")))] : []),
    ...(sum("pending") > 0 ? [finding("webhooks", "WEBHOOKS_PENDING", count(sum("pending")))] : [])
  ]
}
