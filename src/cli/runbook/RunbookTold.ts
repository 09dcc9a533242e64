/** Owns how a runbook is followed while it goes: what is printed of it when, in each format, and how the command ends. */
import { Clock, Effect, Stream } from "effect"
import { type RunbookFrame, runbookFrames } from "../../core/runbook/RunbookFrames.ts"
import { Runbooks, type RunbookWatcher, type StepOutcome } from "../../core/runbook/Runbooks.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import { Steward } from "../../core/session/Steward.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { TaskSpecId } from "../../domain/Ids.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import { FailureInResult, hasReader, Held, printJson, printLine } from "../Output.ts"
import { progress } from "../Progress.ts"
import { root } from "../root.ts"
import {
  endedLine,
  overLine,
  type RestType,
  restType,
  startedLine,
  stepLine
} from "../../api/results/RunbookLines.ts"
import {
  FollowLine,
  RunbookLine,
  RunbookOutput,
  runbookOutput,
  stepOutput
} from "../../api/results/RunbookResults.ts"
import { howFar, tellRest, tellStep, tellStopped, tellUnasked, tellUnrecorded } from "./RunbookText.ts"

/** What was seen of a runbook in this process. */
interface Seen {
  execution: Execution | null
  readonly outcomes: Array<StepOutcome>
  stepBegun: number
  /** The cancellation of the step that was under way. */
  stopped: RuntimeFailure | null
}

/** How a command prints a runbook at rest: by itself as JSON, and as the last of its lines. */
export interface RestPrinted {
  readonly whole: (rest: RunbookOutput) => Effect.Effect<void, RuntimeFailure>
  readonly line: (rest: RunbookOutput, type: RestType) => Effect.Effect<void, RuntimeFailure>
}

const asRun: RestPrinted = {
  whole: (rest) => printJson(RunbookOutput, rest),
  line: (rest, type) => printLine(RunbookLine, { type, ...rest })
}

const stoppedOutcome = (index: number, task: TaskSpecId, failure: RuntimeFailure): StepOutcome => ({
  index,
  task,
  status: "failed",
  run: failure.run ?? null,
  released: null,
  memory: null,
  packs: [],
  leftOut: 0,
  issues: 0,
  failure
})

/**
 * Follows a runbook to its rest and prints what comes of it. `FailureInResult` when a step has not ended well, `Held` when
 * one waits for a steward. Whoever stops it is told how to go on.
 */
export const tellRunbook = Effect.fnUntraced(function* (
  go: (watcher: RunbookWatcher) => Effect.Effect<unknown, RuntimeFailure>,
  raw: boolean,
  rest: RestPrinted = asRun
) {
  const { output } = yield* root
  const runbooks = yield* Runbooks
  const line = yield* progress(!raw)
  const begun = yield* Clock.currentTimeMillis
  const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - begun)
  const seen: Seen = { execution: null, outcomes: [], stepBegun: begun, stopped: null }

  const see = Effect.fnUntraced(function* (frame: RunbookFrame<unknown>) {
    switch (frame._tag) {
      case "Finished":
        return
      case "Started":
        seen.execution = frame.execution
        if (output === "text" && !raw) yield* tellUnasked(frame.execution)
        if (output === "ndjson") yield* printLine(FollowLine, startedLine(frame.execution))
        return
      case "Step": {
        const { index, execution } = frame
        seen.execution = execution
        seen.stepBegun = yield* Clock.currentTimeMillis
        if (output === "ndjson") yield* printLine(FollowLine, stepLine(execution, index))
        return yield* line.show(Effect.map(elapsed, (millis) => howFar(execution, index, millis)))
      }
      case "Chunk": {
        const { index, chunk } = frame
        return yield* printLine(FollowLine, { type: "chunk", step_index: index, text: chunk.text })
      }
      case "Ended": {
        const { outcome, execution } = frame
        seen.execution = execution
        yield* line.gone
        const isFirst = seen.outcomes.every(({ released }) => released === null)
        if (output === "text") yield* tellStep(outcome, execution, { isFirst, raw })
        seen.outcomes.push(outcome)
        const now = yield* Clock.currentTimeMillis
        const ended = endedLine(execution, stepOutput(outcome, null), now - seen.stepBegun)
        if (output === "ndjson" && ended) yield* printLine(FollowLine, ended)
      }
    }
  })

  /** How it stands, as JSON. */
  const printed = Effect.fnUntraced(function* (place: Place) {
    const { open } = place.execution.after
    const waiting = open?.threshold ? yield* (yield* Steward).pending : []
    const steps = seen.outcomes.map((outcome) =>
      stepOutput(outcome, waiting.find(({ run }) => run === outcome.run) ?? null)
    )
    const whole = runbookOutput(place, steps)
    if (output === "json") return yield* rest.whole(whole)
    const over = overLine(place.execution, yield* elapsed)
    if (over) yield* printLine(FollowLine, over)
    yield* rest.line(whole, restType[whole.status])
  })

  /** The step that was under way, as it ended: nobody else tells of it. */
  const cutOff = ({ execution }: Place) => {
    const { failed } = execution.after
    const task = failed && execution.steps[failed.index]?.task
    return failed && task && seen.stopped
      ? see({ _tag: "Ended", execution, outcome: stoppedOutcome(failed.index, task, seen.stopped) })
      : Effect.void
  }

  /** Once it is on record. A reader that stalls is not waited for. */
  const interrupted = Effect.gen(function* () {
    if (!seen.execution || !hasReader()) return
    yield* line.gone
    const place = yield* runbooks.place(seen.execution.run)
    const told =
      output === "text" ? tellStopped(place, seen.stopped) : Effect.andThen(cutOff(place), printed(place))
    yield* Effect.forkDetach(told, { startImmediately: true })
  })

  const cancelled = (reason: RuntimeFailure) => Effect.sync(() => void (seen.stopped = reason))
  yield* runbookFrames(go, { inPieces: output === "ndjson", cancelled }).pipe(
    Stream.runForEach(see),
    Effect.onInterrupt(() => Effect.ignore(interrupted)),
    Effect.tapError(() => line.gone),
    Effect.catch((reason) =>
      seen.execution && output === "text"
        ? Effect.andThen(tellUnrecorded(seen.execution, reason), Effect.fail(new FailureInResult()))
        : Effect.fail(reason)
    )
  )
  if (!seen.execution) return
  const place = yield* runbooks.place(seen.execution.run)
  if (output === "text") {
    yield* tellRest(place, seen.outcomes.at(-1) ?? null, { millis: yield* elapsed, raw })
  } else yield* printed(place)
  const { status } = place.execution.after
  if (status === "paused") return yield* new Held()
  if (status !== "completed") return yield* new FailureInResult()
}, Effect.scoped)
