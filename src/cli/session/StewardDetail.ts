/** Owns how a held turn or step reads in a terminal: in a line, and with everything a decision about it may depend on. */
import type { Pending } from "../../core/session/Held.ts"
import { atMost, columns, counted, issuesIn, seconds } from "../Facts.ts"
import { written } from "../Moment.ts"

export const inboxLine = (pending: Pending, now: number): string =>
  [
    pending.run,
    pending.threshold.padEnd(18),
    `${age(now - pending.heldAt)} old`.padEnd(10),
    `${pending.persona} → ${pending.provider} ${pending.model}`,
    counted(pending.chars, "character"),
    verdict(pending),
    ...(pending.deadline === null ? [] : [`rejects itself ${written(pending.deadline)}`]),
    pending.session
      ? `session ${pending.session}`
      : `runbook ${pending.runbook}, step ${pending.index + 1} of ${pending.maxTurns}`
  ].join("  ")

/** Everything but texts. */
export const aboutView = (pending: Pending, now: number): string => {
  const { run, session, runbook, index, threshold, step, maxTurns, sessionMode, certificate, usage } = pending
  const place = session
    ? `turn ${index} · ${sessionMode} mode · ${step} of ${maxTurns} that count`
    : `step ${index + 1} of ${maxTurns} · ${sessionMode} mode`
  return columns([
    ["run", run],
    [session ? "session" : "runbook", `${session ?? runbook} · ${place}`],
    ["held", `${threshold} · ${written(pending.heldAt)}, ${age(now - pending.heldAt)} ago`],
    ["deadline", pending.deadline === null ? "none" : `${written(pending.deadline)}: then it rejects itself`],
    [
      "answer",
      `${pending.persona} → ${pending.provider} ${pending.model} · ${counted(pending.chars, "character")}`
    ],
    ["verdict", verdict(pending)],
    ...issuesIn(pending.verdict),
    ["at most", atMost(certificate)],
    [
      "spent",
      `${counted(usage.calls, "call")} · ${usage.inputTokens ?? "?"} in / ${usage.outputTokens ?? "?"} out tokens · ${seconds(usage.latencyMillis)} · ${counted(pending.tokens, "token")} in the ${session ? "session" : "runbook"}`
    ],
    ["digest", pending.digest]
  ]).join("\n")
}

/** What to type, in full. */
export const nextSteps = ({ run, digest, validActions }: Pending, hidden: number): string =>
  [
    hidden === 0
      ? "Would be released, exactly, is the text above. Next:"
      : `Would be released is the text above with ${counted(hidden, "character")} that no terminal is shown: ${SEE}. Next:`,
    ...validActions.map(
      (action) =>
        `  io3 steward ${action} ${run} --digest ${digest.slice(0, SHORT)}${action === "redirect" ? " --prompt TEXT" : ""}`
    )
  ].join("\n")
const SHORT = 16
const SEE = "controls of the screen or of direction; -o json shows each"

const verdict = ({ verdict, unaudited, revised }: Pending): string => {
  if (unaudited) return "none: the audit was unavailable"
  if (!verdict) return "not audited"
  const { decision, issues, highRiskClaims, suggestedFixes } = verdict
  return [
    `${decision}${revised ? ", and revised since" : ""}`,
    counted(issues.length, "issue"),
    ...(highRiskClaims > 0 ? [counted(highRiskClaims, "high-risk claim")] : []),
    ...(suggestedFixes > 0 ? [`${suggestedFixes} suggested`] : [])
  ].join(" · ")
}

const age = (millis: number): string => {
  const minutes = Math.floor(millis / 60_000)
  if (minutes < 1) return `${Math.max(0, Math.floor(millis / 1000))} s`
  if (minutes < 120) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`
}
