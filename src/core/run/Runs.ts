/** Owns the runs of this process: the way in for every surface, and the only one. */
import { Context, Effect, Layer, type Stream } from "effect"
import { Content } from "../../domain/Content.ts"
import type { CapabilityInvoked } from "../../domain/Event.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { isAudited } from "../../domain/run/Governance.ts"
import { leftOut } from "../../domain/run/Leaving.ts"
import { Mode, type PackId, Principal, type RunId, runStream } from "../../domain/Ids.ts"
import type { Conversation } from "../../domain/run/Conversation.ts"
import { type RunState, toldOf } from "../../domain/run/Run.ts"
import type { Recalled } from "../../domain/memory/Recall.ts"
import { CAPABILITY, unrouted } from "../../domain/run/Route.ts"
import type { RunbookStep, Source } from "../../domain/run/Seat.ts"
import type { Turn } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { asRun } from "../observability/Spans.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import { Engine } from "./Engine.ts"
import { type Invocation, type Rest, type RunRequest, unwatched, type Watcher } from "./Request.ts"
import { type Frame, frames } from "./Frames.ts"
import { Recovery } from "./Recovery.ts"
import type { Released } from "./Release.ts"
import { Router } from "./Router.ts"
import { Challenger } from "./Challenger.ts"
import type { Companion } from "./Companion.ts"
import { inHost } from "./Hosts.ts"
import { Inputs } from "./Inputs.ts"
import { open } from "./OpenLog.ts"
import type { RunLog } from "./RunLog.ts"

/** How a run ended well. */
export interface RunResult {
  readonly run: RunId
  readonly released: Released
  /** Characters of what was given that did not fit and were not sent. */
  readonly leftOut: number
  /** What became of each memory record that was asked for; null where none was. */
  readonly memory: ReadonlyArray<Recalled> | null
  /** The packs it was asked for with. */
  readonly packs: ReadonlyArray<PackId>
  /** The one call of a capability; null without one. */
  readonly capability: typeof CapabilityInvoked.Type | null
  /** How many issues its auditor named; none without a verdict. */
  readonly issues: number
}

export type RunFrame = Frame<RunResult>

/** The seat of a turn or a step: its place in the whole, what it may read of that, and what is written beside it. */
export interface Seat {
  readonly at: { readonly turn: Turn } | { readonly step: RunbookStep }
  readonly conversation: Conversation | null
  readonly companion: Companion
}

/** How a turn or a step came to rest. */
export interface TurnRest {
  readonly run: RunId
  readonly rest: Rest
  readonly leftOut: number
  readonly memory: ReadonlyArray<Recalled> | null
  /** The run's own account of itself. */
  readonly state: RunState
}

export class Runs extends Context.Service<
  Runs,
  {
    /** Runs a request to its end. Interrupting it cancels the run and records that. */
    readonly run: (
      request: RunRequest,
      watcher?: Watcher,
      source?: Source | null
    ) => Effect.Effect<RunResult, RuntimeFailure>
    /** Invokes a capability and asks no model: a run all the same, with its record and its receipt. */
    readonly invoke: (
      capability: Invocation,
      by: Pick<RunRequest, "principal" | "surface">,
      source?: Source | null
    ) => Effect.Effect<RunResult, RuntimeFailure>
    /** The same run as frames; pieces of the answer come early where nothing can still stop it. */
    readonly stream: (
      request: RunRequest,
      watcher?: Pick<Watcher, "cancelled">
    ) => Stream.Stream<RunFrame, RuntimeFailure>
    /**
     * Runs a turn or a step to its end or its pause. `SESSION_CONFLICT` or `RUNBOOK_CONFLICT` where what it belongs to has
     * moved, and then nothing was called or recorded.
     */
    readonly turn: (
      request: RunRequest,
      seat: Seat,
      watcher?: Watcher,
      source?: Source | null
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
    capability: null,
    packs: null,
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
      const challenger = yield* Challenger
      const engine = yield* Engine
      const inputs = yield* Inputs
      const identity = yield* Identity
      const journal = yield* Journal
      const recovery = yield* Recovery
      const router = yield* Router
      const vault = yield* Vault

      // Once per process, and never in a run's way. It ends what needs no call: nobody's money is spent before one's own.
      const settleOnce = yield* Effect.cached(Effect.ignore(recovery.settle))

      const conducted = Effect.fnUntraced(function* (
        { packs, ...request }: RunRequest,
        seat: Seat | null,
        watcher: Watcher,
        source: Source | null,
        tell: (log: RunLog) => void
      ) {
        // A mode that is not in the table, or is not theirs, was typed by somebody: that is said, and recorded nowhere.
        const route = request.mode === CAPABILITY ? unrouted : yield* router.resolveAnswer(request.mode)
        yield* inputs.invocable(request)
        const audit = isAudited(settings.runtime, request)
        const memory = yield* inputs.remembered(
          { ...request, packs },
          route,
          audit ? challenger.destination : null
        )
        yield* settleOnce
        // First of all, so that a lost master key is noticed before another one is made.
        yield* configRecord.digest
        const run = yield* identity.runId
        const keys = yield* vault.create(runStream(run))
        const { companion = null, conversation = null } = seat ?? {}
        const log = open(journal, keys, run, undefined, companion)
        tell(log)
        const named = (reason: RuntimeFailure) => inRun(run)(inHost(companion)(reason))
        const at = { turn: null, step: null, ...seat?.at }
        const { client = null, generation = null } = request
        const governed = { ...request, ...at, audit, source, conversation, memory, client, generation }
        const rest = yield* engine.run(governed, route, log, watcher).pipe(
          // What was never written cannot be looked at.
          Effect.mapError((reason) => (log.isRecorded() ? named(reason) : reason)),
          Effect.onInterrupt(() => {
            const { ending } = log.state()
            return ending?._tag === "RunCancelled" && log.isRecorded() && watcher.cancelled
              ? watcher.cancelled(named(failure("RUN_CANCELLED", ending.phase)))
              : Effect.void
          })
        )
        const recalled = memory?.recalled ?? null
        return { run, rest, leftOut: leftOut(log.state()), memory: recalled, state: log.state() }
      })

      const conduct = (request: RunRequest, seat: Seat | null, watcher: Watcher, source: Source | null) =>
        asRun((tell) => conducted(request, seat, watcher, source, tell))

      const asked = (request: RunRequest, seat: Seat | null, watcher: Watcher, source: Source | null) =>
        request.prompt.isBlank
          ? Effect.fail(failure("PROMPT_REQUIRED", "setup"))
          : conduct(request, seat, watcher, source)

      /** Only what is part of a session or a runbook can be held. */
      const released = ({ run, rest, leftOut, memory, state }: TurnRest) =>
        rest._tag === "Held"
          ? Effect.fail(inRun(run)(failure("INTERNAL_ERROR", "gate")))
          : Effect.succeed({ run, released: rest.released, leftOut, memory, ...toldOf(state) })

      const run = (request: RunRequest, watcher: Watcher = unwatched, source: Source | null = null) =>
        Effect.flatMap(asked(request, null, watcher, source), released)

      const invoke = (
        capability: Invocation,
        { principal, surface }: Pick<RunRequest, "principal" | "surface">,
        source: Source | null = null
      ) => {
        const by = { principal, surface, capability, packs: [] }
        const request = Runs.request(CAPABILITY, "", by)
        return Effect.flatMap(conduct(request, null, unwatched, source), released)
      }

      const turn = (
        request: RunRequest,
        seat: Seat,
        watcher: Watcher = unwatched,
        source: Source | null = null
      ) => asked(request, seat, watcher, source)

      const stream = (
        request: RunRequest,
        watcher: Pick<Watcher, "cancelled"> = {}
      ): Stream.Stream<RunFrame, RuntimeFailure> => frames((followed) => run(request, followed), watcher)

      return Runs.of({ run, invoke, stream, turn })
    })
  )
}
