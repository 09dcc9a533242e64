/** Owns the list of conversations: newest first, with their titles, as far as it was asked for. */
import { computed, signal } from "@preact/signals"
import { ask, Refusal } from "../server/ask.ts"
import type { SessionState } from "./conversation.ts"

const PAGE = 100
/** Whoever looks for a title looks through so many at most. */
const MOST = 5000
/** Until a server that did not answer is asked again. */
const AGAIN_MILLIS = 3000

interface Listed {
  readonly sessions: ReadonlyMap<string, SessionState>
  /** Null for one that has none. */
  readonly titles: ReadonlyMap<string, string | null>
  /** How many there are besides that cannot be read. */
  readonly broken: number
  /** Where the list goes on; null at its end, undefined before it was asked for. */
  readonly next: number | null | undefined
}

const listed = signal<Listed>({ sessions: new Map(), titles: new Map(), broken: 0, next: undefined })
export const query = signal("")
export const listRefusal = signal<unknown>(null)
export const isListed = computed(() => listed.value.next !== undefined)
export const brokenCount = computed(() => listed.value.broken)
export const hasMore = computed(() => typeof listed.value.next === "number")

export interface Entry {
  readonly state: SessionState
  readonly title: string | null
}

const plain = (text: string): string => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase()

export const entries = computed((): ReadonlyArray<Entry> => {
  const { sessions, titles } = listed.value
  const words = plain(query.value).split(/\s+/u).filter(Boolean)
  return [...sessions.values()]
    .map((state) => ({ state, title: titles.get(state.session_id) ?? null }))
    .filter(({ title }) => words.every((word) => plain(title ?? "").includes(word)))
    .toSorted((one, other) => other.state.updated_at - one.state.updated_at)
})

export const titleOf = (id: string): string | null => listed.value.titles.get(id) ?? null

/** Whether titles could not be had the last time: where no text leaves, there are conversations and none of those. */
let isUntold = false

const page = async (cursor: number | null) => {
  const query = { limit: PAGE, ...(cursor !== null && { cursor }) }
  const [{ sessions, broken, next }, titles] = await Promise.all([
    ask("sessions.list", { query }),
    ask("sessions.titles", { query }).then(
      ({ titles }) => titles,
      () => null
    )
  ])
  isUntold = titles === null
  const before = listed.value
  const isFirst = cursor === null
  listed.value = {
    sessions: new Map([...before.sessions, ...sessions.map((state) => [state.session_id, state] as const)]),
    titles: new Map([
      ...before.titles,
      ...(titles ?? []).map(({ session_id, title }) => [session_id, title] as const)
    ]),
    broken: isFirst ? Math.max(before.broken, broken) : before.broken + broken,
    next: isFirst && before.next !== undefined && before.sessions.size > PAGE ? before.next : next
  }
}

let last: Promise<void> = Promise.resolve()

/** Pages are asked for one after the other; whoever wants one that has not begun has that one. */
const inTurn = (work: () => Promise<void>): (() => Promise<void>) => {
  let due: Promise<void> | null = null
  return () =>
    (due ??= last = last.then(() => {
      due = null
      return work()
    }))
}

/** Asks for the newest. */
export const refreshSessions = inTurn(async () => {
  try {
    await page(null)
    listRefusal.value = null
  } catch (why) {
    listRefusal.value = why
    if (why instanceof Refusal && why.status === 0) setTimeout(() => void refreshSessions(), AGAIN_MILLIS)
  }
})

export const more = inTurn(async () => {
  const { next } = listed.value
  if (typeof next !== "number") return
  try {
    await page(next)
  } catch (why) {
    listRefusal.value = why
  }
})

/** A title may be of any conversation: one page after the other is asked for. */
const moreUntil = async (isEnough: () => boolean): Promise<void> => {
  while (hasMore.value && listed.value.sessions.size < MOST && !isEnough()) {
    const before = listed.value.next
    await more()
    if (listed.value.next === before) return
  }
}

export const search = async (text: string): Promise<void> => {
  query.value = text
  if (text !== "") await moreUntil(() => query.value !== text)
}

/** Has the titles of these conversations, as far as whoever asks may read them. */
export const learnTitles = async (ids: ReadonlyArray<string>): Promise<void> => {
  const areKnown = () => ids.every((id) => listed.value.titles.has(id))
  if (areKnown()) return
  await refreshSessions()
  await moreUntil(() => isUntold || areKnown())
}

export const rename = async (id: string, title: string): Promise<void> => {
  const state = await ask("sessions.title", { places: { session: id }, body: { title } })
  listed.value = {
    ...listed.value,
    sessions: new Map([...listed.value.sessions, [id, state]]),
    titles: new Map([...listed.value.titles, [id, title]])
  }
}

/** What is heard of one that is open. */
export const heardOf = (state: SessionState): void => {
  const known = listed.value.sessions.get(state.session_id)
  if (known && known.updated_at >= state.updated_at) return
  listed.value = { ...listed.value, sessions: new Map([...listed.value.sessions, [state.session_id, state]]) }
}
