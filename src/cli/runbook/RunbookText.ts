/** Owns how a runbook that is run reads: its answers and what they cost, why it has stopped, and what to type then. */
import { Console, Effect } from "effect"
import type { StepOutcome } from "../../core/runbook/Runbooks.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import { say, sayOutput } from "../AnswerText.ts"
import { complain } from "../Complaint.ts"
import { counted, facts, seconds } from "../Facts.ts"
import { note, write } from "../Output.ts"

/** What became of a step that needs nobody: its answer on standard output, apart from the one before, and its facts. */
export const tellStep = Effect.fnUntraced(function* (
  outcome: StepOutcome,
  execution: Execution,
  { isFirst, raw }: { readonly isFirst: boolean; readonly raw: boolean }
) {
  const { index, run, released, status } = outcome
  const place = placeOf(execution, index)
  if (released && run) {
    if (!isFirst) yield* write("\n")
    yield* say(released)
    if (raw) return
    yield* sayOutput({ released })
    yield* note(`${place} · ${facts({ ...outcome, run, released })}`)
  }
  const when = execution.steps[index]?.when
  if (status === "skipped" && when && !raw) {
    const isNot = when.op === "eq" ? "is not" : "is"
    yield* note(`${place} · skipped: ${when.key} ${isNot} ${when.value}`)
  }
})

/** Nobody should wait for a steward whom nothing calls. */
export const tellUnasked = ({ mode, after }: Execution) =>
  mode === "steward" && after.left.gates === 0
    ? note("Steward mode without a threshold (steward_thresholds): nobody will be asked.")
    : Effect.void

/** How far it is, in a line. */
export const howFar = ({ steps, after }: Execution, index: number, millis: number): string =>
  [
    `step ${index + 1} of ${steps.length}`,
    ...(steps[index] ? [steps[index].mode] : []),
    `${Math.floor(millis / 1000)} s`,
    `${counted(after.tokens, "token")} so far`
  ].join(" · ")

/** Where it has come to rest, and why. `last` is what became of the last step of this process. */
export const tellRest = Effect.fnUntraced(function* (
  { execution }: Place,
  last: StepOutcome | null,
  { millis, raw }: { readonly millis: number; readonly raw: boolean }
) {
  const { run, after } = execution
  switch (after.status) {
    case "completed":
      return raw ? undefined : yield* note(completed(execution, millis))
    case "paused":
      return yield* Console.error(held(execution))
    case "active":
    case "terminated":
      if (last?.failure) yield* complain({ wanted: "text", reason: last.failure })
      return yield* Console.error(
        `${capital(stoppedAt(execution))} did not end well. ${STANDS} ${isAsDeclared(after.failed?.code) ? MEND : goOn(run)}`
      )
  }
})

const completed = ({ run, runbook, steps, after }: Execution, millis: number): string =>
  [
    `runbook ${runbook}`,
    `${after.completed} of ${counted(steps.length, "step")} done`,
    ...(after.skipped > 0 ? [`${after.skipped} skipped`] : []),
    counted(after.tokens, "token"),
    seconds(millis),
    `run ${run}`
  ].join(" · ")

const held = (execution: Execution): string => {
  const { run, after } = execution
  const { open } = after
  return [
    `Held for a steward (${open?.threshold ?? "?"}): nothing of the answer of ${placeOf(execution, after.next)} has left. Next:`,
    ...(open ? [`  io3 steward show ${open.run}`] : []),
    `  io3 resume ${run}`
  ].join("\n")
}

/** Somebody has stopped it. `reason` is the cancellation of the step that was under way; null between two. */
export const tellStopped = Effect.fnUntraced(function* ({ execution }: Place, reason: RuntimeFailure | null) {
  if (reason) yield* complain({ wanted: "text", reason })
  if (execution.after.status === "completed") return
  yield* Console.error(`Stopped at ${stoppedAt(execution)}. ${STANDS} ${goOn(execution.run)}`)
})

/** What kept a step from being recorded. */
export const tellUnrecorded = Effect.fnUntraced(function* (
  { run }: Execution,
  { code, phase, limit }: RuntimeFailure
) {
  yield* complain({ wanted: "text", reason: failure(code, phase, { ...(limit && { limit }) }) })
  yield* Console.error(`${STANDS} ${goOn(run)}`)
})

const STANDS = "What came before it stands."

/** Whether a step would end the same with the texts that are on record: going on asks with those. */
const isAsDeclared = (code: Code | undefined): boolean =>
  code === "CAPABILITY_INVALID_PAYLOAD" ||
  code === "CAPABILITY_INPUT_TOO_LARGE" ||
  code === "CONTEXT_LIMIT_EXCEEDED"
const MEND = "io3 resume would ask the same again: mend the file, and io3 runbook run begins anew."

/** What a runbook waits for that is to go on. */
const goOn = (run: Execution["run"]): string => `Go on: io3 resume ${run}`

const stoppedAt = (execution: Execution): string =>
  placeOf(execution, execution.after.failed?.index ?? execution.after.next)

const placeOf = ({ steps }: Execution, index: number): string => `step ${index + 1} of ${steps.length}`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
