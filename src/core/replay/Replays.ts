/**
 * Owns going on with what has not ended well, and doing again what has ended: a run, a turn, a runbook. What is on record is
 * held against its laws first, and a configuration that changed meanwhile is not passed over.
 */
import { Context, Effect, Layer, Option } from "effect"
import type { RunAccepted } from "../../domain/Event.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, runbookStream, runStream, type SessionId } from "../../domain/Ids.ts"
import type { Recalled } from "../../domain/memory/Recall.ts"
import { CAPABILITY } from "../../domain/run/Route.ts"
import { isHeld, type RunState } from "../../domain/run/Run.ts"
import type { Source } from "../../domain/run/Seat.ts"
import type { OpenTurn } from "../../domain/session/Turn.ts"
import { mayResume } from "../../domain/runbook/Execution.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { History } from "../ledger/History.ts"
import { runOf } from "../ledger/Soundness.ts"
import { ConfigRecord } from "../run/ConfigRecord.ts"
import type { Rest, RunRequest, Watcher } from "../run/Request.ts"
import { type Recovered, Resumption } from "../run/Resumption.ts"
import { Runs } from "../run/Runs.ts"
import { affordable, Plan } from "../runbook/Plan.ts"
import { Runbooks, type RunbookResult, type RunbookWatcher, type StepOutcome } from "../runbook/Runbooks.ts"
import { eventOf, grow, load, type Place } from "../runbook/RunbookStream.ts"
import { Steps } from "../runbook/Steps.ts"
import { Sessions } from "../session/Sessions.ts"
import { Steward } from "../session/Steward.ts"
import { find, runsOf, sameConfiguration, sound, textsOf } from "./Origin.ts"

/** Who goes on, and how. */
export interface Options {
  readonly by: Pick<RunRequest, "principal" | "surface" | "checks" | "audit">
  /** Whether a configuration that changed meanwhile is what they want. */
  readonly acceptConfig: boolean
  /** Who follows the run of it, or each of its steps. */
  readonly watcher?: Watcher
  readonly runbook?: Omit<RunbookWatcher, "run">
}

/** What came of it. */
export type Again =
  | {
      readonly _tag: "Run"
      readonly run: RunId
      /** Whose next turn it is; null in a run by itself. */
      readonly session: SessionId | null
      readonly source: RunId
      readonly rest: Rest
      readonly leftOut: number
      readonly memory: ReadonlyArray<Recalled> | null
    }
  | { readonly _tag: "Runbook"; readonly source: RunId; readonly result: RunbookResult }

export class Replays extends Context.Service<
  Replays,
  {
    /**
     * Goes on with the one run, turn or runbook whose id begins so: a runbook at its first step that has not ended well, a run
     * whose process is gone from its paid draft, one that has failed as the next attempt at the same. `CHECKPOINT_NOT_FOUND`,
     * `CHECKPOINT_INTEGRITY_ERROR`, `RESUME_INVALID_STATE`, `RESUME_CONFIG_CHANGED`, `REPLAY_CONTENT_REQUIRED`: then nothing
     * was done.
     */
    readonly resume: (prefix: string, options: Options) => Effect.Effect<Again, RuntimeFailure>
    /** Does the same from the start, as a lineage of its own that names where it comes from. */
    readonly replay: (prefix: string, options: Options) => Effect.Effect<Again, RuntimeFailure>
  }
>()("io-iii/core/replay/Replays") {
  static readonly layer = Layer.effect(
    Replays,
    Effect.gen(function* () {
      const configRecord = yield* ConfigRecord
      const history = yield* History
      const journal = yield* Journal
      const plan = yield* Plan
      const resumption = yield* Resumption
      const runbooks = yield* Runbooks
      const runs = yield* Runs
      const sessions = yield* Sessions
      const steps = yield* Steps
      const steward = yield* Steward
      const vault = yield* Vault

      const stateOf = Effect.fnUntraced(function* (run: RunId) {
        const stream = runStream(run)
        const state = Option.getOrNull(runOf(stream, yield* journal.read(stream)))
        return state?.accepted
          ? { state, accepted: state.accepted }
          : yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
      })

      const isAlive = Effect.fnUntraced(function* (run: RunId) {
        return Option.exists(yield* journal.info(runStream(run)), ({ alive }) => alive)
      })

      const unchanged = Effect.fnUntraced(function* (
        recorded: (typeof RunAccepted.Type)["configDigest"],
        { acceptConfig }: Options
      ) {
        const now = yield* configRecord.digest
        if (!acceptConfig) yield* sameConfiguration(journal, recorded, now)
        return now
      })

      /** Asks the same once more: as a run by itself, as the next turn of its session, or a capability alone. */
      const again = Effect.fnUntraced(function* (
        accepted: typeof RunAccepted.Type,
        source: Source,
        { by, watcher }: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const { mode, turn, packs = null } = accepted
        const texts = yield* textsOf(journal, vault, accepted)
        const about = { _tag: "Run", source: accepted.run } as const
        if (mode === CAPABILITY && texts.capability) {
          const { released, ...made } = yield* runs.invoke(texts.capability, by, source)
          return { ...about, ...made, session: null, rest: { _tag: "Released", released } }
        }
        const request = { ...by, mode, ...texts, packs, audit: accepted.audit || by.audit }
        if (turn) {
          const rest = yield* sessions.turn(turn.session, request, watcher, source)
          return { ...about, ...rest, session: turn.session }
        }
        const { released, ...made } = yield* runs.run(request, watcher, source)
        return { ...about, ...made, session: null, rest: { _tag: "Released", released } }
      })

      /** A run whose process is gone goes on from its draft where that was paid for; else it ends. */
      const recovered = Effect.fnUntraced(function* (
        run: RunId,
        { turn }: typeof RunAccepted.Type
      ): Effect.fn.Return<Again | null, RuntimeFailure> {
        const [one] = yield* resumption.recoverOne(run)
        const about = { _tag: "Run", run, session: turn?.session ?? null, source: run } as const
        if (one?.held) return { ...about, rest: { _tag: "Held" }, leftOut: 0, memory: null }
        if (!one?.released) return null
        const { released, leftOut, memory } = yield* history.text(run)
        return { ...about, rest: { _tag: "Released", released }, leftOut, memory }
      })

      const resumeRun = Effect.fnUntraced(function* (
        run: RunId,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        yield* sound(journal, vault, [runStream(run)])
        const { state, accepted } = yield* stateOf(run)
        if (accepted.step) return yield* resumeRunbook(accepted.step.runbook, options)
        if (state.erased) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
        if (isOver(state) || (state.ending === null && (yield* isAlive(run)))) {
          return yield* failure("RESUME_INVALID_STATE", "setup")
        }
        yield* unchanged(accepted.configDigest, options)
        if (state.ending === null) {
          const gone = yield* recovered(run, accepted)
          if (gone) return gone
        }
        const { kind, attempt } = accepted.source ?? { kind: "resume", attempt: 1 }
        const source = { run, kind: "resume", attempt: (kind === "resume" ? attempt : 1) + 1 } as const
        return yield* again(accepted, source, options)
      })

      const soundRunbook = Effect.fnUntraced(function* (run: RunId) {
        const stream = runbookStream(run)
        const rows = yield* journal.read(stream)
        yield* sound(journal, vault, [stream, ...runsOf(rows)])
        return rows
      })

      /** What came of the step that was gone on with; nothing where it ended as its process did. */
      const outcomesOf = Effect.fnUntraced(function* (
        { execution: { steps } }: Place,
        { run, index }: typeof OpenTurn.Type,
        [one]: ReadonlyArray<Recovered>
      ): Effect.fn.Return<ReadonlyArray<StepOutcome>, RuntimeFailure> {
        const task = steps[index]?.task
        if (!one || !task) return []
        const about = { index, task, run, released: null, memory: null, failure: null }
        if (one.held) return [{ ...about, status: "held" }]
        if (!one.released) return []
        const { released, memory } = yield* history.text(run)
        return [{ ...about, status: "released", released, memory }]
      })

      /** As it stands once the step whose process is gone has ended, or goes on to wait, and nothing is overdue. */
      const settled = Effect.fnUntraced(function* (at: Place, options: Options) {
        const { open } = at.execution.after
        if (open === null) return { at, outcomes: [] }
        if (open.threshold !== null) {
          yield* steward.expire
          return { at: yield* load(journal, at.execution.run), outcomes: [] }
        }
        if (yield* isAlive(open.run)) return yield* failure("RESUME_INVALID_STATE", "setup")
        yield* unchanged(at.execution.configDigest, options)
        const outcomes = yield* outcomesOf(at, open, yield* resumption.recoverOne(open.run))
        return { at: yield* load(journal, at.execution.run), outcomes }
      })

      const resumeRunbook = Effect.fnUntraced(function* (
        run: RunId,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const rows = yield* soundRunbook(run)
        const last = rows.map(eventOf).findLast(isUnder)
        const place = yield* load(journal, run)
        if (place.execution.after.erased) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
        const configured = { ...place.execution, ...(last && { configDigest: last.configDigest }) }
        const { at, outcomes } = yield* settled({ ...place, execution: configured }, options)
        const isPaused = at.execution.after.status === "paused"
        // What was left to be done may be done with that.
        if (outcomes.length > 0 && (isPaused || !mayResume(at.execution))) {
          return { _tag: "Runbook", source: run, result: { execution: at.execution, steps: outcomes } }
        }
        if (isPaused) return yield* failure("RUNBOOK_PAUSED", "gate")
        if (!mayResume(at.execution)) return yield* failure("RESUME_INVALID_STATE", "setup")
        const configDigest = yield* unchanged(configured.configDigest, options)
        const { thresholds, mode, persona, audit, after } = at.execution
        const by = { ...options.by, audit }
        const manner = { sessionMode: mode, personaMode: persona, thresholds, by }
        const planned = yield* plan.of(yield* steps.remaining(at), manner, after.next)
        const { certificate } = yield* affordable(planned)
        const { principal, surface } = by
        const resumed = { _tag: "RunbookResumed", principal, surface, configDigest, certificate } as const
        const { append } = yield* Effect.fromResult(grow(at, [resumed]))
        yield* journal.commit({ appends: [append] }).pipe(Effect.mapError(inConflict))
        const watcher = options.runbook && {
          ...options.runbook,
          ...(options.watcher && { run: options.watcher })
        }
        const result = yield* runbooks.goOn(yield* load(journal, run), by, watcher)
        const { execution } = result
        return {
          _tag: "Runbook",
          source: run,
          result: { execution, steps: [...outcomes, ...result.steps] }
        }
      })

      const replayRunbook = Effect.fnUntraced(function* (
        run: RunId,
        { by, watcher, runbook }: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        yield* soundRunbook(run)
        const { execution, ...place } = yield* load(journal, run)
        if (execution.after.erased) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
        const fresh = { ...execution.after, next: 0, redirected: false }
        const declared = yield* steps.remaining({ ...place, execution: { ...execution, after: fresh } })
        const { mode, persona, audit } = execution
        const start = { sessionMode: mode, personaMode: persona, by: { ...by, audit: audit || by.audit } }
        const source = { run, kind: "replay", attempt: 1 } as const
        const followed = runbook && { ...runbook, ...(watcher && { run: watcher }) }
        const again = { id: execution.runbook, steps: declared }
        return {
          _tag: "Runbook",
          source: run,
          result: yield* runbooks.run(again, start, followed, source)
        }
      })

      const replayRun = Effect.fnUntraced(function* (run: RunId, options: Options) {
        yield* sound(journal, vault, [runStream(run)])
        const { state, accepted } = yield* stateOf(run)
        if (state.erased) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
        return yield* again(accepted, { run, kind: "replay", attempt: 1 }, options)
      })

      const named = <A>(run: RunId, effect: Effect.Effect<A, RuntimeFailure>) =>
        Effect.mapError(effect, (reason) => (reason.run ? reason : inRun(run)(reason)))

      return Replays.of({
        resume: Effect.fn("Replays.resume")(function* (prefix, options) {
          const { _tag, run } = yield* find(journal, prefix)
          return yield* named(run, _tag === "Run" ? resumeRun(run, options) : resumeRunbook(run, options))
        }),
        replay: Effect.fn("Replays.replay")(function* (prefix, options) {
          const { _tag, run } = yield* find(journal, prefix)
          return yield* named(run, _tag === "Run" ? replayRun(run, options) : replayRunbook(run, options))
        })
      })
    })
  )
}

/** Whether nothing is left to be done: it has let its answer out, or somebody decided, or is to. */
const isOver = (state: RunState): boolean =>
  state.ending?._tag === "Released" || state.decision !== null || isHeld(state)

/** The configuration that a runbook was begun under, or gone on with. */
const isUnder = (event: ReturnType<typeof eventOf>) =>
  event?._tag === "RunbookStarted" || event?._tag === "RunbookResumed"

/** Somebody else goes on with it. */
const inConflict = (reason: RuntimeFailure): RuntimeFailure =>
  reason.code === "JOURNAL_CONFLICT" ? failure("RUNBOOK_CONFLICT", "setup") : reason
