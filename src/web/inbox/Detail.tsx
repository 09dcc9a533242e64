/** Owns everything that is shown of one held turn, and what can be done with it. */
import { useEffect, useRef, useState } from "preact/hooks"
import { Refusal } from "../server/ask.ts"
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { Diff } from "../ui/Diff.tsx"
import { ExactText, Marked } from "../ui/ExactText.tsx"
import { Icon } from "../ui/Icon.tsx"
import { Markdown } from "../ui/Markdown.tsx"
import { Badge, Busy, Button, Empty, Facts, RefusalNote } from "../ui/Parts.tsx"
import { act } from "./deciding.ts"
import { draftOf } from "./drafts.ts"
import {
  actionName,
  ageOf,
  deadlineOf,
  headingOf,
  hostName,
  isUrgent,
  mostOf,
  routeOf,
  spentOf,
  verdictOf,
  verdictTone
} from "./facts.ts"
import { type Action, isOnItsWay, type Pending, type Told, type View } from "./fold.ts"
import { Host } from "./Host.tsx"
import { Outcome } from "./Outcome.tsx"
import { inbox, show } from "./store.ts"
import { lookedAt } from "./views.ts"
import { mayDecide } from "../who/who.ts"
import { WrittenForm } from "./Written.tsx"

const { inbox: words } = strings

const About = ({ pending, told }: { readonly pending: Pending; readonly told: Told | undefined }) => {
  const { threshold_key, session_mode, step_index, steps_total, tokens, digest, session_id } = pending
  const deadline = deadlineOf(pending)
  const { facts } = words
  return (
    <Facts
      facts={[
        { name: facts.held, value: facts.heldBy(words.thresholds[threshold_key], ageOf(pending)) },
        !told && {
          name: facts.deadline,
          value:
            deadline === null ? (
              words.noDeadline
            ) : (
              <Badge tone={isUrgent(pending) ? "bad" : "plain"}>{deadline}</Badge>
            )
        },
        { name: facts.mode, value: facts.modeOf(session_mode, step_index + 1, steps_total) },
        {
          name: words.filters.host.toLowerCase(),
          value: session_id ? <a href={hrefOf("chat", session_id)}>{hostName(pending)}</a> : hostName(pending)
        },
        { name: facts.route, value: routeOf(pending) },
        { name: facts.most, value: mostOf(pending) },
        { name: facts.spent, value: spentOf(pending) },
        { name: facts.total, value: facts.tokens(tokens) },
        { name: facts.digest, value: <span title={digest}>{digest.slice(0, 16)}</span> }
      ].filter((fact) => fact !== false)}
    />
  )
}

/** What the auditor has put in words. */
const Remarks = ({ title, remarks }: { readonly title: string; readonly remarks: ReadonlyArray<string> }) =>
  remarks.length === 0 ? null : (
    <div class="held-remarks">
      <h4>{title}</h4>
      <ul>
        {remarks.map((remark, index) => (
          <li key={index} dir="auto">
            <Marked text={remark} />
          </li>
        ))}
      </ul>
    </div>
  )

const Verdict = ({ pending, view }: { readonly pending: Pending; readonly view: View | null }) => {
  const { verdict } = pending
  return (
    <section class="held-verdict" aria-label={words.verdict.title}>
      <h3>{words.verdict.title}</h3>
      <Badge tone={verdictTone(pending)}>{verdictOf(pending)}</Badge>
      {verdict && (
        <ul class="quiet-list held-issues">
          {verdict.issues.map(({ code, severity }, index) => (
            <li key={index} class={`severity-${severity}`}>
              <span>{words.verdict.issues[code]}</span>
              <span class="severity" aria-hidden="true">
                {[1, 2, 3].map((level) => (
                  <i key={level} class={level <= severity ? "full" : ""} />
                ))}
              </span>
              <span class="small-fact">{words.verdict.severity(severity)}</span>
            </li>
          ))}
          {verdict.issues.length === 0 && <li class="small-fact">{words.verdict.noIssues}</li>}
          {!view && verdict.highRiskClaims > 0 && (
            <li class="small-fact">{words.verdict.claims(verdict.highRiskClaims)}</li>
          )}
          {!view && verdict.suggestedFixes > 0 && (
            <li class="small-fact">{words.verdict.fixes(verdict.suggestedFixes)}</li>
          )}
        </ul>
      )}
      {view && (
        <>
          <Remarks
            title={words.verdict.claims(view.high_risk_claims.length)}
            remarks={view.high_risk_claims}
          />
          <Remarks title={words.verdict.fixes(view.suggested_fixes.length)} remarks={view.suggested_fixes} />
        </>
      )}
    </section>
  )
}

/** How a text would look to whoever asked. What is decided on is the text to the letter. */
const Looks = ({
  title,
  text,
  note
}: {
  readonly title: string
  readonly text: string
  readonly note: string
}) => {
  const [isRendered, setRendered] = useState(false)
  return (
    <section class="held-text">
      <div class="held-title">
        <h3>
          {title} <span class="small-fact">{note}</span>
        </h3>
        <Button
          kind="plain"
          class="held-looks"
          aria-pressed={isRendered}
          onClick={() => setRendered(!isRendered)}
        >
          {words.rendered}
        </Button>
      </div>
      {isRendered ? (
        <div class="held-rendered">
          <p class="soft">{words.renderedNote}</p>
          <Markdown text={text} isWhole />
        </div>
      ) : (
        <Exact title={title} text={text} />
      )}
    </section>
  )
}

const Exact = ({ title, text }: { readonly title: string; readonly text: string }) =>
  text === "" ? <p class="soft">{words.nothing}</p> : <ExactText text={text} label={title} />

const Text = ({ title, text }: { readonly title: string; readonly text: string }) => (
  <section class="held-text">
    <h3>{title}</h3>
    <Exact title={title} text={text} />
  </section>
)

/** What the held text is called, by what became of it. */
const titleOf = (told: Told | undefined): string => {
  const { released } = words
  if (!told) return released.waits
  const action = told.decided?.action
  return action === "approve" || action === "edit" ? released[action] : released.discarded
}

const Texts = ({ view, told }: { readonly view: View; readonly told: Told | undefined }) => {
  const { prompt, file, message, capability_output, draft, chars } = view
  return (
    <>
      <div class="held-texts">
        <div class="held-asked">
          <Text title={words.asked} text={prompt} />
          {file !== null && <Text title={words.file} text={file} />}
          <Verdict pending={view} view={view} />
        </div>
        <div class="held-released">
          <Looks title={titleOf(told)} text={message} note={words.chars(chars)} />
          {capability_output !== null && <Text title={words.output} text={capability_output} />}
        </div>
      </div>
      {draft !== null && (
        <section class="held-text">
          <h3>{words.revision}</h3>
          <Diff before={draft} after={message} label={words.revision} />
        </section>
      )}
    </>
  )
}

const KEYS = { approve: "a", edit: "e", redirect: "r", reject: "x", close: "c" } as const satisfies Record<
  Action,
  string
>

const Actions = ({ view }: { readonly view: View }) => (
  <div class="inbox-actions" role="group" aria-label={words.choices}>
    {view.valid_actions.map((action) => (
      <Button
        key={action}
        {...(action === "approve" && { kind: "main" as const })}
        {...((action === "reject" || action === "close") && { kind: "danger" as const })}
        aria-keyshortcuts={KEYS[action]}
        onClick={() => act(view.run_id, action)}
      >
        {actionName(action, view)} <kbd aria-hidden="true">{KEYS[action]}</kbd>
      </Button>
    ))}
  </div>
)

/** Whoever looks at it is no steward. */
const NotYours = () => (
  <div class="note wait">
    <strong>{words.role.title}</strong>
    <span>{words.role.text}</span>
  </div>
)

/** Why there is no text to see. */
const Unseen = ({ run, why }: { readonly run: string; readonly why: unknown }) => {
  const code = why instanceof Refusal ? why.code : null
  if (inbox.value.told.has(run)) return null
  if (code === "ROLE_FORBIDDEN") return <NotYours />
  if (code === "STEWARD_NOT_PENDING" || code === "REQUEST_INVALID")
    return (
      <Empty title={words.notPending.title}>
        <p>{words.notPending.text}</p>
      </Empty>
    )
  return <RefusalNote why={why} again={() => void show(run)} />
}

/** `run` is what the address says. */
export const Detail = ({ run }: { readonly run: string }) => {
  const looked = lookedAt(run)
  const pending = inbox.value.waiting.get(run)
  const told = inbox.value.told.get(run)
  const view = looked?.type === "seen" ? looked.view : null
  const about = view ?? pending ?? told?.pending ?? null
  const draft = draftOf(run)
  const heading = useRef<HTMLHeadingElement>(null)
  const toHeading = () => heading.current?.focus({ preventScroll: true })
  useEffect(() => {
    if (!looked && !told && mayDecide.value) void show(run)
  }, [run])
  useEffect(toHeading, [run, about === null])
  const canDecide = view !== null && pending !== undefined && !isOnItsWay(inbox.value.own.get(run))
  return (
    <article class="held" aria-busy={looked?.type === "looking"}>
      <div class="held-scroll">
        <header>
          <a class="button plain back" href={hrefOf("inbox")}>
            <Icon name="back" />
            {words.back}
          </a>
          {about && (
            <>
              <h2 ref={heading} tabIndex={-1}>
                {headingOf(about)}{" "}
                <span class="small-fact">
                  <Host pending={about} />
                </span>
              </h2>
              <About pending={about} told={told} />
            </>
          )}
        </header>
        <Outcome run={run} />
        {looked?.type === "looking" && <Busy />}
        {!mayDecide.value && !told && <NotYours />}
        {looked?.type === "refused" && <Unseen run={run} why={looked.why} />}
        {view && <Texts view={view} told={told} />}
        {about && !view && <Verdict pending={about} view={null} />}
        {canDecide && draft?.isOpen && <WrittenForm view={view} draft={draft} done={toHeading} />}
      </div>
      {canDecide && !draft?.isOpen && <Actions view={view} />}
    </article>
  )
}
