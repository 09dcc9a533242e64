/**
 * Owns runbooks while they are run: begun with the worst case of all their steps, one step after the other, each end of one a
 * checkpoint, until they end or wait for somebody. Nothing of one step is handed to another.
 */
import { Context, Effect, Layer } from "effect"
import { Content } from "../../domain/Content.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { type PackId, RunbookId, type RunId, runbookStream, TaskSpecId, Timestamp } from "../../domain/Ids.ts"
import { termsOf } from "../../domain/config/Policy.ts"
import type { Recalled } from "../../domain/memory/Recall.ts"
import { toldOf } from "../../domain/run/Run.ts"
import type { Source } from "../../domain/run/Seat.ts"
import type { RunbookContext } from "../../domain/runbook/Condition.ts"
import { begin, begun, type Execution, isToRun } from "../../domain/runbook/Execution.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { type DeclaredStep, payloadId, promptId } from "../../domain/runbook/RunbookEvent.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { type Sealed, type StreamVault, Vault } from "../../ports/Vault.ts"
import { inSpan } from "../observability/Spans.ts"
import { ConfigRecord } from "../run/ConfigRecord.ts"
import { Inputs } from "../run/Inputs.ts"
import type { Released } from "../run/Release.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import { affordable, type NamedStep, Plan, type Planned } from "./Plan.ts"
import { grow, load, type Place, reload } from "./RunbookStream.ts"
import { Steps } from "./Steps.ts"

/** How a runbook is to be run. */
export interface Start extends RunbookContext {
  readonly by: Pick<RunRequest, "principal" | "surface" | "checks" | "audit">
}

/** What became of a step in this process. */
export interface StepOutcome {
  readonly index: number
  readonly task: TaskSpecId
  readonly status: "released" | "skipped" | "held" | "failed"
  /** Its run; null where there is none. */
  readonly run: RunId | null
  /** What it has let out; null where nothing left. */
  readonly released: Released | null
  readonly memory: ReadonlyArray<Recalled> | null
  /** Of which packs those records are. */
  readonly packs: ReadonlyArray<PackId>
  /** Characters of what was given that did not fit and were not sent. */
  readonly leftOut: number
  /** How many issues its auditor named; none without a verdict. */
  readonly issues: number
  /** Why it did not end well. */
  readonly failure: RuntimeFailure | null
}

/** A runbook at rest, and what this process had to do with it. */
export interface RunbookResult {
  readonly execution: Execution
  readonly steps: ReadonlyArray<StepOutcome>
}

/** Who follows a runbook while it goes. */
export interface RunbookWatcher {
  /** Told once it is on record. */
  readonly started: (execution: Execution) => Effect.Effect<void>
  /** Told before a step's run begins. */
  readonly step: (index: number, execution: Execution) => Effect.Effect<void>
  /** Told when a step is over, also one that was skipped. */
  readonly ended: (outcome: StepOutcome, execution: Execution) => Effect.Effect<void>
  /** Who follows the run of a step. */
  readonly run?: Watcher
}

export const unwatched: RunbookWatcher = {
  started: () => Effect.void,
  step: () => Effect.void,
  ended: () => Effect.void
}

export class Runbooks extends Context.Service<
  Runbooks,
  {
    /** The worst case of a runbook. Refuses what a step would refuse before its first call. */
    readonly bounds: (runbook: Runbook, start: Start) => Effect.Effect<Planned, RuntimeFailure>
    /**
     * Begins a runbook and runs it until it has ended or waits. `BUDGET_EXCEEDED` where its worst case does not fit, and what
     * any step would refuse before its first call: then nothing was recorded. A step that fails is in the result.
     */
    readonly run: (
      runbook: Runbook,
      start: Start,
      watcher?: RunbookWatcher,
      source?: Source | null
    ) => Effect.Effect<RunbookResult, RuntimeFailure>
    /** Goes on with a runbook that stands there. `RUNBOOK_CONFLICT` when somebody else does. */
    readonly goOn: (
      place: Place,
      by: Start["by"],
      watcher?: RunbookWatcher
    ) => Effect.Effect<RunbookResult, RuntimeFailure>
    readonly place: (run: RunId) => Effect.Effect<Place, RuntimeFailure>
  }
>()("io-iii/core/runbook/Runbooks") {
  static readonly layer = Layer.effect(
    Runbooks,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const configRecord = yield* ConfigRecord
      const identity = yield* Identity
      const inputs = yield* Inputs
      const journal = yield* Journal
      const plan = yield* Plan
      const steps = yield* Steps
      const vault = yield* Vault
      const { thresholds, expirySeconds } = termsOf(settings.runtime)

      const bounds = Effect.fn("Runbooks.bounds")((runbook: Runbook, { by, ...context }: Start) =>
        plan.of(namedSteps(runbook, PLACEHOLDER), { ...context, thresholds, by })
      )

      const place = (run: RunId) => load(journal, run)

      const start = Effect.fnUntraced(function* (
        runbook: Runbook,
        { by, sessionMode, personaMode }: Start,
        source: Source | null
      ) {
        yield* Effect.forEach(runbook.steps, inputs.invocable)
        const configDigest = yield* configRecord.digest
        const run = yield* identity.runId
        const named = namedSteps(runbook, suffixOf(run))
        const manner = { sessionMode, personaMode, thresholds, by }
        const { certificate } = yield* Effect.flatMap(plan.of(named, manner), affordable)
        const keys = yield* vault.create(runbookStream(run))
        const declared = named.map((step, index) => declare(keys, step, index))
        const { principal, surface, audit } = by
        const started = begin({
          _tag: "RunbookStarted",
          run,
          runbook: runbook.id ?? RunbookId.make(`rb-${suffixOf(run)}`),
          principal,
          surface,
          configDigest,
          mode: sessionMode,
          persona: personaMode,
          audit,
          thresholds,
          expirySeconds,
          steps: declared.map(({ step }) => step),
          certificate,
          source
        })
        const execution = begun(started)
        if (!execution) return yield* failure("RUNBOOK_SCHEMA_ERROR", "setup")
        const unplaced = { execution, sequence: 1, startedAt: EPOCH, at: EPOCH }
        const { append } = yield* Effect.fromResult(grow(unplaced, []))
        yield* journal.commit({
          appends: [
            {
              ...append,
              expected: 0,
              events: [started, ...append.events],
              sealed: declared.flatMap(({ sealed }) => sealed),
              key: keys.wrapped
            }
          ]
        })
        return yield* load(journal, run)
      })

      /** Runs the step that is next. How it ended is on record; what kept that from being recorded is a failure. */
      const step = Effect.fnUntraced(function* (at: Place, by: Start["by"], watcher: RunbookWatcher) {
        const { after } = at.execution
        const task = at.execution.steps[after.next]?.task ?? TaskSpecId.make("none")
        const about = { index: after.next, task, ...nothing }
        return yield* steps.run(at, by, watcher.run).pipe(
          Effect.map(({ run, rest, memory, leftOut, state }): StepOutcome => {
            const { packs, issues } = toldOf(state)
            const told = { ...about, run, memory, packs, leftOut, issues }
            return rest._tag === "Held"
              ? { ...told, status: "held" }
              : { ...told, status: "released", released: rest.released }
          }),
          Effect.catchIf(
            (reason) => reason.run !== undefined,
            (reason) =>
              Effect.succeed<StepOutcome>({
                ...about,
                run: reason.run ?? null,
                status: "failed",
                failure: reason
              })
          )
        )
      })

      const carryOn = Effect.fn("Runbooks.goOn")(function* (
        from: Place,
        by: Start["by"],
        watcher: RunbookWatcher = unwatched
      ) {
        const outcomes: Array<StepOutcome> = []
        const { run } = from.execution
        let at = from
        const tell = Effect.fnUntraced(function* (outcome: StepOutcome) {
          outcomes.push(outcome)
          yield* watcher.ended(outcome, at.execution)
        })
        /** What was skipped between two places. */
        const tellSkipped = Effect.fnUntraced(function* (first: number) {
          for (let index = first; index < at.execution.after.next; index++) {
            const { task } = at.execution.steps[index] ?? { task: TaskSpecId.make("none") }
            yield* tell({ index, task, status: "skipped", run: null, ...nothing })
          }
        })
        const { attempt, tries, failed } = at.execution.after
        if (attempt === 1 && tries === 0 && failed === null && from.execution.after.completed === 0)
          yield* tellSkipped(0)
        while (at.execution.after.status === "active" && isToRun(at.execution)) {
          const { next } = at.execution.after
          yield* watcher.step(next, at.execution)
          const outcome = yield* step(at, by, watcher).pipe(Effect.mapError(inRun(run)))
          at = yield* reload(journal, at)
          yield* tell(outcome)
          if (outcome.status !== "released") break
          yield* tellSkipped(next + 1)
        }
        return { execution: at.execution, steps: outcomes }
      })

      const goOn: Runbooks["Service"]["goOn"] = (from, by, watcher) => {
        const { run, runbook } = from.execution
        const about = { "io3.runbook.run": run, "io3.runbook.id": runbook }
        return inSpan("runbook", () => about, carryOn(from, by, watcher))
      }

      return Runbooks.of({
        bounds,
        place,
        goOn,
        run: Effect.fn("Runbooks.run")(function* (runbook, options, watcher = unwatched, source = null) {
          const at = yield* start(runbook, options, source)
          yield* watcher.started(at.execution)
          return yield* goOn(at, options.by, watcher)
        })
      })
    })
  )
}

/** What there is to say of a step that has let nothing out. */
const nothing = { released: null, memory: null, packs: [], leftOut: 0, issues: 0, failure: null } as const

const EPOCH = Timestamp.make(0)
/** What stands for the end of an execution's id where there is none yet. */
const PLACEHOLDER = "000000000000"

/** Random, and not the same in two executions. */
const suffixOf = (run: RunId): string => run.slice(-12)

const namedSteps = ({ steps }: Runbook, suffix: string): ReadonlyArray<NamedStep> =>
  steps.map((step, index) => ({ ...step, id: step.id ?? TaskSpecId.make(`ts-${suffix}-${index}`) }))

/** What is recorded of a step, and its texts as they are sealed. */
const declare = (
  keys: StreamVault,
  { id, mode, prompt, capability, packs, when }: NamedStep,
  index: number
): { readonly step: DeclaredStep; readonly sealed: ReadonlyArray<Sealed> } => {
  const payload = capability && (capability.payload ?? NO_PAYLOAD)
  return {
    step: {
      task: id,
      mode,
      promptDigest: keys.digest(promptId(index), prompt),
      promptChars: prompt.length,
      capability: capability &&
        payload && {
          id: capability.id,
          payloadDigest: keys.digest(payloadId(index), payload),
          payloadChars: payload.length
        },
      packs,
      when
    },
    sealed: [keys.seal(promptId(index), prompt), ...(payload ? [keys.seal(payloadId(index), payload)] : [])]
  }
}
const NO_PAYLOAD = Content.of("{}")
