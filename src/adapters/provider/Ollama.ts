/** Owns the conversation with a local Ollama; `OllamaWire.ts` knows its shapes and `Upstream.ts` its connection. */
import { Effect, Schedule, Scope, Stream } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { ProviderName } from "../../domain/Ids.ts"
import { BaseUrl } from "../../domain/config/Settings.ts"
import { type Provider, ProviderFailure } from "../../ports/Provider.ts"
import { answer, chatRequest, modelNames, refusal } from "./OllamaWire.ts"
import type { Exchange, Reply, Upstream } from "./Upstream.ts"

export interface Options {
  readonly baseUrl: BaseUrl
  /** The context window asked for, in tokens. */
  readonly window: number
  /** How long the model stays loaded after an answer; undefined leaves it to the server. */
  readonly keepAliveSeconds: number | undefined
}

export const defaultBaseUrl = BaseUrl.make("http://127.0.0.1:11434")

/** One line per token, each with a model name and a time stamp: about 150 bytes in practice. */
const MAX_BYTES_PER_TOKEN = 2 * 1024
const MAX_BYTES_BESIDE_TOKENS = 64 * 1024
const MAX_ERROR_BYTES = 64 * 1024
const MAX_LIST_BYTES = 4 * 1024 * 1024
const MAX_MODELS = 256
const QUESTION_MILLIS = 1000

/** A refused connection cost nothing: it is tried again, briefly, within the same permit. */
const whenRefused = {
  schedule: Schedule.spaced("100 millis"),
  times: 2,
  while: (error: ProviderFailure) => error.fallback === "connection_refused"
}

/** The provider. Its connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<Provider, never, Scope.Scope> {
  const upstream = yield* connect

  const generate: Provider["generate"] = (intent, call) => {
    const { outputTokens, wallMillis } = intent.permit.reservation
    const exchange: Exchange = {
      method: "POST",
      url: address(options.baseUrl, "/api/chat"),
      body: chatRequest(intent, call, options.keepAliveSeconds),
      firstByteMillis: call.firstByteMillis,
      idleMillis: call.idleMillis,
      maxBytes: MAX_BYTES_BESIDE_TOKENS + MAX_BYTES_PER_TOKEN * outputTokens
    }
    return upstream.pipe(
      Effect.flatMap((open) => Effect.retry(open.send(exchange), whenRefused)),
      Effect.flatMap((reply) => (reply.status === 200 ? Effect.succeed(answer(reply.bytes)) : refuse(reply))),
      Stream.unwrap,
      Stream.interruptWhen(
        Effect.delay(
          Effect.fail(new ProviderFailure({ code: "PROVIDER_TIMEOUT", fallback: null })),
          wallMillis
        )
      )
    )
  }

  const health = upstream.pipe(
    Effect.flatMap((open) => ask(open, options.baseUrl, "/api/version", MAX_ERROR_BYTES)),
    Effect.asVoid
  )

  const models = upstream.pipe(
    Effect.flatMap((open) => ask(open, options.baseUrl, "/api/tags", MAX_LIST_BYTES)),
    Effect.map(modelNames),
    Effect.filterOrFail(
      (names) => names !== null,
      () => failure("PROVIDER_BAD_RESPONSE", "setup")
    ),
    Effect.map((names) => names.slice(0, MAX_MODELS))
  )

  return {
    name: ProviderName.make("ollama"),
    local: true,
    canAudit: true,
    window: options.window,
    generate,
    health,
    models
  }
})

/** Loads the HTTP client with the first use: most invocations of the program never make a call. */
const connect: Effect.Effect<Effect.Effect<Upstream>, never, Scope.Scope> = Effect.scope.pipe(
  Effect.flatMap((scope) =>
    Effect.promise(() => import("./Upstream.ts")).pipe(
      Effect.flatMap((module) => module.make),
      Scope.provide(scope),
      Effect.uninterruptible,
      Effect.cached
    )
  )
)

const address = (baseUrl: BaseUrl, path: string): string => baseUrl.replace(/\/+$/, "") + path

/** One small question to the server, and the whole text of its answer. */
const ask = (
  open: Upstream,
  baseUrl: BaseUrl,
  path: string,
  maxBytes: number
): Effect.Effect<string, RuntimeFailure> =>
  open
    .send({
      method: "GET",
      url: address(baseUrl, path),
      body: null,
      firstByteMillis: QUESTION_MILLIS,
      idleMillis: QUESTION_MILLIS,
      maxBytes
    })
    .pipe(
      Effect.flatMap((reply) => (reply.status === 200 ? textOf(reply) : refuse(reply))),
      Effect.timeoutOrElse({
        duration: 2 * QUESTION_MILLIS,
        orElse: () => Effect.fail(new ProviderFailure({ code: "PROVIDER_TIMEOUT", fallback: null }))
      }),
      Effect.mapError(({ code }) => failure(code, "setup"))
    )

const textOf = (reply: Reply) => Stream.mkString(Stream.decodeText(reply.bytes))

/** The body only refines what the status says already: one that cannot be read is as good as an empty one. */
const refuse = (reply: Reply): Effect.Effect<never, ProviderFailure> =>
  textOf({ ...reply, bytes: Stream.limitBytes(reply.bytes, MAX_ERROR_BYTES, () => Stream.empty) }).pipe(
    Effect.orElseSucceed(() => ""),
    Effect.flatMap((body) => Effect.fail(refusal(reply.status, body)))
  )
