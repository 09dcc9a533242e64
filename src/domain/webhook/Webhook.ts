/** Owns which events are told to somebody outside, and where to: what is told of one is `Payload`'s, when is `Schedule`'s. */
import { Schema } from "effect"
import type { WebhookUrl } from "../config/Address.ts"
import type { Settings } from "../config/Settings.ts"
import type { Event } from "../Event.ts"

/** What is told: a session will have no further turn, a runbook does not go on by itself, a steward is asked. */
export const WebhookEvent = Schema.Literals([
  "session_complete",
  "runbook_complete",
  "steward_gate_triggered"
])
export type WebhookEvent = typeof WebhookEvent.Type

/** An address by its place in `runtime.yaml`: the one for an event, or the one for those that have none of their own. */
export const EndpointName = Schema.Literals([...WebhookEvent.literals, "webhook_url"])
export type EndpointName = typeof EndpointName.Type

/** To which endpoint each event goes; one that is left out is told to nobody. */
export type Subscriptions = Readonly<Partial<Record<WebhookEvent, EndpointName>>>

/** An endpoint as it is configured. */
export interface Endpoint {
  readonly name: EndpointName
  readonly url: WebhookUrl
  /** How long one attempt may take. */
  readonly timeoutSeconds: number
}

type Runtime = Pick<Settings["runtime"], "webhook_url" | "webhooks">

/** Seconds of an attempt where nothing is configured. */
const TIMEOUT_SECONDS = 5

/** Every endpoint that an event can go to. */
export const endpointsOf = ({ webhook_url, webhooks = {} }: Runtime): ReadonlyArray<Endpoint> => {
  const own = WebhookEvent.literals.flatMap((name): ReadonlyArray<Endpoint> => {
    const { url, timeout_seconds: timeoutSeconds = TIMEOUT_SECONDS } = webhooks[name] ?? {}
    return url === undefined ? [] : [{ name, url, timeoutSeconds }]
  })
  const isCovered = own.length === WebhookEvent.literals.length
  return webhook_url === undefined || isCovered
    ? own
    : [...own, { name: "webhook_url", url: webhook_url, timeoutSeconds: TIMEOUT_SECONDS }]
}

export const subscriptionsOf = (runtime: Runtime): Subscriptions => {
  const names = new Set(endpointsOf(runtime).map(({ name }) => name))
  return Object.fromEntries(
    WebhookEvent.literals.flatMap((event) => {
      const endpoint = [event, "webhook_url" as const].find((name) => names.has(name))
      return endpoint === undefined ? [] : [[event, endpoint] as const]
    })
  )
}

/**
 * What an event is told as; null for one that is nobody's affair. A session is complete once: with the turn that was its last
 * one, or when it is closed before that.
 */
export const toldOf = (event: Event): WebhookEvent | null => {
  switch (event._tag) {
    case "TurnHeld":
    case "StepHeld":
      return "steward_gate_triggered"
    case "SessionStarted":
    case "TurnEnded":
      return event.after.status === "at_limit" ? "session_complete" : null
    case "SessionClosed":
      return event.after.steps < event.after.maxTurns ? "session_complete" : null
    case "RunbookCompleted":
    case "RunbookTerminated":
      return "runbook_complete"
    default:
      return null
  }
}
