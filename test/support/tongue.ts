/** Owns what tests need of a protocol to put its adapter before any server that speaks it. */
import { Effect, type Scope, Schema } from "effect"
import type { BaseUrl } from "../../src/domain/config/Settings.ts"
import type { ApiKey } from "../../src/adapters/provider/ApiKey.ts"
import type { Provider, ProviderFailure } from "../../src/ports/Provider.ts"
import { chunked, serve, type Server } from "./upstream.ts"

export interface Place {
  readonly baseUrl: BaseUrl
  /** On this machine unless said otherwise. An Ollama is nowhere else. */
  readonly local?: boolean
  readonly key?: ApiKey
}

export interface Tongue {
  readonly name: string
  readonly make: (place: Place) => Effect.Effect<Provider, never, Scope.Scope>
  /** Whether it is spoken on other machines too. */
  readonly elsewhere: boolean
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
  /** Any text in the place of a piece. */
  readonly framed: (text: string) => string
  /** What may be sent between the pieces, for ever, and says nothing. */
  readonly nothing: ReadonlyArray<string>
  /** What it is when a body ends as it should, but in the middle of a piece. */
  readonly half: ProviderFailure["code"]
  /** A list with models of these names. */
  readonly list: (names: ReadonlyArray<string>) => string
  /** The body of an error. */
  readonly error: (kind: string, message: string) => string
}

/** What every protocol of server-sent events has. */
export const eventStream = {
  elsewhere: true,
  framed: (text: string) => `data: ${text}\n\n`,
  nothing: [": still here\n\n", "data:\n"],
  half: "PROVIDER_OUTCOME_UNKNOWN"
} as const

/** An event as the protocols that have them write it. */
export const event = (data: object, name?: string): string =>
  (name === undefined ? "" : `event: ${name}\n`) + eventStream.framed(JSON.stringify(data))

export const reply = (text: string, head = "HTTP/1.1 200 OK"): string =>
  `${head}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`

export const noKey: ApiKey = Effect.succeed(null)

const Asked = Schema.fromJsonString(
  Schema.Struct({
    max_tokens: Schema.optionalKey(Schema.Int),
    max_completion_tokens: Schema.optionalKey(Schema.Int),
    options: Schema.optionalKey(Schema.Struct({ num_predict: Schema.Int }))
  })
)

/** An honest server with a fixed answer, which it cuts where the limit says. */
export const honest = (tongue: Tongue): Effect.Effect<Server, never, Scope.Scope> =>
  serve((socket, request) => {
    if (!request.line.startsWith(`POST ${tongue.path} `)) {
      socket.write(reply(tongue.list(["smollm2:135m"])))
      return
    }
    const { options, max_completion_tokens, max_tokens } = Schema.decodeUnknownSync(Asked)(request.body)
    const most = max_completion_tokens ?? max_tokens ?? options?.num_predict ?? 0
    const words = ["The", " sky", " scatters", " blue", " light", "."]
    const said = words.slice(0, most)
    const reason = said.length < words.length ? tongue.reasons.length : tongue.reasons.stop
    socket.write(chunked([tongue.begin, ...said.map(tongue.piece), tongue.done(reason, 15, said.length)]))
  })
