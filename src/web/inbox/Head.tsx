/** Owns the head of the inbox: how many wait, which of them are shown, and what the one who decides here has decided so far. */
import { duration } from "../format.ts"
import { strings } from "../strings.ts"
import { Icon } from "../ui/Icon.tsx"
import { Button, Facts, IconButton } from "../ui/Parts.tsx"
import { hostChoice } from "./facts.ts"
import { countOf, type Filter, hostOf, type Inbox, type Threshold } from "./fold.ts"
import { permission, switchNotices } from "./notices.ts"
import { notices } from "./settings.ts"
import { figures } from "./store.ts"

const { inbox: words } = strings

const Notices = () => {
  if (permission.value === null) return null
  if (permission.value === "denied") return <span class="soft">{words.notices.blocked}</span>
  const isOn = permission.value === "granted" && notices.value === "on"
  const asked = permission.value === "granted"
  return (
    <Button kind="plain" {...(asked && { "aria-pressed": isOn })} onClick={() => void switchNotices()}>
      {!asked ? words.notices.ask : isOn ? words.notices.on : words.notices.off}
    </Button>
  )
}

const Figures = () => {
  const made = figures.value
  if (!made) return null
  const { decided, overrides, medianMillis, hasty } = made
  const { figures: names } = words
  return (
    <div class="inbox-figures" role="group" aria-label={names.title}>
      <Facts
        facts={[
          { name: names.decided, value: String(decided) },
          { name: names.overrides, value: names.percent(overrides) },
          { name: names.median, value: duration(medianMillis) },
          { name: names.hasty, value: names.percent(hasty) }
        ]}
      />
    </div>
  )
}

const Choice = ({
  label,
  value,
  options,
  choose
}: {
  readonly label: string
  readonly value: string | null
  readonly options: ReadonlyMap<string, string>
  readonly choose: (value: string | null) => void
}) => (
  <label class="inbox-choice">
    <span>{label}</span>
    <select class="field" value={value ?? ""} onChange={(event) => choose(event.currentTarget.value || null)}>
      <option value="">{words.filters.all}</option>
      {[...options].map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  </label>
)

const Filters = ({
  all,
  filter,
  setFilter
}: {
  readonly all: Inbox
  readonly filter: Filter
  readonly setFilter: (filter: Filter) => void
}) => {
  const waiting = [...all.waiting.values()]
  const thresholds = new Map(waiting.map(({ threshold_key: key }) => [key as string, words.thresholds[key]]))
  const hosts = new Map(waiting.map((one) => [hostOf(one), hostChoice(one)]))
  // What was chosen stays a choice, though nothing of it waits any more.
  if (filter.threshold !== null) thresholds.set(filter.threshold, words.thresholds[filter.threshold])
  if (filter.host !== null && !hosts.has(filter.host)) hosts.set(filter.host, filter.host)
  if (thresholds.size < 2 && hosts.size < 2 && filter.threshold === null && filter.host === null) return null
  return (
    <div class="inbox-filters">
      <Choice
        label={words.filters.threshold}
        value={filter.threshold}
        options={thresholds}
        choose={(threshold) => setFilter({ ...filter, threshold: threshold as Threshold | null })}
      />
      <Choice
        label={words.filters.host}
        value={filter.host}
        options={hosts}
        choose={(host) => setFilter({ ...filter, host })}
      />
    </div>
  )
}

export const Head = ({
  all,
  filter,
  setFilter,
  help
}: {
  readonly all: Inbox
  readonly filter: Filter
  readonly setFilter: (filter: Filter) => void
  readonly help: () => void
}) => (
  <header class="inbox-head">
    <div class="inbox-title">
      <span class="inbox-name" aria-hidden="true">
        {words.title}
      </span>
      {all.waiting.size > 0 && <span class="small-fact">{words.waiting(countOf(all))}</span>}
      <span class="inbox-tools">
        <Notices />
        <IconButton label={words.help.title} aria-keyshortcuts="?" onClick={help}>
          <Icon name="keys" />
        </IconButton>
      </span>
    </div>
    <Filters all={all} filter={filter} setFilter={setFilter} />
    <Figures />
  </header>
)
