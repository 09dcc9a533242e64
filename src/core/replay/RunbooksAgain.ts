/** Owns going on with a runbook at its first step that has not ended well, and doing one again from its first step. */
import { Context, Effect, Layer } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, runbookStream, TaskSpecId } from "../../domain/Ids.ts"
import { mayResume } from "../../domain/runbook/Execution.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { History } from "../ledger/History.ts"
import { ConfigRecord } from "../run/ConfigRecord.ts"
import { isAlive } from "../run/OpenRuns.ts"
import { Resumption } from "../run/Resumption.ts"
import { affordable, Plan } from "../runbook/Plan.ts"
import { Runbooks, type StepOutcome } from "../runbook/Runbooks.ts"
import { eventOf, grow, load, type Place, placeIn } from "../runbook/RunbookStream.ts"
import { Steps } from "../runbook/Steps.ts"
import { Steward } from "../session/Steward.ts"
import { type Again, configuredAs, followersOf, type Options, replayOf } from "./Again.ts"
import { isUnderWay, sound } from "./Origin.ts"

export class RunbooksAgain extends Context.Service<
  RunbooksAgain,
  {
    /** As `Replays.resume`; `RUNBOOK_PAUSED`, `RUNBOOK_CONFLICT` when somebody else goes on with it. */
    readonly resume: (run: RunId, options: Options) => Effect.Effect<Again, RuntimeFailure>
    /** As `Replays.replay`. */
    readonly replay: (run: RunId, options: Options) => Effect.Effect<Again, RuntimeFailure>
  }
>()("io-iii/core/replay/RunbooksAgain") {
  static readonly layer = Layer.effect(
    RunbooksAgain,
    Effect.gen(function* () {
      const configRecord = yield* ConfigRecord
      const history = yield* History
      const journal = yield* Journal
      const plan = yield* Plan
      const resumption = yield* Resumption
      const runbooks = yield* Runbooks
      const steps = yield* Steps
      const steward = yield* Steward
      const vault = yield* Vault

      /** What is decided about it is decided on these rows alone: whoever is faster has the next one. */
      const soundRunbook = Effect.fnUntraced(function* (run: RunId) {
        const rows = yield* sound(journal, vault, runbookStream(run))
        return { rows, found: yield* placeIn(run, rows) }
      })

      /** As it stands once the step whose process is gone has ended or waits, and what is overdue is rejected. */
      const settled = Effect.fnUntraced(function* (at: Place) {
        const { open, next } = at.execution.after
        if (open === null) return { at, outcomes: [] }
        if (open.threshold !== null) {
          yield* steward.expire
        } else {
          const [one] = yield* resumption.recoverOne(open.run)
          if (!one) return yield* failure("RESUME_INVALID_STATE", "setup")
          if (one.released) {
            const { released, memory, packs, leftOut, issues } = yield* history.text(open.run)
            const task = at.execution.steps[next]?.task ?? TaskSpecId.make("none")
            const about = { index: next, task, run: open.run, failure: null, memory, packs, leftOut, issues }
            const outcome: StepOutcome = { ...about, status: "released", released }
            return { at: yield* load(journal, at.execution.run), outcomes: [outcome] }
          }
        }
        return { at: yield* load(journal, at.execution.run), outcomes: [] }
      })

      const resume = Effect.fnUntraced(function* (
        run: RunId,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const { rows, found } = yield* soundRunbook(run)
        const { open, erased } = found.execution.after
        if (erased) return yield* failure("RUN_ERASED", "setup")
        const isBusy =
          open === null
            ? yield* isUnderWay(journal, rows)
            : open.threshold === null && (yield* isAlive(journal, open.run))
        if (isBusy || (open === null && !mayResume(found.execution)))
          return yield* failure("RESUME_INVALID_STATE", "setup")
        const last = rows.map(eventOf).findLast(isUnder)
        const configDigest = yield* configuredAs(
          journal,
          configRecord,
          last?.configDigest ?? found.execution.configDigest,
          options
        )
        // What cannot be read is not gone on with.
        const remaining = yield* steps.remaining(found)
        const { at, outcomes } = yield* settled(found)
        const watcher = followersOf(options)
        const { thresholds, mode, persona, after } = at.execution
        const told = yield* Effect.cached(
          Effect.andThen(
            watcher.started(at.execution),
            Effect.forEach(outcomes, (outcome) => watcher.ended(outcome, at.execution), { discard: true })
          )
        )
        // What has left is told, whatever refuses to go on after it; a refusal by itself is all that is told.
        if (outcomes.length > 0) yield* told
        const done = {
          _tag: "Runbook",
          source: run,
          result: { execution: at.execution, steps: outcomes }
        } as const
        // By what a dead process had begun; a decision that nobody took in time ends it as any other does.
        const isAtRest =
          open !== null &&
          open.threshold === null &&
          (after.status === "completed" || after.status === "paused")
        if (isAtRest) return yield* Effect.as(told, done)
        if (after.status === "paused") return yield* failure("RUNBOOK_PAUSED", "gate")
        if (!mayResume(at.execution)) return yield* failure("RESUME_INVALID_STATE", "setup")
        const by = { ...options.by, audit: at.execution.audit || options.by.audit }
        const manner = { sessionMode: mode, personaMode: persona, thresholds, by }
        const planned = yield* plan.of(remaining, manner, after.next)
        const { certificate } = yield* affordable(planned)
        const { principal, surface } = by
        const resumed = { _tag: "RunbookResumed", principal, surface, configDigest, certificate } as const
        const { append, place } = yield* Effect.fromResult(grow(at, [resumed]))
        yield* journal.commit({ appends: [append] }).pipe(Effect.mapError(inConflict))
        yield* told
        const result = yield* runbooks.goOn(place, by, watcher)
        return { ...done, result: { ...result, steps: [...outcomes, ...result.steps] } }
      })

      const replay = Effect.fnUntraced(function* (
        run: RunId,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const { execution, ...place } = (yield* soundRunbook(run)).found
        if (execution.after.erased) return yield* failure("RUN_ERASED", "setup")
        const fresh = { ...execution.after, next: 0, redirected: false }
        const declared = yield* steps.remaining({ ...place, execution: { ...execution, after: fresh } })
        const { mode, persona, audit } = execution
        const by = { ...options.by, audit: audit || options.by.audit }
        const start = { sessionMode: mode, personaMode: persona, by }
        const again = { id: execution.runbook, steps: declared }
        const result = yield* runbooks.run(again, start, followersOf(options), replayOf(run))
        return { _tag: "Runbook", source: run, result }
      })

      return RunbooksAgain.of({ resume, replay })
    })
  )
}

/** The configuration that a runbook was begun under, or gone on with. */
const isUnder = (event: ReturnType<typeof eventOf>) =>
  event?._tag === "RunbookStarted" || event?._tag === "RunbookResumed"

/** Somebody else goes on with it. */
const inConflict = (reason: RuntimeFailure): RuntimeFailure =>
  reason.code === "JOURNAL_CONFLICT" ? failure("RUNBOOK_CONFLICT", "setup") : reason
