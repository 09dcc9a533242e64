/** Owns what is said above a text about its fate: that a decision is on its way, has not arrived or changed nothing, and what was decided. */
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { ExactText } from "../ui/ExactText.tsx"
import { Button } from "../ui/Parts.tsx"
import { begin, forget } from "./drafts.ts"
import { saidOf } from "./facts.ts"
import { everything, listOf, type Own, type Told, type Wish } from "./fold.ts"
import { again, dismiss, inbox, show, takeBack } from "./store.ts"

const { common, inbox: words } = strings

/** What was written is there again, below what waits now. */
const lookAgain = async ({ run, action, words: written }: Wish): Promise<void> => {
  dismiss(run)
  await show(run)
  if (action !== "approve") begin(run, action, written ?? "")
}

const Lost = ({ own: { wish, why } }: { readonly own: Extract<Own, { readonly phase: "lost" }> }) => {
  const { run, action } = wish
  const isStale = why === "STEWARD_STALE"
  const reason = () => {
    if (why === null || why === "STEWARD_DECIDED") return words.lost.overtaken
    if (isStale) return words.lost.stale
    return strings.problems[why]?.title ?? words.lost.refused
  }
  return (
    <div class="note bad" role="alert">
      <strong>{words.lost.title(words.nouns[action])}</strong>
      <span>{reason()}</span>
      {why !== null && <code>{why}</code>}
      {wish.words !== null && (
        <div class="inbox-kept">
          <span>{words.lost.yours}</span>
          <ExactText text={wish.words} label={words.lost.yours} />
        </div>
      )}
      <div class="row">
        {isStale && <Button onClick={() => void lookAgain(wish)}>{words.lost.again}</Button>}
        {wish.words !== null && (
          <Button onClick={() => void navigator.clipboard.writeText(wish.words ?? "")}>{common.copy}</Button>
        )}
        <Button kind="plain" onClick={() => (forget(run), dismiss(run))}>
          {wish.words === null ? common.close : words.lost.discard}
        </Button>
      </div>
    </div>
  )
}

const OwnNote = ({ own }: { readonly own: Own }) => {
  const { phase, wish } = own
  const action = words.nouns[wish.action]
  switch (phase) {
    case "counting":
      return (
        <div class="note slim">
          <strong>{words.undo.counting(action)}</strong>
          <div class="row">
            <Button aria-keyshortcuts="u" onClick={() => takeBack(wish.run)}>
              {common.undo} <kbd aria-hidden="true">u</kbd>
            </Button>
          </div>
        </div>
      )
    case "sending":
      return (
        <div class="note">
          <strong>{words.undo.sending(action)}</strong>
          {wish.action === "redirect" && <span>{words.undo.asking}</span>}
        </div>
      )
    case "unsent":
      return (
        <div class="note bad" role="alert">
          <strong>{words.unsent.title}</strong>
          <span>{words.unsent.text}</span>
          {own.why !== null && <code>{own.why}</code>}
          <div class="row">
            <Button onClick={() => again(wish.run)}>{common.again}</Button>
            <Button kind="plain" onClick={() => dismiss(wish.run)}>
              {words.lost.discard}
            </Button>
          </div>
        </div>
      )
    case "lost":
      return <Lost own={own} />
  }
}

const ToldNote = ({ told }: { readonly told: Told }) => {
  const { run, decided, pending } = told
  const [next] = listOf(inbox.value, everything)
  const hasLeft = decided?.action === "approve" || decided?.action === "edit"
  return (
    <div class={`note ${hasLeft ? "" : "wait"}`}>
      <strong>{saidOf(told)}</strong>
      {decided && <span>{words.decided.reason(words.reasons[decided.reason])}</span>}
      <div class="row">
        {next && (
          <a class="button" href={hrefOf("inbox", next.run_id)} aria-keyshortcuts="j">
            {words.decided.next} <kbd aria-hidden="true">j</kbd>
          </a>
        )}
        <a class="button plain" href={hrefOf("ledger", run)}>
          {words.decided.ledger}
        </a>
        {pending?.session_id && (
          <a class="button plain" href={hrefOf("chat", pending.session_id)}>
            {words.decided.chat}
          </a>
        )}
      </div>
    </div>
  )
}

export const Outcome = ({ run }: { readonly run: string }) => {
  const own = inbox.value.own.get(run)
  const told = inbox.value.told.get(run)
  return (
    <>
      {/* Whose decision it was is known when there is an answer. */}
      {told && own?.phase !== "sending" && <ToldNote told={told} />}
      {own && <OwnNote own={own} />}
    </>
  )
}
