/** Owns the runs of this process: the way in for every surface, and the only one. */
import { Context, Effect, Layer, Stream } from "effect"
import { Content } from "../../domain/Content.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { isAudited } from "../../domain/run/Governance.ts"
import { leftOut } from "../../domain/run/Leaving.ts"
import { Mode, Principal, type RunId, runStream } from "../../domain/Ids.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import { type Accepted, Engine, type RunRequest, unwatched, type Watcher } from "./Engine.ts"
import * as Handover from "./Handover.ts"
import { Recovery } from "./Recovery.ts"
import type { Released, ReleasedChunk } from "./Release.ts"
import { Router } from "./Router.ts"
import { open } from "./RunLog.ts"

/** How a run ended well. */
export interface RunResult {
  readonly run: RunId
  readonly released: Released
  /** Characters of what was given that did not fit and were not sent. */
  readonly leftOut: number
}

/** What a follower of a run sees: the facts before the first call, pieces of the answer, the whole of it. */
export type RunFrame =
  | { readonly _tag: "Accepted"; readonly facts: Accepted }
  | { readonly _tag: "Chunk"; readonly chunk: ReleasedChunk }
  | { readonly _tag: "Finished"; readonly result: RunResult }

export class Runs extends Context.Service<
  Runs,
  {
    /** Runs a request to its end. Interrupting it cancels the run and records that. */
    readonly run: (request: RunRequest, watcher?: Watcher) => Effect.Effect<RunResult, RuntimeFailure>
    /** The same run as frames; pieces of the answer come early where nothing can still stop it. */
    readonly stream: (
      request: RunRequest,
      watcher?: Pick<Watcher, "cancelled">
    ) => Stream.Stream<RunFrame, RuntimeFailure>
  }
>()("io-iii/core/run/Runs") {
  /** A request with what most programs want: not audited, no attached text, nothing asked of the provider beforehand. */
  static readonly request = (
    mode: string,
    prompt: string,
    rest: Partial<Omit<RunRequest, "mode" | "prompt">> = {}
  ): RunRequest => ({
    mode: Mode.make(mode),
    prompt: Content.of(prompt),
    file: null,
    audit: false,
    principal: Principal.make("local"),
    surface: "program",
    checks: { constellation: true, health: false },
    ...rest
  })

  static readonly layer = Layer.effect(
    Runs,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const configRecord = yield* ConfigRecord
      const engine = yield* Engine
      const identity = yield* Identity
      const journal = yield* Journal
      const recovery = yield* Recovery
      const router = yield* Router
      const vault = yield* Vault

      // Once per process, and never in a run's way. It ends what needs no call: nobody's money is spent before one's own.
      const settleOnce = yield* Effect.cached(Effect.ignore(recovery.settle))

      const run = Effect.fn("Runs.run")(function* (request: RunRequest, watcher: Watcher = unwatched) {
        if (request.prompt.isBlank) return yield* failure("PROMPT_REQUIRED", "setup")
        // A mode that is not in the table, or is not theirs, was typed by somebody: that is said, and recorded nowhere.
        const route = yield* router.resolveAnswer(request.mode)
        yield* settleOnce
        // First of all, so that a lost master key is noticed before another one is made.
        yield* configRecord.digest
        const run = yield* identity.runId
        const keys = yield* vault.create(runStream(run))
        const audit = isAudited(settings.runtime, request)
        const log = open(journal, keys, run)
        const released = yield* engine.run({ ...request, audit }, route, log, watcher).pipe(
          // What was never written cannot be looked at.
          Effect.mapError((reason) => (log.isRecorded() ? inRun(run)(reason) : reason)),
          Effect.onInterrupt(() => {
            const { ending } = log.state()
            return ending?._tag === "RunCancelled" && log.isRecorded() && watcher.cancelled
              ? watcher.cancelled(inRun(run)(failure("RUN_CANCELLED", ending.phase)))
              : Effect.void
          })
        )
        return { run, released, leftOut: leftOut(log.state()) }
      })

      const stream = (
        request: RunRequest,
        watcher: Pick<Watcher, "cancelled"> = {}
      ): Stream.Stream<RunFrame, RuntimeFailure> =>
        Stream.unwrap(
          Effect.gen(function* () {
            const hands = yield* Handover.make<RunFrame, RuntimeFailure>()
            yield* run(request, {
              ...watcher,
              accepted: (facts) => hands.give({ _tag: "Accepted", facts }),
              outlet: (chunk) => hands.give({ _tag: "Chunk", chunk })
            }).pipe(
              Effect.flatMap((result) => hands.give({ _tag: "Finished", result })),
              Effect.onExit(hands.end),
              Effect.forkScoped
            )
            return hands.stream
          })
        )

      return Runs.of({ run, stream })
    })
  )
}
