/** Owns the list of conversations: to be searched, gone through and renamed. */
import { useEffect, useRef, useState } from "preact/hooks"
import { hrefOf } from "../route.ts"
import { strings } from "../strings.ts"
import { Icon } from "../ui/Icon.tsx"
import { Badge, Button, Busy, IconButton, type Tone } from "../ui/Parts.tsx"
import { toast } from "../ui/Toasts.tsx"
import { isSeen } from "../ui/visible.ts"
import { mayAsk } from "../who/who.ts"
import { time } from "./facts.ts"
import { retitled, session } from "./watching.ts"
import { Problem, refusalOf } from "./Problem.tsx"
import {
  brokenCount,
  entries,
  type Entry,
  hasMore,
  isListed,
  listRefusal,
  more,
  query,
  refreshSessions,
  rename,
  search
} from "./sessions.ts"

const { list: said } = strings.chat
const DAY = 24 * 60 * 60 * 1000

const groupOf = (at: number, now: Date): string => {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  if (at >= midnight) return said.today
  if (at >= midnight - DAY) return said.yesterday
  return at >= midnight - 6 * DAY ? said.week : said.before
}

const markOf = ({ state }: Entry): { readonly tone: Tone; readonly text: string } | null => {
  if (state.erased) return { tone: "plain", text: said.erased }
  switch (state.status) {
    case "closed":
      return { tone: "plain", text: said.closed }
    case "at_limit":
      return { tone: "plain", text: said.atLimit }
    case "paused":
      return { tone: "wait", text: said.paused }
    default:
      return state.open_turn ? { tone: "good", text: said.running } : null
  }
}

const nameOf = ({ state, title }: Entry): string => title ?? said.untitled(time(state.created_at))

const Renaming = ({ entry, close }: { readonly entry: Entry; readonly close: () => void }) => {
  const [value, setValue] = useState(entry.title ?? "")
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.select(), [])
  const id = entry.state.session_id
  const done = async () => {
    const title = value.trim()
    if (!isSeen(title) || title === entry.title) return close()
    try {
      await rename(id, title)
      if (session.value === id) retitled({ title })
      close()
    } catch (why) {
      toast(refusalOf(why).title)
    }
  }
  return (
    <form class="renaming" onSubmit={(event) => (event.preventDefault(), void done())}>
      <input
        ref={field}
        class="field"
        dir="auto"
        maxLength={200}
        aria-label={said.renameLabel}
        value={value}
        onInput={({ currentTarget }) => setValue(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return
          event.preventDefault()
          event.stopPropagation()
          close()
        }}
      />
      <IconButton label={said.save} type="submit">
        <Icon name="check" size={16} />
      </IconButton>
      <IconButton label={strings.common.cancel} onClick={close}>
        <Icon name="close" size={16} />
      </IconButton>
    </form>
  )
}

const Row = ({ entry, went }: { readonly entry: Entry; readonly went: () => void }) => {
  const [isRenamed, setRenamed] = useState(false)
  const id = entry.state.session_id
  const mark = markOf(entry)
  const isHere = session.value === id
  if (isRenamed) return <Renaming entry={entry} close={() => setRenamed(false)} />
  return (
    <div class="entry">
      <a href={hrefOf("chat", id)} aria-current={isHere ? "page" : undefined} onClick={went}>
        <span class="name" dir="auto">
          {nameOf(entry)}
        </span>
        {mark && <Badge tone={mark.tone}>{mark.text}</Badge>}
      </a>
      {mayAsk.value && !entry.state.erased && (
        <IconButton label={`${said.rename}: ${nameOf(entry)}`} onClick={() => setRenamed(true)}>
          <Icon name="edit" size={14} />
        </IconButton>
      )}
    </div>
  )
}

/** `went` is told when a conversation was chosen. */
export const SessionList = ({ went = () => {} }: { readonly went?: () => void }) => {
  const now = new Date()
  const found = entries.value
  const names = [...new Set(found.map(({ state }) => groupOf(state.updated_at, now)))]
  return (
    <div class="sessions">
      <div class="seek">
        {mayAsk.value && (
          <a class="button" href={hrefOf("chat")} onClick={went}>
            <Icon name="plus" size={16} />
            {said.new}
          </a>
        )}
        <label class="seek-field">
          <Icon name="search" size={16} />
          <span class="unseen">{said.search}</span>
          <input
            id="search"
            type="search"
            class="field"
            placeholder={said.search}
            aria-keyshortcuts="Control+K Meta+K"
            value={query.value}
            onInput={({ currentTarget }) => void search(currentTarget.value)}
          />
          <kbd aria-hidden="true">{said.searchKeys}</kbd>
        </label>
      </div>
      <nav aria-label={said.title}>
        {listRefusal.value !== null && (
          <Problem said={refusalOf(listRefusal.value)}>
            <Button onClick={() => void refreshSessions()}>{strings.common.again}</Button>
          </Problem>
        )}
        {!isListed.value && listRefusal.value === null && <Busy />}
        {isListed.value && found.length === 0 && (
          <p class="none">{query.value === "" ? said.none : said.noMatch}</p>
        )}
        {names.map((name) => (
          <section key={name} aria-label={name}>
            <h2>{name}</h2>
            <ul class="quiet-list">
              {found
                .filter(({ state }) => groupOf(state.updated_at, now) === name)
                .map((entry) => (
                  <li key={entry.state.session_id}>
                    <Row entry={entry} went={went} />
                  </li>
                ))}
            </ul>
          </section>
        ))}
        {brokenCount.value > 0 && (
          <p class="none">
            <a href={hrefOf("ledger")}>{said.broken(brokenCount.value)}</a>
          </p>
        )}
        {hasMore.value && query.value === "" && (
          <Button kind="plain" onClick={() => void more()}>
            {said.more}
          </Button>
        )}
      </nav>
    </div>
  )
}
