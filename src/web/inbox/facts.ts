/** Owns how what is known of a held turn reads in words. */
import { titleOf } from "../chat/sessions.ts"
import { strings } from "../strings.ts"
import { now, spanOf } from "./clock.ts"
import type { Action, Decided, Pending, Told } from "./fold.ts"

const { inbox } = strings

/** As much of an id as tells it from others of the same hour. */
export const short = (id: string): string => id.slice(0, 13)

export const hostName = ({ session_id, runbook_run_id }: Pending): string =>
  session_id === null ? inbox.runbook(short(runbook_run_id ?? "")) : inbox.session(short(session_id))

/** What a person has called it; null where it is called nothing, or whoever looks may not read that. */
export const hostTitle = ({ session_id }: Pending): string | null =>
  session_id === null ? null : titleOf(session_id)

/** The same where one is chosen of several: a title may be another one's, too, or look like an id. */
export const hostChoice = (pending: Pending): string => {
  const title = hostTitle(pending)
  const name = hostName(pending)
  return title === null ? name : `“${title}”, ${name}`
}

export const headingOf = ({ session_id, turn_index }: Pending): string =>
  inbox.heading(session_id === null, turn_index)

export const routeOf = ({ persona_mode, provider, model }: Pending): string =>
  `${persona_mode} → ${provider} ${model}`

export const ageOf = ({ held_at }: Pending): string => spanOf(now.value - held_at)

export const deadlineOf = ({ deadline }: Pending): string | null => {
  if (deadline === null) return null
  const left = deadline - now.value
  return left <= 0 ? inbox.deadlinePast : inbox.deadline(spanOf(left))
}

/** The same in a list. */
export const leftOf = ({ deadline }: Pending): string | null =>
  deadline === null ? null : inbox.left(spanOf(deadline - now.value))

const SOON = 10 * 60_000

export const isUrgent = ({ deadline }: Pending): boolean => deadline !== null && deadline - now.value < SOON

export const mostOf = ({ certificate }: Pending): string =>
  inbox.most(certificate.calls, certificate.inputTokens, certificate.outputTokens, certificate.wallMillis)

export const spentOf = ({ usage }: Pending): string =>
  inbox.spent(usage.calls, usage.inputTokens, usage.outputTokens, usage.latencyMillis)

export const verdictOf = ({ verdict, unaudited, revised }: Pending): string => {
  const words = inbox.verdict
  if (unaudited) return words.unaudited
  if (!verdict) return words.none
  return revised
    ? `${words.decisions[verdict.decision]}, ${words.revised}`
    : words.decisions[verdict.decision]
}

export const verdictTone = ({ verdict, unaudited }: Pending): "plain" | "good" | "wait" | "bad" => {
  if (unaudited || verdict?.decision === "abstain") return "bad"
  if (!verdict) return "plain"
  return verdict.decision === "pass" ? "good" : "wait"
}

/** What an action is called, on what is held. */
export const actionName = (action: Action, { session_id }: Pending): string =>
  action === "close" && session_id === null ? inbox.closeRunbook : inbox.actions[action]

const whoOf = ({ principal, by }: Decided): string => {
  if (by === "service") return inbox.decided.service(principal)
  return principal
}

/** Who decided, and what, as far as it is known. */
export const saidOf = ({ decided, mine, pending }: Told): string => {
  if (!decided) return inbox.decided.unknown
  if (decided.by === "deadline") return inbox.decided.expired
  const isRunbook = decided.action === "close" && pending?.session_id === null
  return inbox.decided.says[isRunbook ? "closeRunbook" : decided.action](
    mine ? inbox.decided.you : whoOf(decided)
  )
}
