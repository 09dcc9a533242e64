/** Owns the runs of this process: the way in for every surface, and the only one. */
import { Context, Effect, Layer, type Stream } from "effect"
import { Content } from "../../domain/Content.ts"
import { failure, inRun, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { isAudited } from "../../domain/run/Governance.ts"
import { leftOut } from "../../domain/run/Leaving.ts"
import { Mode, Principal, type RunId, runStream } from "../../domain/Ids.ts"
import type { Conversation } from "../../domain/run/Conversation.ts"
import type { RunState } from "../../domain/run/Run.ts"
import type { Turn } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import { Engine } from "./Engine.ts"
import { type Rest, type RunRequest, unwatched, type Watcher } from "./Request.ts"
import { type Frame, frames } from "./Frames.ts"
import { Recovery } from "./Recovery.ts"
import type { Released } from "./Release.ts"
import { Router } from "./Router.ts"
import type { Companion } from "../session/Companion.ts"
import { open } from "./RunLog.ts"

/** How a run ended well. */
export interface RunResult {
  readonly run: RunId
  readonly released: Released
  /** Characters of what was given that did not fit and were not sent. */
  readonly leftOut: number
}

export type RunFrame = Frame<RunResult>

/** The seat of a turn: its place in the session, what it may read of it, and what is written beside it. */
export interface Seat {
  readonly turn: Turn
  readonly conversation: Conversation
  readonly companion: Companion
}

/** How a turn came to rest. */
export interface TurnRest {
  readonly run: RunId
  readonly rest: Rest
  readonly leftOut: number
  /** The run's own account of itself. */
  readonly state: RunState
}

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
    /**
     * Runs a turn to its end or its pause. `SESSION_CONFLICT` where its session has moved, and then nothing was called or
     * recorded.
     */
    readonly turn: (
      request: RunRequest,
      seat: Seat,
      watcher?: Watcher
    ) => Effect.Effect<TurnRest, RuntimeFailure>
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

      const conduct = Effect.fnUntraced(function* (request: RunRequest, seat: Seat | null, watcher: Watcher) {
        if (request.prompt.isBlank) return yield* failure("PROMPT_REQUIRED", "setup")
        // A mode that is not in the table, or is not theirs, was typed by somebody: that is said, and recorded nowhere.
        const route = yield* router.resolveAnswer(request.mode)
        yield* settleOnce
        // First of all, so that a lost master key is noticed before another one is made.
        yield* configRecord.digest
        const run = yield* identity.runId
        const keys = yield* vault.create(runStream(run))
        const audit = isAudited(settings.runtime, request)
        const log = open(journal, keys, run, undefined, seat?.companion)
        const { turn = null, conversation = null } = seat ?? {}
        const named = (reason: RuntimeFailure) => inRun(run)(turn ? inSession(turn.session)(reason) : reason)
        const rest = yield* engine.run({ ...request, audit, turn, conversation }, route, log, watcher).pipe(
          // What was never written cannot be looked at.
          Effect.mapError((reason) => (log.isRecorded() ? named(reason) : reason)),
          Effect.onInterrupt(() => {
            const { ending } = log.state()
            return ending?._tag === "RunCancelled" && log.isRecorded() && watcher.cancelled
              ? watcher.cancelled(named(failure("RUN_CANCELLED", ending.phase)))
              : Effect.void
          })
        )
        return { run, rest, leftOut: leftOut(log.state()), state: log.state() }
      })

      const run = Effect.fn("Runs.run")(function* (request: RunRequest, watcher: Watcher = unwatched) {
        const { run, rest, leftOut } = yield* conduct(request, null, watcher)
        // Only a turn of a session can be held.
        if (rest._tag === "Held") return yield* inRun(run)(failure("INTERNAL_ERROR", "gate"))
        return { run, released: rest.released, leftOut }
      })

      const turn = Effect.fn("Runs.turn")((request: RunRequest, seat: Seat, watcher: Watcher = unwatched) =>
        conduct(request, seat, watcher)
      )

      const stream = (
        request: RunRequest,
        watcher: Pick<Watcher, "cancelled"> = {}
      ): Stream.Stream<RunFrame, RuntimeFailure> => frames((followed) => run(request, followed), watcher)

      return Runs.of({ run, stream, turn })
    })
  )
}
