/** Owns how one past run reads in a terminal: what was asked of it, what it cost against its bounds, how it ended. */
import type { Detail } from "../domain/ledger/Records.ts"
import { estimate } from "../domain/run/Calibration.ts"
import { cost, isLeftUnknown } from "../domain/run/Leaving.ts"
import type { Call, RunState } from "../domain/run/Run.ts"
import { learned } from "./DryRun.ts"
import { atMost, columns, counted, issuesIn, seconds } from "./Facts.ts"
import { invokedLine, remembered } from "./Events.ts"
import { written } from "./Moment.ts"

export const describe = (detail: Detail): string => {
  const { run, standing, at, endedAt, state } = detail
  return columns([
    ["run", run],
    ["standing", `${standing}${hint(detail)}`],
    ["accepted", at === null ? null : `${written(at)}${state ? ` · ${request(state)}` : ""}`],
    ["ended", endedAt === null ? null : written(endedAt)],
    ...(state ? told(detail, state) : []),
    ["events", `io3 ledger show ${run}`]
  ]).join("\n")
}

const hint = ({ run, standing, state }: Detail): string => {
  if (state?.erased) return " · its texts were erased"
  switch (standing) {
    case "released":
      return ` · its answer: io3 runs show ${run} --text`
    case "abandoned":
    case "indeterminate":
      return " · its process has died: io3 runs recover"
    case "held":
      return ` · waits for a steward: io3 steward show ${run}`
    case "broken":
      return ` · io3 ledger verify ${run}`
    case "refused":
    case "failed":
    case "cancelled":
      return state?.decision ? "" : ` · once more: io3 resume ${run}`
    case "running":
      return ""
  }
}

const request = ({ accepted }: RunState): string =>
  accepted
    ? [
        accepted.mode,
        `${accepted.promptChars} characters of prompt`,
        `by ${accepted.principal}, ${accepted.surface}`,
        ...(accepted.audit ? ["to be audited"] : []),
        ...(accepted.checks.constellation ? [] : ["constellation not checked"])
      ].join(" · ")
    : "?"

type Line = readonly [name: string, text: string | null]

const told = ({ calibration }: Detail, state: RunState): ReadonlyArray<Line> => {
  const { route, context, bounds, audit, attempt } = state
  const spent = cost(state)
  const dropped = (context?.segments ?? []).filter((segment) => segment.dropped > 0)
  return [
    ["packs", packs(state)],
    ["invoked", capability(state)],
    ["route", route ? (route.route.selected?.target ?? "the stand-in") : null],
    [
      "context",
      context && calibration
        ? `${counted(context.chars, "character")}, about ${counted(estimate(context.bytes, calibration), "token")} ${learned(calibration)}`
        : null
    ],
    ...dropped.map(({ name, dropped }): Line => ["", `${name}: ${dropped} characters left out`]),
    ["at most", bounds ? atMost(bounds.certificate) : null],
    [
      "spent",
      bounds
        ? `${counted(spent.calls, "call")} · ${spent.inputTokens ?? "?"} in / ${spent.outputTokens ?? "?"} out tokens · ${spent.latencyMillis === null ? "? s" : seconds(spent.latencyMillis)}`
        : null
    ],
    ...state.calls.map((call, index): Line => [index === 0 ? "calls" : "", made(call)]),
    ["verdict", verdict(state)],
    ...issuesIn(audit?.verdict ?? null),
    ["turn", turn(state)],
    ["step", step(state)],
    ["source", source(state)],
    ["gate", gate(state)],
    ["decision", decision(state)],
    ["ending", ending(state)],
    ["attempts", attempt > 1 ? `${attempt}: another process went on with it` : null]
  ]
}

const made = ({ intended, settled }: Call): string => {
  const what = `${intended.purpose} ${intended.attempt}`.padEnd(11)
  const where = `${intended.provider} ${intended.model}`
  if (!settled) return `${what} ${where} · out`
  return [
    `${what} ${where}`,
    settled.code ? `${settled.outcome} ${settled.code}` : settled.outcome,
    ...(settled.outcome === "indeterminate"
      ? []
      : [
          `${settled.inputTokens ?? "?"} in / ${settled.outputTokens ?? "?"} out`,
          `${seconds(settled.latencyMillis)}${settled.firstTokenMillis === null ? "" : `, first token after ${seconds(settled.firstTokenMillis)}`}`
        ]),
    ...(settled.finish === "length" ? ["cut at the token limit"] : [])
  ].join(" · ")
}

const verdict = ({ audit }: RunState): string | null => {
  if (!audit) return null
  const { verdict, unavailable, provider, model, independent } = audit
  return [
    verdict ? `${verdict.decision}, ${counted(verdict.issues.length, "issue")}` : `none: ${unavailable}`,
    ...(model === null ? [] : [`by ${provider} ${model}${independent ? "" : ", not independent"}`])
  ].join(" · ")
}

const turn = ({ accepted }: RunState): string | null =>
  accepted?.turn
    ? `${accepted.turn.index} of session ${accepted.turn.session} · ${accepted.turn.mode} mode`
    : null

const step = ({ accepted }: RunState): string | null => {
  const step = accepted?.step
  if (!step) return null
  const { index, runbook, mode, attempt, redirected } = step
  return [
    `${index + 1} of runbook ${runbook}`,
    `${mode} mode`,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(redirected ? ["redirected"] : [])
  ].join(" · ")
}

const source = ({ accepted }: RunState): string | null =>
  accepted?.source
    ? `${accepted.source.kind} of ${accepted.source.run}${accepted.source.attempt > 1 ? ` · attempt ${accepted.source.attempt}` : ""}`
    : null

const packs = ({ accepted, context }: RunState): string | null =>
  accepted?.packs
    ? [accepted.packs.join(", "), ...(context?.memory ? [remembered(context.memory)] : [])].join(" · ")
    : null

const capability = ({ accepted, capability: invoked }: RunState): string | null => {
  if (!accepted?.capability) return null
  const given = `${accepted.capability.id} · ${counted(accepted.capability.payloadChars, "character")} given`
  return invoked ? `${given} · ${invokedLine(invoked)}` : `${given} · not invoked`
}

const gate = ({ accepted, gate }: RunState): string | null => {
  if (!gate) return null
  const [part, whole] = accepted?.step ? ["step", "runbook"] : ["turn", "session"]
  const { threshold, step, tokens, chars, digest } = gate
  return threshold === null
    ? `open · ${part} ${step} that counts · ${counted(tokens, "token")} in the ${whole}`
    : `held: ${threshold} · ${counted(chars, "character")} · ${digest.slice(0, 12)} · ${part} ${step} that counts · ${counted(tokens, "token")} in the ${whole}`
}

const decision = ({ decision }: RunState): string | null =>
  decision &&
  [
    decision.action,
    decision.reason,
    `by ${decision.principal} (${decision.by})`,
    ...(decision.edited ? [`${counted(decision.edited.chars, "character")} in place of the draft`] : [])
  ].join(" · ")

const ending = (state: RunState): string | null => {
  const { ending } = state
  if (!ending) return null
  const { receipt } = ending
  const left = receipt
    ? `${receipt.chars} characters${receipt.complete ? "" : " had left"} · ${receipt.digest.slice(0, 12)}`
    : isLeftUnknown(state)
      ? "how much had left is not known: it was streaming"
      : "nothing left"
  switch (ending._tag) {
    case "Released":
      return `released ${left} · audit ${ending.receipt.audit}`
    case "RunCancelled":
      return `cancelled in ${ending.phase} · ${left}`
    case "RunRefused":
    case "RunFailed":
      return `${ending.code} in ${ending.phase} · ${left}`
  }
}
