/** Owns the form in which a decision is written that is more than a yes: other words, and a reason. */
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { Diff } from "../ui/Diff.tsx"
import { Button } from "../ui/Parts.tsx"
import { lackOf, leaving, sendDraft } from "./deciding.ts"
import { because, type Draft, lay, write } from "./drafts.ts"
import { actionName } from "./facts.ts"
import type { Reason, View } from "./fold.ts"

const { common, inbox: words } = strings

/** Which are offered, in the order in which they are shown. That somebody found it acceptable is a reason to approve. */
const IS_OFFERED: Readonly<Record<Reason, boolean>> = {
  incorrect: true,
  incomplete: true,
  off_task: true,
  unsafe: true,
  privacy: true,
  tone: true,
  policy: true,
  other: true,
  acceptable: false
}
const REASONS = (Object.keys(IS_OFFERED) as ReadonlyArray<Reason>).filter((one) => IS_OFFERED[one])

const Reasons = ({ run, reason }: { readonly run: string; readonly reason: Reason | null }) => (
  <fieldset class="inbox-reasons">
    <legend>{words.form.reason}</legend>
    {REASONS.map((one) => (
      <label key={one}>
        <input type="radio" name="reason" checked={reason === one} onChange={() => because(run, one)} />
        {words.reasons[one]}
      </label>
    ))}
  </fieldset>
)

const meaning = ({ action }: Draft, { session_id }: View): string => {
  if (action === "redirect") return session_id === null ? words.means.redirectStep : words.means.redirect
  if (action === "close") return session_id === null ? words.means.closeRunbook : words.means.close
  return words.means[action]
}

export const WrittenForm = ({
  view,
  draft,
  done
}: {
  readonly view: View
  readonly draft: Draft
  /** It is sent, or laid aside. */
  readonly done: () => void
}) => {
  const { run_id: run } = view
  const { action } = draft
  const form = useRef<HTMLFormElement>(null)
  const [isTold, setTold] = useState(false)
  const lack = lackOf(run, view)
  // At once: the next key is meant for what is written.
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>("textarea, input")?.focus()
    form.current?.scrollIntoView({ block: "nearest" })
    setTold(false)
  }, [run, action])
  const submit = () => {
    if (sendDraft(run)) return done()
    setTold(true)
    // What is wanting may be out of sight.
    const wanting = lack === "noReason" ? 'input[name="reason"]' : "textarea"
    form.current?.querySelector<HTMLElement>(wanting)?.focus()
  }
  const cancel = () => {
    lay(run)
    done()
  }
  return (
    <form
      ref={form}
      class="written"
      aria-label={actionName(action, view)}
      onSubmit={(event) => (event.preventDefault(), submit())}
      onKeyDown={(event) => {
        if (event.key === "Escape") cancel()
        else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit()
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      <h3>{meaning(draft, view)}</h3>
      {(action === "edit" || action === "redirect") && (
        <label class="label">
          {action === "edit" ? words.form.text : words.form.prompt}
          <textarea
            class="field"
            dir="auto"
            rows={action === "edit" ? 8 : 4}
            value={draft.words}
            onInput={(event) => write(run, event.currentTarget.value)}
          />
        </label>
      )}
      {action === "edit" && draft.isTouched && (
        <div class="written-edition">
          <h4>{words.edition}</h4>
          <Diff before={view.message} after={leaving(draft.words)} label={words.edition} />
          {leaving(draft.words) !== draft.words && <p class="soft">{words.form.trimmed}</p>}
        </div>
      )}
      <Reasons run={run} reason={draft.reason} />
      <p class="written-lack" role="status">
        {isTold && lack !== null && words.form[lack]}
      </p>
      <div class="row">
        <Button type="submit" kind={action === "edit" || action === "redirect" ? "main" : "danger"}>
          {action === "close" ? actionName(action, view) : words.form.send[action]}
        </Button>
        <Button kind="plain" onClick={cancel}>
          {common.cancel}
        </Button>
      </div>
    </form>
  )
}
