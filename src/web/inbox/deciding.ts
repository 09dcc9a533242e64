/** Owns what a person does with what is shown: it begins a decision, or makes one. */
import { begin, draftOf, lay, type Written } from "./drafts.ts"
import { type Action, isOnItsWay, type View } from "./fold.ts"
import { decide, inbox } from "./store.ts"
import { lookedAt } from "./views.ts"

/** What is shown of a run, where it can be decided about; else null. */
const decidable = (run: string, action: Action): { readonly view: View; readonly since: number } | null => {
  const looked = lookedAt(run)
  if (looked?.type !== "seen" || !looked.view.valid_actions.includes(action)) return null
  if (!inbox.value.waiting.has(run) || isOnItsWay(inbox.value.own.get(run))) return null
  return looked
}

/** Approves at once; of anything else the reason and the words come first. */
export const act = (run: string, action: Action): void => {
  const shown = decidable(run, action)
  if (!shown) return
  const { view, since } = shown
  if (action !== "approve") return begin(run, action, action === "edit" ? view.message : "")
  lay(run)
  decide(view, { action, reason: "acceptable", words: null }, performance.now() - since)
}

/** What of a draft is missing; null when it can be sent. */
export type Lack = "same" | "blank" | "noPrompt" | "noReason"

export const lackOf = (run: string, view: View): Lack | null => {
  const draft = draftOf(run)
  if (!draft) return "noReason"
  const { action, words, reason } = draft
  if (action === "edit" && leaving(words) === "") return "blank"
  if (action === "edit" && leaving(words) === view.message) return "same"
  if (action === "redirect" && words.trim() === "") return "noPrompt"
  return reason === null ? "noReason" : null
}

/** What leaves of an edited text: a server takes blanks off its ends. */
export const leaving = (words: string): string => words.trim()

const wordsOf = (action: Written, words: string): string | null => {
  if (action === "edit") return leaving(words)
  return action === "redirect" ? words : null
}

/** Sends what is written, if nothing is missing. */
export const sendDraft = (run: string): boolean => {
  const draft = draftOf(run)
  const shown = draft && decidable(run, draft.action)
  if (!draft || !shown || draft.reason === null || lackOf(run, shown.view) !== null) return false
  const { action, words, reason } = draft
  lay(run)
  decide(shown.view, { action, reason, words: wordsOf(action, words) }, performance.now() - shown.since)
  return true
}
