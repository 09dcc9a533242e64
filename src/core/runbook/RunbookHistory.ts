/**
 * Owns what people ask of past runbooks: which were begun, page by page, one of them step by step without a text, and the
 * answers that its steps have let out.
 */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { RUNBOOK_PREFIX, RunId, runStream, runbookStream } from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import type { Certificate } from "../../domain/run/Bounds.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import type { StepRecord, StepRun, StepStanding } from "../../domain/runbook/StepRecord.ts"
import { Journal, type StreamInfo } from "../../ports/Journal.ts"
import { History } from "../ledger/History.ts"
import { named } from "../ledger/Named.ts"
import { runOf as stateOf } from "../ledger/Soundness.ts"
import { unbroken } from "../ledger/Unbroken.ts"
import { isAlive } from "../run/OpenRuns.ts"
import type { Released } from "../run/Release.ts"
import { eventOf, load, type Place } from "./RunbookStream.ts"

const isRunId = Schema.is(RunId)

/** A runbook as it stands, and the worst case that it was begun, or last gone on, with. */
export interface RunbookPast extends Place {
  readonly certificate: Certificate
  readonly steps: ReadonlyArray<StepRecord>
  /** What the step that is held has to do with it; null where none is. */
  readonly held: HeldStep | null
}

/** Of a held step, which its runbook counts once it is decided. */
export interface HeldStep {
  /** Tokens of the runbook up to its gate, its own among them. */
  readonly tokensAtGate: number
  readonly certificate: Certificate
}

/** What a step has let out; null where nothing whole did, or what did was erased. */
export interface Said {
  readonly step: StepRecord
  readonly run: RunId | null
  readonly answer: Released | null
}

/** Part of a list. */
export interface RunbookPage {
  readonly runbooks: ReadonlyArray<Place>
  /** How many there are besides that are broken: the others are listed all the same. */
  readonly broken: number
  /** Where the list goes on; null at its end. */
  readonly next: number | null
}

export class RunbookHistory extends Context.Service<
  RunbookHistory,
  {
    /** The newest first; `cursor` is where a page before ended. */
    readonly page: (limit: number, cursor: number | null) => Effect.Effect<RunbookPage, RuntimeFailure>
    /** The one whose run id begins so. `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `LEDGER_BROKEN`. */
    readonly find: (prefix: string) => Effect.Effect<RunbookPast, RuntimeFailure>
    /** The same with what has left of it. `RUN_ERASED`. */
    readonly texts: (
      prefix: string
    ) => Effect.Effect<{ readonly past: RunbookPast; readonly said: ReadonlyArray<Said> }, RuntimeFailure>
  }
>()("io-iii/core/runbook/RunbookHistory") {
  static readonly layer = Layer.effect(
    RunbookHistory,
    Effect.gen(function* () {
      const history = yield* History
      const journal = yield* Journal

      const page = Effect.fn("RunbookHistory.page")(function* (limit: number, cursor: number | null) {
        // One more than was asked for shows that the list goes on.
        const infos = yield* journal.streams({
          prefix: RUNBOOK_PREFIX,
          openOnly: false,
          before: cursor,
          limit: limit + 1
        })
        const shown = infos.slice(0, limit)
        const runbooks = yield* unbroken(shown, (info) =>
          Effect.flatMap(runOf(info), (run) => load(journal, run))
        )
        return {
          runbooks,
          broken: shown.length - runbooks.length,
          next: infos.length > limit ? (shown.at(-1)?.first ?? null) : null
        }
      })

      const heldIn = Effect.fnUntraced(function* (
        run: RunId
      ): Effect.fn.Return<HeldStep | null, RuntimeFailure> {
        const stream = runStream(run)
        const { gate, bounds } = Option.getOrNull(stateOf(stream, yield* journal.read(stream))) ?? {}
        return gate && bounds ? { tokensAtGate: gate.tokens, certificate: bounds.certificate } : null
      })

      const find = Effect.fn("RunbookHistory.find")(function* (prefix: string) {
        const run = yield* runOf(yield* named(journal, prefix, [RUNBOOK_PREFIX]))
        const place = yield* load(journal, run)
        const rows = yield* journal.read(runbookStream(run), 0, place.sequence)
        const certified = rows.map(eventOf).findLast(isCertified)
        if (!certified) return yield* failure("LEDGER_BROKEN", "setup")
        const { open } = place.execution.after
        const isGone = open !== null && open.threshold === null && !(yield* isAlive(journal, open.run))
        const { certificate } = certified
        const held = open?.threshold ? yield* heldIn(open.run) : null
        return { ...place, certificate, steps: stepsIn(place.execution, rows, isGone), held }
      })

      const answerOf = Effect.fnUntraced(function* (
        step: StepRecord
      ): Effect.fn.Return<Said, RuntimeFailure> {
        const run = step.runs.findLast(({ status }) => status === "released")?.run ?? null
        if (run === null) return { step, run, answer: null }
        const answer = yield* history.text(run).pipe(
          Effect.map(({ released }) => released),
          Effect.catchIf(
            ({ code }) => code === "RUN_ERASED",
            () => Effect.succeed(null)
          )
        )
        return { step, run, answer }
      })

      return RunbookHistory.of({
        page,
        find,
        texts: Effect.fn("RunbookHistory.texts")(function* (prefix) {
          const past = yield* find(prefix)
          if (past.execution.after.erased) return yield* failure("RUN_ERASED", "release")
          return { past, said: yield* Effect.forEach(past.steps, answerOf) }
        })
      })
    })
  )
}

type Known = NonNullable<ReturnType<typeof eventOf>>

/** Whoever goes on with a runbook certifies what is left of it anew: a step that was paid for may be asked again. */
const isCertified = (
  event: Known | null | undefined
): event is Extract<Known, { readonly _tag: "RunbookStarted" | "RunbookResumed" }> =>
  event?._tag === "RunbookStarted" || event?._tag === "RunbookResumed"

/** `LEDGER_BROKEN` where a stream goes by another name than an id. */
const runOf = ({ stream }: StreamInfo): Effect.Effect<RunId, RuntimeFailure> => {
  const id = stream.slice(RUNBOOK_PREFIX.length)
  return isRunId(id) ? Effect.succeed(id) : Effect.fail(failure("LEDGER_BROKEN", "setup"))
}

/** Each step as the last rows that concern it have it. */
const stepsIn = (
  { steps }: Execution,
  rows: ReadonlyArray<Row>,
  isGone: boolean
): ReadonlyArray<StepRecord> => {
  const runs = new Map<RunId, StepRun>()
  const indexOf = new Map<RunId, number>()
  const skipped = new Set<number>()
  for (const row of rows) {
    const event = eventOf(row)
    switch (event?._tag) {
      case "StepSkipped":
        skipped.add(event.index)
        break
      case "StepStarted": {
        const { run, step } = event
        indexOf.set(run, step.index)
        runs.set(run, {
          run,
          attempt: step.attempt,
          status: isGone ? "abandoned" : "running",
          code: null,
          threshold: null,
          latencyMillis: null,
          tokens: null,
          startedAt: row.at,
          endedAt: null
        })
        break
      }
      case "StepHeld": {
        const before = runs.get(event.run)
        if (before) runs.set(event.run, { ...before, status: "held", threshold: event.threshold })
        break
      }
      case "StepEnded": {
        const { status, code, latencyMillis, tokens } = event
        const before = runs.get(event.run)
        if (before) runs.set(event.run, { ...before, status, code, latencyMillis, tokens, endedAt: row.at })
      }
    }
  }
  return steps.map((declared, index) => {
    const mine = [...runs.values()].filter(({ run }) => indexOf.get(run) === index)
    const standing = skipped.has(index) ? "skipped" : standingOf(mine.at(-1))
    return { ...declared, index, standing, runs: mine }
  })
}

const standingOf = (last: StepRun | undefined): StepStanding => {
  if (!last) return "waiting"
  switch (last.status) {
    case "redirected":
      return "waiting"
    case "refused":
    case "failed":
    case "cancelled":
      return "failed"
    default:
      return last.status
  }
}
