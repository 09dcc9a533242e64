/** Owns one call to a model from its intent to its settlement; it never decides whether to call. */
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { Content } from "../../domain/Content.ts"
import type { Format, Sampling } from "../../domain/run/Generation.ts"
import type { Message } from "../../domain/run/Messages.ts"
import type { ModelName, ProviderName } from "../../domain/Ids.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { type Intent, redeem } from "../../ports/Journal.ts"
import { type Delta, ProviderFailure, Providers } from "../../ports/Provider.ts"
import { came } from "../../domain/observability/RunSpans.ts"
import { Passed, Within } from "../../ports/Tracing.ts"
import { elsewhere } from "../observability/Elsewhere.ts"
import { inSpan } from "../observability/Spans.ts"
import { Answer, type Settlement } from "./Answer.ts"

/** What is sent where. */
export interface Request {
  readonly provider: ProviderName
  readonly model: ModelName
  readonly messages: ReadonlyArray<Message>
  readonly sampling: Sampling
  readonly format: Format | null
}

export class Calls extends Context.Service<
  Calls,
  {
    /**
     * Calls and settles. Never fails: what went wrong is the settlement. Interrupting it closes the call upstream and
     * settles it as `cancelled`.
     */
    readonly make: (
      intent: Intent,
      request: Request,
      onText: (content: Content) => Effect.Effect<unknown>
    ) => Effect.Effect<Settlement>
  }
>()("io-iii/core/run/Calls") {
  static readonly layer = Layer.effect(
    Calls,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const providers = yield* Providers
      const { timeouts } = settings.runtime

      const make = Effect.fnUntraced(function* (
        intent: Intent,
        request: Request,
        onText: (content: Content) => Effect.Effect<unknown>
      ) {
        if (!redeem(intent)) return yield* Effect.die(new TypeError("an intent is good for one call"))
        const clock = yield* Clock.Clock
        const millis = () => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
        const started = millis()
        const answer = new Answer(intent.permit, millis)
        const provider = providers.get(request.provider)

        const receive = (delta: Delta): Effect.Effect<unknown, ProviderFailure> =>
          Effect.suspend((): Effect.Effect<unknown, ProviderFailure> => {
            const piece = answer.receive(delta)
            if (answer.oversize)
              return Effect.fail(new ProviderFailure({ code: "PROVIDER_BAD_RESPONSE", fallback: null }))
            return Option.match(piece, { onNone: () => Effect.void, onSome: onText })
          })

        // A provider that throws has failed its call, like one that says so.
        const ask = provider
          ? Stream.suspend(() =>
              provider.generate(intent, {
                model: request.model,
                messages: request.messages,
                window: provider.window,
                sampling: request.sampling,
                firstByteMillis: timeouts.first_byte_seconds * 1000,
                idleMillis: timeouts.idle_seconds * 1000,
                format: request.format
              })
            )
          : Stream.fail(new ProviderFailure({ code: "PROVIDER_UNAVAILABLE", fallback: null }))

        const call = elsewhere((here) => Stream.runForEach(ask, (delta) => here(receive(delta)))).pipe(
          Effect.timeoutOrElse({
            duration: intent.permit.reservation.wallMillis,
            orElse: () => Effect.fail(new ProviderFailure({ code: "PROVIDER_TIMEOUT", fallback: null }))
          }),
          Effect.interruptible,
          Effect.exit,
          Effect.map((exit) => answer.settle(exit, request.messages, millis() - started, started))
        )
        return yield* asCall(intent, request, provider?.local ? passedOn(call) : call)
      }, Effect.uninterruptible)

      return Calls.of({ make })
    })
  )
}

/** A local provider may know of what it is part. Nobody else is told: a trace is something that a caller chose. */
const passedOn = <A>(call: Effect.Effect<A>): Effect.Effect<A> =>
  Effect.withFiber((fiber) => Effect.provideService(call, Passed, fiber.getRef(Within)))

/** The span of a call, as the conventions for generative AI have it. */
const asCall = (
  { permit: { purpose, attempt, reservation } }: Intent,
  { provider, model }: Request,
  call: Effect.Effect<Settlement>
): Effect.Effect<Settlement> =>
  Effect.suspend(() => {
    let settlement: Settlement | null = null
    const about = () => ({
      "gen_ai.operation.name": "chat" as const,
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
      "gen_ai.request.max_tokens": reservation.outputTokens,
      "io3.call.purpose": purpose,
      "io3.call.attempt": attempt,
      ...(settlement && came(settlement.settled))
    })
    const settled = Effect.tap(call, (made) =>
      Effect.sync(() => {
        settlement = made
      })
    )
    return inSpan("chat", about, settled, "client")
  })
