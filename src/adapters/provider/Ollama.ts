/** Owns what is asked of a local Ollama, and where; `OllamaWire.ts` knows its shapes and `Host.ts` how a call goes. */
import { Effect, type Scope } from "effect"
import { ProviderName } from "../../domain/Ids.ts"
import { BaseUrl, below } from "../../domain/config/Address.ts"
import type { Provider } from "../../ports/Provider.ts"
import * as Host from "./Host.ts"
import { answer, chatRequest, modelNames, refusal } from "./OllamaWire.ts"

export interface Options {
  readonly baseUrl: BaseUrl
  /** The context window asked for, in tokens. */
  readonly window: number
  /** How long the model stays loaded after an answer; undefined leaves it to the server. */
  readonly keepAliveSeconds: number | undefined
}

export const defaultBaseUrl = BaseUrl.make("http://127.0.0.1:11434")

/** The provider. Its connections live as long as the scope. */
export const make = ({
  baseUrl,
  window,
  keepAliveSeconds
}: Options): Effect.Effect<Provider, never, Scope.Scope> =>
  Host.make(
    { name: ProviderName.make("ollama"), local: true, window },
    {
      headers: Effect.succeed({}),
      chat: below(baseUrl, "/api/chat"),
      request: (intent, call) => chatRequest(intent, call, keepAliveSeconds),
      answer,
      // One line per token, each with a model name and a time stamp: about 150 bytes in practice.
      bytesPerToken: 2 * 1024,
      refusal,
      health: below(baseUrl, "/api/version"),
      isWell: () => false,
      list: below(baseUrl, "/api/tags"),
      models: modelNames
    }
  )
