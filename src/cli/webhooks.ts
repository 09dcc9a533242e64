/** Owns `io3 webhooks`: what was told to others, what is still to be, and trying it again. */
import { Effect, Option } from "effect"
import {
  DeliveredOutput,
  deliveredOutput,
  type DeliveryOutput,
  deliveryOutput,
  EnabledOutput,
  type EndpointOutput,
  ReplayedOutput,
  WebhooksOutput,
  webhooksOutput
} from "../api/results/WebhookResults.ts"
import { Webhooks } from "../core/webhook/Webhooks.ts"
import type { EndpointName } from "../domain/webhook/Webhook.ts"
import { counted } from "./Facts.ts"
import { written } from "./Moment.ts"
import { FailureInResult, noteOfPage, print } from "./Output.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"

interface ListFlags {
  readonly limit: number
  readonly cursor: Option.Option<number>
}

export const list = Effect.fn(function* ({ limit, cursor }: ListFlags) {
  const { output } = yield* root
  yield* sayUntrusted
  const page = webhooksOutput(yield* (yield* Webhooks).page(Option.getOrNull(cursor), limit))
  yield* print(output, WebhooksOutput, page, describe)
  yield* noteOfPage(output, page)
})

const describe = ({ endpoints, deliveries }: WebhooksOutput): string =>
  [
    ...(endpoints.length === 0 ? ["No endpoint is configured (webhooks in runtime.yaml)."] : []),
    ...endpoints.map(endpointLine),
    ...(endpoints.length > 0 ? [""] : []),
    ...(deliveries.length === 0 ? ["Nothing was or is to be delivered."] : deliveries.map(deliveryLine))
  ].join("\n")

const endpointLine = (one: EndpointOutput): string =>
  [
    one.endpoint.padEnd(22),
    one.disabled_at === null
      ? one.configured
        ? "enabled"
        : "not configured"
      : `disabled since ${written(one.disabled_at)}: io3 webhooks enable ${one.endpoint}`,
    `${one.pending} pending`,
    `${one.failed} failed`,
    one.last_delivered_at === null ? "nothing delivered yet" : `last ${written(one.last_delivered_at)}`
  ].join("  ")

const deliveryLine = (one: DeliveryOutput): string =>
  [
    one.delivery_id,
    one.state.padEnd(9),
    written(one.recorded_at),
    one.event.padEnd(22),
    one.stream,
    ...(one.attempts === 0 ? [] : [counted(one.attempts, "attempt")]),
    ...(one.http_status === null ? [] : [`HTTP ${one.http_status}`]),
    ...(one.failure === null ? [] : [one.failure]),
    ...(one.next_attempt_at === null || one.attempts === 0 ? [] : [`next ${written(one.next_attempt_at)}`])
  ].join("  ")

/** Exits with 1 where something could not be delivered. */
export const deliver = Effect.fn(function* () {
  const { output } = yield* root
  yield* sayUntrusted
  const sum = deliveredOutput(yield* (yield* Webhooks).deliver)
  yield* print(output, DeliveredOutput, sum, ({ delivered, to_be_retried, failed }) =>
    delivered + to_be_retried + failed === 0
      ? "Nothing is due."
      : `${delivered} delivered, ${to_be_retried} to be tried again, ${failed} failed`
  )
  if (sum.to_be_retried + sum.failed > 0) return yield* new FailureInResult()
})

export const replay = Effect.fn(function* ({ delivery }: { readonly delivery: string }) {
  const { output } = yield* root
  yield* sayUntrusted
  const queued = deliveryOutput(yield* (yield* Webhooks).replay(delivery), false)
  yield* print(
    output,
    ReplayedOutput,
    { delivery: queued },
    ({ delivery: { delivery_id } }) =>
      `${delivery_id} is in the queue again. A server delivers it, or: io3 webhooks deliver`
  )
})

export const enable = Effect.fn(function* ({ endpoint }: { readonly endpoint: EndpointName }) {
  const { output } = yield* root
  const was_disabled = yield* (yield* Webhooks).enable(endpoint)
  yield* print(output, EnabledOutput, { endpoint, was_disabled }, () =>
    was_disabled
      ? `${endpoint} is tried again. A server delivers what waits, or: io3 webhooks deliver`
      : `${endpoint} was not disabled.`
  )
})
