/** Owns what is asked of a host that speaks OpenAI's chat API; `OpenAiWire.ts` knows its shapes and `Host.ts` how a call goes. */
import { Effect, type Scope } from "effect"
import { ProviderName } from "../../domain/Ids.ts"
import { type BaseUrl, below } from "../../domain/config/Address.ts"
import type { Provider } from "../../ports/Provider.ts"
import * as Host from "./Host.ts"
import type { ApiKey } from "./ApiKey.ts"
import { answer, chatRequest, type Dialect, modelNames } from "./OpenAiWire.ts"
import { refusal } from "./Refusals.ts"

export interface Options {
  /** With the version in its path, as in `https://api.openai.com/v1`; a bare server gets `/v1`. */
  readonly baseUrl: BaseUrl
  readonly local: boolean
  readonly window: number
  readonly key: ApiKey
  readonly dialect: Dialect
}

/** The provider. Its connections live as long as the scope. */
export const make = ({
  baseUrl,
  local,
  window,
  key,
  dialect
}: Options): Effect.Effect<Provider, never, Scope.Scope> =>
  Host.make(
    { name: ProviderName.make("openai"), local, window },
    {
      headers: Effect.map(key, (secret) => (secret === null ? {} : { authorization: `Bearer ${secret}` })),
      chat: below(baseUrl, "/chat/completions", "/v1"),
      request: (intent, call) => chatRequest(intent, call, dialect),
      answer,
      // One event per token, with ids, a model name and a fingerprint: about 300 bytes in practice.
      bytesPerToken: 2 * 1024,
      refusal,
      // Some servers have no list: that one answers at all is enough.
      health: below(baseUrl, "/models", "/v1"),
      isWell: (status) => status === 404 || status === 405,
      list: below(baseUrl, "/models", "/v1"),
      models: modelNames
    }
  )
