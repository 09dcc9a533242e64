/**
 * Owns where commits learn to whom their events are told: the one journal that the whole core writes with. What is owed follows
 * from the events (`domain/webhook/Webhook.toldOf`), in their transaction.
 */
import { Effect, Layer } from "effect"
import { subscriptionsOf } from "../../domain/webhook/Webhook.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"

/** The journal with the subscriptions of the configuration; itself where nobody is told anything. */
export const layer: Layer.Layer<Journal, never, Journal | Configuration> = Layer.effect(
  Journal,
  Effect.gen(function* () {
    const journal = yield* Journal
    const { settings } = yield* Configuration
    const outbox = subscriptionsOf(settings.runtime)
    return Object.keys(outbox).length === 0
      ? journal
      : { ...journal, commit: (commit) => journal.commit({ ...commit, outbox }) }
  })
)
