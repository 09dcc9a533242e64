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

/** The id of what says which of it is wanting. */
const LACK = "written-lack"
/** Of what is filled in, for whoever does not see that something is wanting. */
const wants = (isWanting: boolean) =>
  isWanting ? { "aria-invalid": true as const, "aria-describedby": LACK } : {}

const Reasons = ({
  run,
  reason,
  isWanting
}: {
  readonly run: string
  readonly reason: Reason | null
  readonly isWanting: boolean
}) => (
  <fieldset class="inbox-reasons" role="radiogroup" aria-required {...wants(isWanting)}>
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
  const told = isTold ? lack : null
  // At once: the next key is meant for what is written.
  useLayoutEffect(() => {
    form.current?.querySelector<HTMLElement>("textarea, input")?.focus()
    form.current?.scrollIntoView({ block: "nearest" })
    setTold(false)
  }, [run, action])
  const submit = () => {
    if (sendDraft(run)) return done()
    setTold(true)
    const wanting = lack === "noReason" ? 'input[name="reason"]' : "textarea"
    form.current?.querySelector<HTMLElement>(wanting)?.focus()
    // It is said between what is wanting and what was pressed; either may be out of sight.
    requestAnimationFrame(() => document.getElementById(LACK)?.scrollIntoView({ block: "center" }))
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
            {...wants(told !== null && told !== "noReason")}
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
      <Reasons run={run} reason={draft.reason} isWanting={told === "noReason"} />
      <p id={LACK} class="written-lack" role="status">
        {told && words.form[told]}
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
