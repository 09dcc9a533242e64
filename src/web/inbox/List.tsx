/** Owns the list of what waits, and of what was decided lately. */
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { Badge } from "../ui/Parts.tsx"
import { ageOf, leftOf, headingOf, isUrgent, routeOf, saidOf, verdictOf, verdictTone } from "./facts.ts"
import { type Inbox, latelyOf, type Pending, type Told } from "./fold.ts"
import { Host } from "./Host.tsx"
import { inbox } from "./store.ts"

const { inbox: words } = strings
const LATELY = 8

/** What becomes of a decision made here, in a word or two. */
const OwnBadge = ({ run }: { readonly run: string }) => {
  const own = inbox.value.own.get(run)
  if (!own) return null
  const { phase, wish } = own
  if (phase === "counting" || phase === "sending")
    return <Badge tone="good">{words.own[phase](words.nouns[wish.action])}</Badge>
  return <Badge tone="bad">{words.own[phase]}</Badge>
}

const Row = ({ pending, isOpen }: { readonly pending: Pending; readonly isOpen: boolean }) => {
  const left = leftOf(pending)
  return (
    <li>
      <a
        class="row-link"
        href={hrefOf("inbox", pending.run_id)}
        aria-current={isOpen ? "true" : undefined}
        data-run={pending.run_id}
      >
        <span class="row-head">
          <strong>{headingOf(pending)}</strong>
          <span class="row-age">{ageOf(pending)}</span>
        </span>
        <span class="row-facts">
          <Host pending={pending} />
          {left !== null &&
            (isUrgent(pending) ? <Badge tone="bad">{left}</Badge> : <span class="row-age">{left}</span>)}
        </span>
        <span class="row-facts">{routeOf(pending)}</span>
        <span class="row-badges">
          <Badge tone="wait">{words.thresholds[pending.threshold_key]}</Badge>
          <Badge tone={verdictTone(pending)}>{verdictOf(pending)}</Badge>
          <OwnBadge run={pending.run_id} />
        </span>
      </a>
    </li>
  )
}

const Past = ({ told, isOpen }: { readonly told: Told; readonly isOpen: boolean }) => (
  <li>
    <a class="row-link past" href={hrefOf("inbox", told.run)} aria-current={isOpen ? "true" : undefined}>
      <span>{saidOf(told)}</span>
      {told.pending && (
        <span class="row-facts">
          <span>
            {headingOf(told.pending)}, <Host pending={told.pending} />
          </span>
        </span>
      )}
    </a>
  </li>
)

export const List = ({
  list,
  all,
  open
}: {
  readonly list: ReadonlyArray<Pending>
  readonly all: Inbox
  readonly open: string | null
}) => {
  const lately = latelyOf(all, LATELY)
  return (
    <>
      {list.length === 0 ? (
        all.waiting.size > 0 && <p class="soft inbox-pad">{words.filteredOut}</p>
      ) : (
        <ol class="quiet-list inbox-rows" aria-label={words.list}>
          {list.map((pending) => (
            <Row key={pending.run_id} pending={pending} isOpen={pending.run_id === open} />
          ))}
        </ol>
      )}
      {lately.length > 0 && (
        <section class="inbox-lately" aria-label={words.decided.lately}>
          <h2>{words.decided.lately}</h2>
          <ol class="quiet-list">
            {lately.map((told) => (
              <Past key={told.run} told={told} isOpen={told.run === open} />
            ))}
          </ol>
        </section>
      )}
    </>
  )
}
