/** Owns what is asked of a host that speaks Anthropic's Messages API; `AnthropicWire.ts` knows its shapes and `Host.ts` how a call goes. */
import { Effect, type Scope } from "effect"
import { ProviderName } from "../../domain/Ids.ts"
import { type BaseUrl, below } from "../../domain/config/Address.ts"
import type { Provider } from "../../ports/Provider.ts"
import * as Host from "./Host.ts"
import { answer, type Dialect, messagesRequest, modelNames } from "./AnthropicWire.ts"
import type { ApiKey } from "./ApiKey.ts"
import { refusal } from "./Refusals.ts"

export interface Options {
  /** Without the version in its path, as in `https://api.anthropic.com`; with it is as well. */
  readonly baseUrl: BaseUrl
  readonly local: boolean
  readonly window: number
  readonly key: ApiKey
  readonly dialect: Dialect
}

const VERSION = { "anthropic-version": "2023-06-01" }

/** The provider. Its connections live as long as the scope. */
export const make = ({
  baseUrl,
  local,
  window,
  key,
  dialect
}: Options): Effect.Effect<Provider, never, Scope.Scope> => {
  const at = (path: string) => below(baseUrl, path).replace(/\/v1\/v1\//u, "/v1/")
  return Host.make(
    { name: ProviderName.make("anthropic"), local, window },
    {
      headers: Effect.map(key, (secret) => (secret === null ? VERSION : { ...VERSION, "x-api-key": secret })),
      chat: at("/v1/messages"),
      request: (intent, call) => messagesRequest(intent, call, dialect),
      answer,
      // One event per token, with its name: about 150 bytes in practice.
      bytesPerToken: 2 * 1024,
      refusal,
      health: at("/v1/models?limit=1000"),
      isWell: (status) => status === 404 || status === 405,
      list: at("/v1/models?limit=1000"),
      models: modelNames
    }
  )
}
