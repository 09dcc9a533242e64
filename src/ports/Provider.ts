/** Owns what the core asks of a model's host. A call needs an `Intent`: proof that it was permitted and recorded first. */
import { Context, type Effect, Schema, type Stream } from "effect"
import type { Content } from "../domain/Content.ts"
import type { Message } from "../domain/run/Messages.ts"
import { Code, type RuntimeFailure } from "../domain/Failure.ts"
import { Count, type ModelName, type ProviderName } from "../domain/Ids.ts"
import type { Format, Sampling } from "../domain/run/Generation.ts"
import { Finish } from "../domain/run/Receipt.ts"
import { FallbackReason } from "../domain/run/Route.ts"
import type { Intent } from "./Journal.ts"

/** One request to a model. Token and time limits come with the intent's permit. */
export interface Call {
  readonly model: ModelName
  readonly messages: ReadonlyArray<Message>
  /** The context window to ask for, in tokens. */
  readonly window: number
  readonly sampling: Sampling
  readonly firstByteMillis: number
  readonly idleMillis: number
  /** What the answer has to be, where the provider can enforce it; null for any text. */
  readonly format: Format | null
}

/** The last thing a complete answer says. Null counts: the provider did not say. */
export const End = Schema.TaggedStruct("End", {
  finish: Finish,
  inputTokens: Schema.NullOr(Count),
  outputTokens: Schema.NullOr(Count)
})

export type Delta =
  | { readonly _tag: "Text"; readonly content: Content }
  /** Thinking aloud: kept apart from the answer, never released. */
  | { readonly _tag: "Thinking"; readonly content: Content }
  | typeof End.Type

/** Why a call has no answer, as a provider knows it. */
export class ProviderFailure extends Schema.TaggedError<ProviderFailure>()("ProviderFailure", {
  code: Code,
  /**
   * Set when it is certain that nothing was produced and another place may be tried: refused connection, 5xx, unknown
   * model, full context, and, for a local provider whose connection was closed, no first byte in time.
   */
  fallback: Schema.NullOr(FallbackReason)
}) {}

export interface Provider {
  readonly name: ProviderName
  /** Whether text stays on this machine or network; what is not local is a cloud provider. */
  readonly local: boolean
  /** False for a stand-in that cannot judge anything. */
  readonly canAudit: boolean
  /** The context window this provider is asked for, in tokens. */
  readonly window: number
  /**
   * Calls the model. The stream ends after exactly one `End`; interrupting it closes the connection upstream.
   * Never retried here except for a refused connection, within the one permit.
   */
  readonly generate: (intent: Intent, call: Call) => Stream.Stream<Delta, ProviderFailure>
  /** Whether the provider answers at all. Makes no call to a model. */
  readonly health: Effect.Effect<void, RuntimeFailure>
  /** The models it has, the preferred one first; for whoever writes a configuration. */
  readonly models: Effect.Effect<ReadonlyArray<ModelName>, RuntimeFailure>
}

export class Providers extends Context.Service<
  Providers,
  {
    readonly supported: ReadonlySet<ProviderName>
    readonly get: (name: ProviderName) => Provider | undefined
  }
>()("io-iii/ports/Provider/Providers") {
  /** Exactly these providers, by their names. */
  static readonly from = (...providers: ReadonlyArray<Provider>): Providers["Service"] => {
    const byName = new Map(providers.map((provider) => [provider.name, provider]))
    return { supported: new Set(byName.keys()), get: (name) => byName.get(name) }
  }
}
