/** Owns the part of the page called chat: conversations, the one that is open, and what is written to it. */
import { useCallback, useEffect, useState } from "preact/hooks"
import type { PartProps } from "../Frame.tsx"
import { hrefOf } from "../route.ts"
import { Refusal } from "../server/ask.ts"
import { strings } from "../strings.ts"
import { Dialog } from "../ui/Dialog.tsx"
import { Busy, Button } from "../ui/Parts.tsx"
import { useMedia } from "../ui/useMedia.ts"
import { asking, cancel, takeUp } from "./asking.ts"
import { Composer } from "./Composer.tsx"
import { openDraft, write } from "./composing.ts"
import { openTurn, statusOf } from "./conversation.ts"
import { Head } from "./Head.tsx"
import { Help } from "./Help.tsx"
import { isField, isSearch } from "./keys.ts"
import { again, branch, conversation, isConnected, isLoaded, open, refusal } from "./watching.ts"
import { Log } from "./Log.tsx"
import { isStandIn, loadOptions } from "./options.ts"
import { Problem, problemOf, refusalOf } from "./Problem.tsx"
import { mayAsk } from "../who/who.ts"
import { SessionList } from "./SessionList.tsx"
import { heardOf, refreshSessions } from "./sessions.ts"

const { chat } = strings

const Starters = () => (
  <ul class="quiet-list" aria-label={chat.empty.startersLabel}>
    {chat.empty.starters.map((text) => (
      <li key={text}>
        <button
          type="button"
          onClick={() => {
            write({ text })
            document.getElementById("message")?.focus()
          }}
        >
          {text}
        </button>
      </li>
    ))}
  </ul>
)

const Beginning = () => (
  <div class="beginning">
    {isStandIn.value && (
      <div class="note wait">
        <strong>{chat.standIn.title}</strong>
        <span>{chat.standIn.body}</span>
        <div class="row">
          <a class="button" href={hrefOf("system")}>
            {chat.standIn.action}
          </a>
        </div>
      </div>
    )}
    <h2>{chat.empty.title}</h2>
    <p>{chat.empty.body}</p>
    {mayAsk.value && <Starters />}
  </div>
)

/** A server that is away for a moment is none of anybody's business. */
const AWAY_MILLIS = 1200

const Away = () => {
  const [isLong, setLong] = useState(false)
  const isAway = !isConnected.value
  useEffect(() => {
    setLong(false)
    if (!isAway) return
    const timer = setTimeout(() => setLong(true), AWAY_MILLIS)
    return () => clearTimeout(timer)
  }, [isAway])
  return isLong ? (
    <p class="away" role="status">
      <Busy />
      {strings.common.offline}
    </p>
  ) : null
}

/** An address that can be nobody's. */
const missing = (why: unknown) =>
  why instanceof Refusal && why.code === "REQUEST_INVALID" ? problemOf("SESSION_NOT_FOUND") : null

const Messages = ({
  id,
  edited,
  edit
}: Pick<PartProps, "id"> & {
  readonly edited: number | null
  readonly edit: (index: number | null) => void
}) => {
  if (refusal.value !== null)
    return (
      <div class="beginning">
        <Problem said={missing(refusal.value) ?? refusalOf(refusal.value)}>
          <Button onClick={again}>{strings.common.again}</Button>
        </Problem>
      </div>
    )
  const isEmpty = asking.value === null && conversation.value.turns.size === 0
  if (isEmpty && (id === null || isLoaded.value)) return <Beginning />
  if (isEmpty)
    return (
      <div class="beginning">
        <Busy />
      </div>
    )
  return <Log edited={edited} edit={edit} />
}

export const Chat = ({ id }: PartProps) => {
  const isNarrow = useMedia("(max-width: 60rem)")
  const [isListed, setListed] = useState(false)
  const [isHelping, setHelping] = useState(false)
  const [edited, setEdited] = useState<number | null>(null)
  const edit = useCallback((index: number | null) => {
    setEdited(index)
    if (index === null) document.getElementById("message")?.focus()
  }, [])

  useEffect(() => {
    open(id)
    openDraft(id)
    takeUp(id)
    setEdited(null)
  }, [id])

  useEffect(() => {
    void loadOptions()
    void refreshSessions()
    const looked = () => !document.hidden && void refreshSessions()
    document.addEventListener("visibilitychange", looked)
    globalThis.addEventListener("focus", looked)
    return () => {
      document.removeEventListener("visibilitychange", looked)
      globalThis.removeEventListener("focus", looked)
    }
  }, [])

  const state = conversation.value.session
  useEffect(() => {
    if (state) heardOf(state)
  }, [state])

  useEffect(() => {
    const keyed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return
      if (isSearch(event)) {
        event.preventDefault()
        if (isNarrow) setListed(true)
        const seek = () => document.getElementById("search")?.focus()
        if (document.getElementById("search")) seek()
        else requestAnimationFrame(seek)
        return
      }
      if (document.querySelector("dialog[open]")) return
      const running = openTurn(conversation.value)
      if (event.key === "Escape" && running?.standing === "running") void cancel(running.run)
      else if (event.key === "?" && !isField(event.target)) setHelping(true)
    }
    document.addEventListener("keydown", keyed)
    return () => document.removeEventListener("keydown", keyed)
  }, [isNarrow])

  const editLast = () => {
    const last = branch.value.places.at(-1)?.turn.index ?? null
    if (last !== null && statusOf(conversation.value) === "active") setEdited(last)
  }
  return (
    <div class="chat">
      {isNarrow ? (
        isListed && (
          <Dialog kind="drawer" title={chat.list.title} close={() => setListed(false)}>
            <SessionList went={() => setListed(false)} />
          </Dialog>
        )
      ) : (
        <aside aria-label={chat.list.title}>
          <SessionList />
        </aside>
      )}
      <section class="conversation" aria-label={chat.title}>
        <Head showList={isNarrow ? () => setListed(true) : null} showHelp={() => setHelping(true)} />
        <Away />
        <Messages id={id} edited={edited} edit={edit} />
        <Composer editLast={editLast} />
      </section>
      {isHelping && <Help close={() => setHelping(false)} />}
    </div>
  )
}
