/** Owns what tests need of a protocol of server-sent events to put an adapter before any server that speaks it. */
import { Effect, type Scope, Schema } from "effect"
import type { BaseUrl } from "../../src/domain/config/Settings.ts"
import type { ApiKey } from "../../src/adapters/provider/ApiKey.ts"
import type { Provider } from "../../src/ports/Provider.ts"
import { chunked, serve, type Server } from "./upstream.ts"

export interface Place {
  readonly baseUrl: BaseUrl
  /** On this machine unless said otherwise. */
  readonly local?: boolean
  readonly key?: ApiKey
}

export interface Tongue {
  readonly name: string
  readonly make: (place: Place) => Effect.Effect<Provider, never, Scope.Scope>
  readonly path: string
  /** What comes before the first piece. */
  readonly begin: string
  readonly piece: (words: string) => string
  readonly thought: (words: string) => string
  /** The end of an answer of so many tokens, in the protocol's words for why. */
  readonly done: (reason: string, input: number | null, output: number | null) => string
  readonly reasons: { readonly stop: string; readonly length: string }
  /** An error in the midst of an answer. */
  readonly broken: string
  /** A list with models of these names. */
  readonly list: (names: ReadonlyArray<string>) => string
  /** The body of an error. */
  readonly error: (kind: string, message: string) => string
}

/** An event as both protocols write it. */
export const event = (data: object, name?: string): string =>
  `${name === undefined ? "" : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`

export const reply = (text: string, head = "HTTP/1.1 200 OK"): string =>
  `${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`

export const noKey: ApiKey = Effect.succeed(null)

const Asked = Schema.fromJsonString(
  Schema.Struct({
    max_tokens: Schema.optionalKey(Schema.Int),
    max_completion_tokens: Schema.optionalKey(Schema.Int)
  })
)

/** An honest server with a fixed answer, which it cuts where the limit says. */
export const honest = (tongue: Tongue): Effect.Effect<Server, never, Scope.Scope> =>
  serve((socket, request) => {
    if (!request.line.startsWith(`POST ${tongue.path} `)) {
      socket.write(reply(tongue.list(["smollm2:135m"])))
      return
    }
    const { max_tokens, max_completion_tokens = max_tokens ?? 0 } = Schema.decodeUnknownSync(Asked)(
      request.body
    )
    const words = ["The", " sky", " scatters", " blue", " light", "."]
    const said = words.slice(0, max_completion_tokens)
    const reason = said.length < words.length ? tongue.reasons.length : tongue.reasons.stop
    socket.write(chunked([tongue.begin, ...said.map(tongue.piece), tongue.done(reason, 15, said.length)]))
  })
