/**
 * Owns what is asked from this tab: under one key, until the server has it on record. Whether a request came through that was not
 * answered, nobody knows: the same one is sent again, and is carried out once.
 */
import { effect, signal } from "@preact/signals"
import { createParser } from "eventsource-parser"
import { hrefOf, go } from "../route.ts"
import { ask, newKey, Refusal, respond } from "../server/ask.ts"
import type { StreamEvent } from "../server/contract.ts"
import { strings } from "../strings.ts"
import { toast } from "../ui/Toasts.tsx"
import { isSeen } from "../ui/visible.ts"
import { promptOf, type Turn } from "./conversation.ts"
import { type Asking, askingOf, keepAsking, type StartBody, type TurnBody } from "./drafts.ts"
import { begunHere, open, session, turns } from "./watching.ts"
import { refreshSessions } from "./sessions.ts"

/** What is asked of the conversation that is shown; null where nothing is. */
export const asking = signal<Asking | null>(null)
/** Why the last try had no answer; null while it is tried. */
export const refused = signal<Refusal | null>(null)

const AGAIN_MILLIS = 1500
const TITLE_CHARS = 60

let attempt: AbortController | null = null

const wait = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(done, millis)
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true })
  })

/** What a conversation is called after its first question: its beginning. */
export const titleFrom = (prompt: string): string => {
  const line = [...prompt.replaceAll(/\s+/gu, " ").trim()]
  if (line.length <= TITLE_CHARS) return line.join("")
  const cut = line.slice(0, TITLE_CHARS).join("")
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), TITLE_CHARS / 2)).trimEnd()}…`
}

/** The first event of a turn: it is on record then, and its answer comes to whoever watches the conversation. */
const firstEvent = async (response: Response): Promise<StreamEvent | null> => {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let first: StreamEvent | null = null
  const parser = createParser({
    onEvent: ({ id, event, data }) => {
      if (event && id) first ??= { id, event, data: JSON.parse(data) } as StreamEvent
    }
  })
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return first
    parser.feed(value)
    if (first) {
      void reader.cancel()
      return first
    }
  }
}

const update = (next: Asking | null, before: string | null) => {
  if (before !== (next?.session ?? before)) keepAsking(before, null)
  keepAsking(next?.session ?? before, next)
  asking.value = next
}

/** Begins the conversation that it is to be asked in. */
const started = async (todo: Asking, signal: AbortSignal): Promise<Asking> => {
  if (todo.session !== null || todo.start === null) return todo
  const { key, body } = todo.start
  const begun = await ask("sessions.start", { key, body, signal })
  const next = { ...todo, session: begun.session_id as string, start: null }
  update(next, null)
  const isShown = location.hash === hrefOf("chat") || location.hash === "" || location.hash === "#/"
  if (isShown) {
    open(next.session)
    go("chat", next.session, { replace: true })
  }
  void refreshSessions()
  return next
}

const once = async (todo: Asking, signal: AbortSignal): Promise<void> => {
  const at = await started(todo, signal)
  const response = await respond(
    "sessions.turn",
    { places: { session: at.session! }, key: at.key, body: at.body, signal },
    { accept: "text/event-stream" }
  )
  const first = await firstEvent(response)
  signal.throwIfAborted()
  if (first === null || !("run_id" in first.data)) throw new Refusal(null, 0)
  keepAsking(at.session, null)
  if (session.value !== at.session) return
  begunHere(first, first.data.run_id, {
    prompt: at.body.prompt,
    hasFile: at.body.file_ref !== undefined || at.body.file !== undefined
  })
  asking.value = null
}

/** It has been answered, or is on record: it is shown as what it is there. */
const settle = (todo: Asking): void => {
  keepAsking(todo.session, null)
  if (asking.value?.key !== todo.key) return
  asking.value = null
  refused.value = null
}

const goOn = async (todo: Asking): Promise<void> => {
  attempt?.abort()
  const own = new AbortController()
  attempt = own
  refused.value = null
  asking.value = todo
  for (;;) {
    try {
      await once(asking.value ?? todo, own.signal)
      return
    } catch (why) {
      if (own.signal.aborted) return
      // The same request is under way: what becomes of it is said when it is sent again.
      if (!(why instanceof Refusal && why.code === "IDEMPOTENCY_IN_PROGRESS")) {
        const reason = why instanceof Refusal ? why : new Refusal(null, 0)
        const { problem, status } = reason
        if (problem?.run_id !== undefined) return settle(asking.value ?? todo)
        if (asking.value) update({ ...asking.value, refused: { problem, status } }, asking.value.session)
        refused.value = reason
        return
      }
    }
    await wait(AGAIN_MILLIS, own.signal)
    if (own.signal.aborted) return
    // One that came to nothing before anybody was called has not used its key up.
    if (asking.value && found(asking.value)?.standing === "error") return settle(asking.value)
  }
}

/** Asks. In a conversation that has not begun, `start` says how it begins. */
export const send = (
  body: TurnBody,
  fileName: string | null,
  start: Omit<StartBody, "title"> | null
): void => {
  const title = titleFrom(body.prompt)
  const todo: Asking = {
    session: session.value,
    // A beginning of nothing to see is no title.
    start: start && { key: newKey(), body: { ...start, ...(isSeen(title) && { title }) } },
    key: newKey(),
    body,
    fileName,
    after: Math.max(-1, ...turns.value.keys()) + 1
  }
  keepAsking(todo.session, todo)
  void goOn(todo)
}

/** The same again, under the same key: what was carried out is not carried out twice. */
export const tryAgain = (): void => {
  const todo = asking.value
  if (!todo) return
  const { refused: _, ...rest } = todo
  update(rest, todo.session)
  void goOn(rest)
}

/** The turn that it has become; `unheard` is what one is taken to ask whose words are not known here yet. */
const become = ({ after, body }: Asking, unheard: string | null): Turn | null => {
  const newest = turns.value.get(Math.max(-1, ...turns.value.keys()))
  return newest && newest.index! >= after && (promptOf(newest) ?? unheard) === body.prompt ? newest : null
}

/** Whether it is on record already, and shown as what it is: whoever watches may hear of it before whoever has asked. */
export const isThere = (todo: Asking): boolean => become(todo, todo.body.prompt) !== null

const found = (todo: Asking): Turn | null => become(todo, null)

let settled = ""

// What is on record though nobody was told so is asked for once more by itself: under its key that begins nothing, but where it has
// come to nothing.
effect(() => {
  const todo = asking.value
  const turn = todo && found(todo)
  if (!turn || refused.value === null || refused.value.problem !== null || todo.key === settled) return
  settled = todo.key
  if (turn.standing === "error") settle(todo)
  else tryAgain()
})

/** Gives it up; the answer is what was asked, to be written anew. */
export const giveUp = (): Asking | null => {
  const todo = asking.value
  attempt?.abort()
  if (todo) settle(todo)
  return todo
}

/** What this tab had asked of a conversation when it was left. */
export const takeUp = (id: string | null): void => {
  if (asking.value && asking.value.session === id) return
  attempt?.abort()
  const kept = askingOf(id)
  asking.value = kept
  refused.value = kept?.refused ? new Refusal(kept.refused.problem, kept.refused.status) : null
  if (kept && kept.refused === undefined) void goOn(kept)
}

/** Stops a run. What has left of it stays. */
export const cancel = async (run: string): Promise<void> => {
  try {
    await ask("runs.cancel", { places: { run } })
  } catch (why) {
    // It has ended by itself.
    if (why instanceof Refusal && why.status === 409) return
    toast(strings.chat.stopRefused)
  }
}
