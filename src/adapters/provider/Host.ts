/**
 * Owns the conversation with a model's host, whatever is spoken there: when a call is sent, sent again or given up, what
 * may be believed to have cost nothing, and small questions beside calls. `Upstream.ts` has its connections.
 */
import { Clock, Effect, Schedule, Scope, Stream } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { ModelName, ProviderName } from "../../domain/Ids.ts"
import type { Intent } from "../../ports/Journal.ts"
import { type Call, type Delta, type Provider, ProviderFailure } from "../../ports/Provider.ts"
import type { Reply, Upstream } from "./Upstream.ts"

/** Who it is. */
export interface Identity {
  readonly name: ProviderName
  readonly local: boolean
  /** The context window asked for, in tokens. */
  readonly window: number
}

/** What is spoken there. */
export interface Protocol {
  /** Sent with every exchange, the key among them. Fails, and nothing is sent, where there is none. */
  readonly headers: Effect.Effect<Readonly<Record<string, string>>, ProviderFailure>
  readonly chat: string
  readonly request: (intent: Intent, call: Call) => string
  readonly answer: (
    bytes: Stream.Stream<Uint8Array, ProviderFailure>
  ) => Stream.Stream<Delta, ProviderFailure>
  /** How many bytes one token takes on the wire at most, with everything that is said beside it. */
  readonly bytesPerToken: number
  /** What a status other than 200 means, with what could be read of its body. */
  readonly refusal: (status: number, body: string) => ProviderFailure
  /** A question that any host that is well answers. */
  readonly health: string
  readonly isWell: (status: number) => boolean
  readonly list: string
  /** The chat models in an answer to `list`, without names that no route could hold; null when it is none. */
  readonly models: (body: string) => ReadonlyArray<ModelName> | null
}

const MAX_BYTES_BESIDE_TOKENS = 64 * 1024
const MAX_ERROR_BYTES = 64 * 1024
const MAX_LIST_BYTES = 4 * 1024 * 1024
const MAX_MODELS = 1024
const QUESTION_MILLIS = { local: 1000, away: 5000 }
/** How long a host elsewhere is believed to be well after it was: to ask costs time and calls. */
const WELL_MILLIS = 60_000
const MOST_QUIET_MILLIS = 3_600_000

/** A refused connection cost nothing: it is tried again, briefly, within the same permit. */
const whenRefused = {
  schedule: Schedule.spaced("100 millis"),
  times: 2,
  while: (error: ProviderFailure) => error.fallback === "connection_refused"
}

const unknown = new ProviderFailure({ code: "PROVIDER_OUTCOME_UNKNOWN", fallback: null })
const rateLimited = new ProviderFailure({ code: "PROVIDER_RATE_LIMITED", fallback: null })

/** What a gateway says that has lost sight of a request: somebody may be working on it, and will want to be paid. */
const LOST = new Set([408, 502, 504, 520, 524])

/** The provider. Its connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (
  { name, local, window }: Identity,
  protocol: Protocol
): Effect.fn.Return<Provider, never, Scope.Scope> {
  const upstream = yield* connect
  const clock = yield* Clock.Clock
  const now = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
  const questionMillis = local ? QUESTION_MILLIS.local : QUESTION_MILLIS.away
  let wellUntil = -1
  let quietUntil = -1

  /** Nothing is sent without a key, or to a host that wants to be left alone. */
  const headers = Effect.suspend(() => (now() < quietUntil ? Effect.fail(rateLimited) : protocol.headers))

  const refusalOf = (reply: Reply): Effect.Effect<ProviderFailure> =>
    Effect.map(restOf(reply), (body) => {
      const said = protocol.refusal(reply.status, body)
      if (said.code === "PROVIDER_RATE_LIMITED" && reply.retryAfterMillis !== null)
        quietUntil = now() + Math.min(reply.retryAfterMillis, MOST_QUIET_MILLIS)
      return said
    })

  const asked = Effect.fnUntraced(
    function* (intent: Intent, call: Call) {
      const { outputTokens, wallMillis } = intent.permit.reservation
      const end = now() + wallMillis
      const exchange = {
        method: "POST",
        url: protocol.chat,
        headers: yield* headers,
        body: protocol.request(intent, call),
        firstByteMillis: call.firstByteMillis,
        idleMillis: call.idleMillis,
        maxBytes: MAX_BYTES_BESIDE_TOKENS + protocol.bytesPerToken * outputTokens
      } as const
      const open = yield* upstream
      const send = Effect.suspend(() => open.send({ ...exchange, wallMillis: Math.max(0, end - now()) }))
      const reply = yield* Effect.retry(send, whenRefused)
      if (reply.status !== 200) {
        const said = yield* refusalOf(reply)
        return yield* !local && LOST.has(reply.status) ? unknown : said
      }
      wellUntil = now() + WELL_MILLIS
      return protocol.answer(reply.bytes)
    },
    Effect.mapError((reason) => (local ? reason : elsewhere(reason)))
  )

  const generate: Provider["generate"] = (intent, call) => Stream.unwrap(asked(intent, call))

  /** One small question to the host, and the whole text of its answer; empty where the status is enough. */
  const ask = (
    url: string,
    maxBytes: number,
    isEnough: (status: number) => boolean
  ): Effect.Effect<string, RuntimeFailure> =>
    Effect.gen(function* () {
      const open = yield* upstream
      const reply = yield* open.send({
        method: "GET",
        url,
        headers: yield* headers,
        body: null,
        firstByteMillis: questionMillis,
        idleMillis: questionMillis,
        wallMillis: 2 * questionMillis,
        maxBytes
      })
      if (reply.status === 200) return yield* textOf(reply)
      const said = yield* refusalOf(reply)
      return isEnough(reply.status) ? "" : yield* said
    }).pipe(
      // A question that was lost is no call whose outcome matters.
      Effect.mapError(({ code }) =>
        failure(code === "PROVIDER_OUTCOME_UNKNOWN" ? "PROVIDER_UNAVAILABLE" : code, "setup")
      )
    )

  const health = Effect.suspend(() =>
    !local && now() < wellUntil && now() >= quietUntil
      ? Effect.void
      : Effect.asVoid(ask(protocol.health, MAX_LIST_BYTES, protocol.isWell)).pipe(
          Effect.tap(() => Effect.sync(() => (wellUntil = now() + WELL_MILLIS)))
        )
  )

  const models = ask(protocol.list, MAX_LIST_BYTES, () => false).pipe(
    Effect.map(protocol.models),
    Effect.filterOrFail(
      (names) => names !== null,
      () => failure("PROVIDER_BAD_RESPONSE", "setup")
    ),
    Effect.map((names) => names.slice(0, MAX_MODELS))
  )

  return { name, local, canAudit: true, window, generate, health, models }
})

/** Where a call is paid for, one that was sent and not answered has an unknown outcome, however its wait ended. */
const elsewhere = (reason: ProviderFailure): ProviderFailure =>
  reason.fallback === "first_byte_timeout" ? unknown : reason

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

const textOf = ({ bytes }: Pick<Reply, "bytes">) => Stream.mkString(Stream.decodeText(bytes))

/**
 * The body of a refusal only refines what its status says already: one that cannot be read is as good as an empty one.
 * It is read in any case, since a connection is held by what is left in it.
 */
const restOf = ({ bytes }: Reply): Effect.Effect<string> =>
  Effect.orElseSucceed(
    textOf({ bytes: Stream.limitBytes(bytes, MAX_ERROR_BYTES, () => Stream.empty) }),
    () => ""
  )
