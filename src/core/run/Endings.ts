/** Owns how a run ends without a release: what is recorded, what had left by then, and what the caller is told. */
import { Effect } from "effect"
import { anatomy } from "../../domain/Defect.ts"
import type { RunEvent, RunFailed } from "../../domain/Event.ts"
import { failure, type Phase, type RuntimeFailure } from "../../domain/Failure.ts"
import { textId } from "../../domain/run/Run.ts"
import type { Door } from "./Release.ts"
import type { RunLog } from "./RunLog.ts"

/** Each records its ending durably before it fails, or returns. */
export interface Endings {
  /** A rule said no. */
  readonly refuse: (reason: RuntimeFailure) => Effect.Effect<never, RuntimeFailure>
  /** Something broke. */
  readonly fail: (reason: RuntimeFailure) => Effect.Effect<never, RuntimeFailure>
  readonly cancel: (phase: Phase) => Effect.Effect<void, RuntimeFailure>
  /** A bug: the run ends as by its process' death, and a foreign exception's words go no further. */
  readonly abandon: (defect: unknown) => Effect.Effect<never, RuntimeFailure>
}

export const open = (log: RunLog, door: Door): Endings => {
  const receipt = () => door.partial(textId(log.state(), "draft"))
  const end =
    (ending: (facts: Omit<typeof RunFailed.Type, "_tag">) => RunEvent) =>
    (reason: RuntimeFailure): Effect.Effect<never, RuntimeFailure> =>
      Effect.gen(function* () {
        const { code, phase, retryable } = reason
        yield* log.keep(ending({ code, phase, retryable, receipt: receipt() }))
        yield* log.commit
        return yield* reason
      })
  return {
    refuse: end((facts) => ({ _tag: "RunRefused", ...facts })),
    fail: end((facts) => ({ _tag: "RunFailed", ...facts })),
    cancel: (phase) =>
      Effect.gen(function* () {
        yield* log.keep({ _tag: "RunCancelled", phase, receipt: receipt() })
        yield* log.commit
      }),
    abandon: (defect) =>
      Effect.logDebug(anatomy(defect)).pipe(
        Effect.andThen(log.abandon),
        Effect.ignore,
        Effect.andThen(
          Effect.suspend(() => {
            const { ending } = log.state()
            return Effect.fail(
              ending?._tag === "RunRefused" || ending?._tag === "RunFailed"
                ? failure(ending.code, ending.phase)
                : failure("INTERNAL_ERROR", "setup")
            )
          })
        )
      )
  }
}
