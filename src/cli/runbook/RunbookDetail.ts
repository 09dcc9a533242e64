/** Owns how past runbooks and the worst case of one read in a terminal: in a line, step by step, and never a text. */
import type { RunbookPast } from "../../core/runbook/RunbookHistory.ts"
import type { StepRecord, StepRun } from "../../domain/runbook/StepRecord.ts"
import type { Place } from "../../core/runbook/RunbookStream.ts"
import { type Certificate, minus } from "../../domain/run/Bounds.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import { atMost, columns, counted, seconds } from "../Facts.ts"
import { written } from "../Moment.ts"
import type { RunbookBoundsOutput } from "../../api/results/RunbookResults.ts"

export const runbookLine = ({ execution, startedAt }: Place): string => {
  const { run, runbook, mode, after } = execution
  return [
    run,
    after.status.padEnd(10),
    written(startedAt),
    runbook,
    steps(execution),
    ...(mode === "steward" ? [mode] : []),
    counted(after.tokens, "token"),
    ...(after.failed ? [after.failed.code] : []),
    ...(after.erased ? ["erased"] : [])
  ].join("  ")
}

const steps = ({ steps, after }: Execution): string =>
  [
    `${after.completed} of ${counted(steps.length, "step")}`,
    ...(after.skipped > 0 ? [`${after.skipped} skipped`] : [])
  ].join(", ")

export const describePast = (past: RunbookPast): string => {
  const { execution, certificate, startedAt, at } = past
  const { run, runbook, mode, persona, audit, principal, surface, source, after } = execution
  const lines = columns([
    ["runbook", runbook],
    ["run", run],
    ["standing", `${after.status}${hint(past)}`],
    ["context", `session_mode ${mode}, persona_mode ${persona}${audit ? " · each step is audited" : ""}`],
    ["begun", `${written(startedAt)} · by ${principal}, ${surface}`],
    ["changed", written(at)],
    ["source", source && `${source.kind} of ${source.run}`],
    ["attempts", after.attempt > 1 ? `${after.attempt}: somebody went on with it` : null],
    ["steps", steps(execution)],
    [after.attempt > 1 ? "at most*" : "at most", bounded(certificate)],
    ["spent", spent(past)],
    ["left", left(past)]
  ])
  const note =
    after.attempt > 1 ? ["* certified anew when somebody went on with it, for what was left then"] : []
  return [...lines, ...note, ...past.steps.flatMap(stepLines)].join("\n")
}

/** Which step its runbook has not counted yet: it counts what has ended. */
const uncounted = ({ open }: Execution["after"]): string =>
  open === null ? "" : `step ${open.index + 1}, which ${open.threshold === null ? "is under way" : "is held"}`

const spent = ({ execution: { after }, held }: RunbookPast): string => {
  if (held) return `${counted(held.tokensAtGate, "token")} with ${uncounted(after)}`
  return `${counted(after.tokens, "token")}${after.open ? ` without ${uncounted(after)}` : ""}`
}

const left = ({ execution: { after }, held }: RunbookPast): string | null => {
  if (after.status !== "active" && after.status !== "paused") return null
  if (held) return `${bounded(minus(after.left, held.certificate))} after ${uncounted(after)}`
  return `${bounded(after.left)}${after.open ? ` with ${uncounted(after)}` : ""}`
}

/** What to type next. */
const hint = ({ execution, steps }: RunbookPast): string => {
  const { run, after } = execution
  if (after.erased) return " · its texts were erased"
  switch (after.status) {
    case "completed":
      return ` · its answers: io3 runbook show ${run} --text`
    case "paused":
      return after.open ? ` (${after.open.threshold}): io3 steward show ${after.open.run}` : ""
    case "terminated":
      return after.failed?.code === "STEWARD_REJECTED"
        ? " · closed by a steward"
        : ` at step ${(after.failed?.index ?? 0) + 1} (${after.failed?.code}): io3 resume ${run}`
    case "active":
      return steps.some(({ standing }) => standing === "running")
        ? " · a step is under way"
        : `: io3 resume ${run}`
  }
}

const stepLines = (step: StepRecord): ReadonlyArray<string> => {
  const { index, task, mode, standing, promptChars, capability, packs, when, runs } = step
  const declared = [
    mode,
    `${counted(promptChars, "character")} of prompt`,
    ...(capability ? [`${capability.id} with ${counted(capability.payloadChars, "character")}`] : []),
    ...(packs ? [`packs ${packs.length === 0 ? "none" : packs.join(", ")}`] : []),
    ...(when ? [`when ${when.key} ${when.op} ${when.value}`] : [])
  ]
  return ["", `step ${index + 1}  ${task}  ${standing}`, `  ${declared.join(" · ")}`, ...runs.map(runLine)]
}

const runLine = ({ run, attempt, status, code, threshold, tokens, latencyMillis }: StepRun): string =>
  `  ${[
    `run ${attempt}  ${run}  ${status}`,
    ...(code === null ? [] : [code]),
    ...(threshold === null ? [] : [`held: ${threshold}`]),
    ...(tokens === null ? [] : [counted(tokens, "token")]),
    ...(latencyMillis === null ? [] : [seconds(latencyMillis)])
  ].join(" · ")}`

export const describeBounds = (planned: RunbookBoundsOutput): string => {
  const { runbook_id, session_mode, persona_mode, certificate, affordable } = planned
  return [
    ...columns([
      ["runbook", runbook_id ?? "has no id"],
      ["context", `session_mode ${session_mode}, persona_mode ${persona_mode}`],
      ...planned.steps.map(
        (step) =>
          [
            `step ${step.index + 1}`,
            `${step.task_spec_id ?? step.mode} · ${step.certificate ? bounded(step.certificate) : "left out"}`
          ] as const
      ),
      ["at most", bounded(certificate)]
    ]),
    affordable
      ? "Nothing was called or recorded."
      : "Nothing was called or recorded. It would be refused: its worst case does not fit what is left (io3 budgets)."
  ].join("\n")
}

const bounded = (certificate: Certificate): string =>
  [
    atMost(certificate),
    ...(certificate.capabilityCalls > 0 ? [counted(certificate.capabilityCalls, "capability call")] : []),
    ...(certificate.gates > 0 ? [counted(certificate.gates, "gate")] : [])
  ].join(" · ")
