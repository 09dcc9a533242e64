/** Owns the part of the page where a steward sees what is held, and decides: the list, one thing of it, and the keys. */
import { useEffect, useRef, useState } from "preact/hooks"
import { learnTitles } from "../chat/sessions.ts"
import type { PartProps } from "../Frame.tsx"
import { go } from "../route.ts"
import { Refusal } from "../server/ask.ts"
import { strings } from "../strings.ts"
import { Busy, Empty, RefusalNote } from "../ui/Parts.tsx"
import { act } from "./deciding.ts"
import { Detail } from "./Detail.tsx"
import { draftOf, lay } from "./drafts.ts"
import { beside, everything, listOf, type Pending } from "./fold.ts"
import { Head } from "./Head.tsx"
import { Help } from "./Help.tsx"
import { List } from "./List.tsx"
import { keys } from "./settings.ts"
import { inbox, open, standing, takeBack } from "./store.ts"
import { type Command, commandOf, type Pressed } from "./triage.ts"
import { keepOnly } from "./views.ts"
import { mayRead } from "../who/who.ts"

const { inbox: words } = strings

const focusOf = (target: EventTarget | null): Pressed["focus"] => {
  if (!(target instanceof Element)) return "none"
  if (target.closest("input, textarea, select, [contenteditable]")) return "field"
  return target.closest("a, button, summary, dialog") ? "control" : "none"
}

const rowOf = (run: string | null): HTMLElement | null =>
  run === null ? null : document.querySelector(`[data-run="${CSS.escape(run)}"]`)

/** The row that has the focus; null where none has. */
const focused = (): string | null =>
  document.activeElement?.closest("[data-run]")?.getAttribute("data-run") ?? null

const doCommand = (
  command: Command,
  {
    list,
    id,
    help
  }: { readonly list: ReadonlyArray<Pending>; readonly id: string | null; readonly help: () => void }
): void => {
  switch (command) {
    case "next":
    case "previous": {
      const to = beside(list, id ?? focused(), command === "next" ? 1 : -1)
      if (to === null) return
      if (id === null) rowOf(to)?.focus()
      else go("inbox", to)
      return
    }
    case "open": {
      const run = focused() ?? (id === null ? (list[0]?.run_id ?? null) : null)
      if (run !== null) go("inbox", run)
      return
    }
    case "undo":
      return takeBack()
    case "help":
      return help()
    case "back":
      if (id !== null && draftOf(id)?.isOpen) lay(id)
      else if (id !== null) go("inbox")
      return
    default:
      if (id !== null && !draftOf(id)?.isOpen) act(id, command)
  }
}

const Nothing = () => (
  <Empty title={words.none.title}>
    <p>{words.none.what}</p>
    <p>{words.none.how}</p>
    <code class="inbox-command">{words.none.command}</code>
    <p>{words.none.when}</p>
    <code class="inbox-command">{words.none.setting}</code>
  </Empty>
)

export const Inbox = ({ id }: PartProps) => {
  const [filter, setFilter] = useState(everything)
  const [isHelp, setHelp] = useState(false)
  const all = inbox.value
  const list = listOf(all, filter)
  const place = { list, id, help: () => setHelp(true) }
  const now = useRef(place)
  now.current = place
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return
      const command = commandOf({
        key: event.key,
        isModified: event.ctrlKey || event.altKey || event.metaKey,
        isRepeated: event.repeat,
        focus: focusOf(event.target)
      })
      if (command === null || (keys.value === "off" && event.key !== "Escape")) return
      event.preventDefault()
      doCommand(command, now.current)
    }
    document.addEventListener("keydown", press)
    return () => document.removeEventListener("keydown", press)
  }, [])
  const before = useRef<string | null>(null)
  useEffect(() => {
    // Whoever comes back to the list finds the place.
    if (id === null) rowOf(before.current)?.focus()
    before.current = id
    keepOnly([...all.waiting.keys(), ...(id === null ? [] : [id])])
  }, [id])
  const hosts = [...all.waiting.values()].flatMap(({ session_id }) => session_id ?? [])
  useEffect(() => {
    if (mayRead.value) void learnTitles(hosts)
  }, [hosts.join(), mayRead.value])
  const state = standing.value
  return (
    <div class={`inbox ${id === null ? "" : "has-detail"} ${all.waiting.size === 0 ? "is-empty" : ""}`}>
      <h1 class="unseen">{words.title}</h1>
      <div class="inbox-list">
        <Head all={all} filter={filter} setFilter={setFilter} help={place.help} />
        {state === "opening" && (
          <p class="inbox-pad">
            <Busy />
          </p>
        )}
        {state === "broken" && <p class="note wait">{words.broken}</p>}
        {state instanceof Refusal && <RefusalNote why={state} again={open} />}
        <List list={list} all={all} open={id} />
      </div>
      <div class="inbox-detail">
        {id === null ? (
          state !== "opening" && (all.waiting.size === 0 ? <Nothing /> : <Choose />)
        ) : (
          <Detail key={id} run={id} />
        )}
      </div>
      {isHelp && <Help close={() => setHelp(false)} />}
    </div>
  )
}

const Choose = () => (
  <Empty title={words.choose.title}>
    <p>{words.choose.text}</p>
  </Empty>
)
