/** Owns how work becomes a span: it is timed, and said of it is what its records say, and the code that it failed with. */
import { Clock, Effect, Exit, Option } from "effect"
import type { Code } from "../../domain/Codes.ts"
import { RuntimeFailure } from "../../domain/Failure.ts"
import { aboutRun, aboutStep, spanOf } from "../../domain/observability/RunSpans.ts"
import type { Attributes, Span, SpanName } from "../../domain/observability/Span.ts"
import type { Step } from "../../domain/run/Run.ts"
import { Tracing, Within } from "../../ports/Tracing.ts"
import type { RunLog } from "../run/RunLog.ts"

/** Does the work as a span within the one at hand. `about` is asked when it is over, however that was. */
export const inSpan = <A, E, R>(
  name: SpanName,
  about: () => Attributes,
  work: Effect.Effect<A, E, R>,
  kind: Span["kind"] = "internal"
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const tracing = fiber.getRef(Tracing)
    if (tracing === null) return work
    const parent = fiber.getRef(Within)
    const here = tracing.begin(parent)
    const within = Effect.provideService(work, Within, here)
    if (!here.sampled) return within
    const clock = fiber.getRef(Clock.Clock)
    const start = microsOf(clock)
    return Effect.onExit(within, (exit) =>
      Effect.sync(() => {
        const code = codeOf(exit)
        const attributes = { ...about(), ...(code && { "error.type": code }) }
        tracing.end({
          trace: here.trace,
          span: here.span,
          parent: parent?.span ?? null,
          name,
          kind,
          start,
          end: Math.max(start, microsOf(clock)),
          status: attributes["error.type"] === undefined ? "unset" : "error",
          attributes
        })
      })
    )
  })

/** Whoever takes the steps of a run. */
interface Stepping<A, E> {
  readonly take: (step: Step) => Effect.fn.Return<A, E>
}

/** Each step of a run as a span; where nobody traces, as it is. */
export const stepping = <A, E>(log: RunLog, steps: Stepping<A, E>): Effect.Effect<Stepping<A, E>["take"]> =>
  Effect.map(Tracing, (tracing) =>
    tracing === null
      ? (step) => steps.take(step)
      : (step) => {
          const name = spanOf(step)
          return name === null ? steps.take(step) : spanned(name, log, steps, step)
        }
  )

const spanned = function* <A, E>(
  name: SpanName,
  log: RunLog,
  steps: Stepping<A, E>,
  step: Step
): Effect.fn.Return<A, E> {
  const taken = Effect.gen(() => steps.take(step))
  return yield* inSpan(name, () => aboutStep(name, log.state()), taken)
}

/** A whole run, from before it has a log: the work says which it is once there is one. */
export const asRun = <A, E, R>(
  work: (tell: (log: RunLog) => void) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    let told: RunLog | null = null
    return inSpan(
      "run",
      () => (told ? aboutRun(told.state()) : {}),
      work((log) => {
        told = log
      })
    )
  })

const microsOf = (clock: Clock.Clock): number => Number(clock.currentTimeNanosUnsafe() / 1000n)

/** What an exception says of itself goes nowhere. */
const codeOf = (exit: Exit.Exit<unknown, unknown>): Code | null => {
  if (Exit.isSuccess(exit)) return null
  const reason = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (reason instanceof RuntimeFailure) return reason.code
  return Exit.hasInterrupts(exit) ? "RUN_CANCELLED" : "INTERNAL_ERROR"
}
