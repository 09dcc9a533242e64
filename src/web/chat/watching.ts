/** Owns the conversation that is open: what the server tells of it is folded in, once per frame, for as long as it is open. */
import { batch, computed, signal } from "@preact/signals"
import { ask } from "../server/ask.ts"
import type { StreamEvent } from "../server/contract.ts"
import { follow } from "../server/follow.ts"
import { strings } from "../strings.ts"
import { announce } from "../ui/Announcer.tsx"
import {
  type Asked,
  type Conversation,
  isBehind,
  isOver,
  type SessionState,
  textOf,
  type Transcript,
  unknown,
  withAsked,
  withEvents,
  withHistory,
  withState
} from "./conversation.ts"
import { branchOf, numbered } from "./lineage.ts"

/** Turns that are asked for at a time. */
const PAGE = 60
/** A page that nobody looks at keeps its connection for as long; what it misses, it is told when it is looked at again. */
const UNSEEN_MILLIS = 30_000

export const session = signal<string | null>(null)
export const conversation = signal<Conversation>(unknown)
/** Why there is nothing to show; null where there is. */
export const refusal = signal<unknown>(null)
export const isConnected = signal(true)
/** Whether the newest turns are there. */
export const isLoaded = signal(false)
/** A turn on the branch that somebody wants to see; null for the newest. */
export const chosen = signal<number | null>(null)

export const turns = computed(() => numbered(conversation.value))
export const branch = computed(() => branchOf(turns.value, chosen.value))

let stop: () => void = () => {}
let stopLooking: () => void = () => {}
let queue: Array<StreamEvent> = []
let frame = 0
let isLoadingOlder = false

const flush = () => {
  frame = 0
  const events = queue
  queue = []
  if (events.length === 0) return
  const before = conversation.value
  const after = withEvents(before, events)
  conversation.value = after
  for (const { event, data } of events) {
    if (event === "session_state") caughtUp(data)
    if (event === "turn_started") heardOf(data.turn_index, data.run_id)
    if (event === "turn_completed" || event === "steward_gate_triggered") rested(before, data.run_id)
  }
}

/** A frame may be long in coming where nobody looks. */
const soon = () => {
  if (frame !== 0) return
  frame = document.hidden ? window.setTimeout(flush, 50) : requestAnimationFrame(flush)
}

const heard = (event: StreamEvent) => {
  queue.push(event)
  soon()
}

/** What was asked elsewhere is on record alone. */
const heardOf = (index: number | null, run: string) => {
  const turn = conversation.value.turns.get(run)
  if (index !== null && turn && !turn.past) void load({ before: index + 1, limit: 1 })
}

const rested = (before: Conversation, run: string) => {
  const turn = conversation.value.turns.get(run)
  if (!turn || turn.index === null) return
  void load({ before: turn.index + 1, limit: 1 })
  const known = before.turns.get(run)
  if (!known || isOver(known) || (turn.standing === "held" && known.standing === "held")) return
  announce(
    turn.standing === "held"
      ? strings.chat.announce.held
      : turn.standing === "ok"
        ? strings.chat.announce.answered(textOf(turn).split(/\s+/u).length)
        : strings.chat.announce.failed
  )
}

/** Everything that has happened is known from the first state on: what came before it is on record. */
const caughtUp = ({ turns_begun: begun, open_turn: open }: SessionState) => {
  const newest = Math.max(-1, ...turns.value.keys())
  if (!isLoaded.value || newest < begun - 1) return void load({ limit: PAGE })
  // What was to be read while the server was away.
  for (const [index, turn] of turns.value) {
    if (isBehind(turn, open?.run_id ?? null)) void load({ before: index + 1, limit: 1 })
  }
}

/** The newest turns, as many as `limit`, of those before one. */
const load = async (query: { readonly before?: number; readonly limit: number }): Promise<void> => {
  const id = session.value
  if (id === null) return
  try {
    const told = await ask("sessions.history", { places: { session: id }, query })
    if (session.value !== id) return
    batch(() => {
      conversation.value = withHistory(conversation.value, told)
      isLoaded.value = true
      refusal.value = null
    })
  } catch (why) {
    if (session.value === id && !isLoaded.value) refusal.value = why
  }
}

/** Goes back beyond the earliest turn of the branch that is known. */
export const loadOlder = async (): Promise<void> => {
  const { before } = branch.value
  if (before === null || !isLoaded.value || isLoadingOlder) return
  isLoadingOlder = true
  await load({ before: before + 1, limit: PAGE })
  isLoadingOlder = false
}

const connect = (id: string, lastId: () => string | null, saw: (id: string) => void): (() => void) =>
  follow(
    `/session/${encodeURIComponent(id)}/stream`,
    {
      event: (event) => {
        saw(event.id)
        heard(event)
      },
      connected: (isOpen) => (isConnected.value = isOpen),
      over: (why) => {
        if (why && why.status !== 410) refusal.value = why
        // One that was erased tells nothing more; the record says so.
        else void load({ limit: PAGE })
      }
    },
    { lastId: lastId(), ends: ({ event }) => event === "session_closed" }
  )

/** Opens a conversation, or none. */
export const open = (id: string | null): void => {
  if (session.value === id) return
  stop()
  stopLooking()
  if (frame !== 0) {
    cancelAnimationFrame(frame)
    clearTimeout(frame)
  }
  frame = 0
  queue = []
  batch(() => {
    session.value = id
    conversation.value = unknown
    refusal.value = null
    isLoaded.value = false
    isConnected.value = true
    chosen.value = null
  })
  stop = () => {}
  stopLooking = () => {}
  if (id === null) return

  let seen: string | null = null
  const begin = () => {
    stop = connect(
      id,
      () => seen,
      (last) => (seen = last)
    )
  }
  begin()
  let isStopped = false
  let timer = 0
  const look = () => {
    clearTimeout(timer)
    if (document.hidden) {
      timer = window.setTimeout(() => {
        stop()
        isStopped = true
      }, UNSEEN_MILLIS)
    } else if (isStopped) {
      isStopped = false
      begin()
    }
  }
  document.addEventListener("visibilitychange", look)
  stopLooking = () => {
    clearTimeout(timer)
    document.removeEventListener("visibilitychange", look)
  }
}

/** Tries again what could not be read. */
export const again = (): void => {
  const id = session.value
  open(null)
  open(id)
}

/** A turn that was asked from here, and the first event of it. */
export const begunHere = (event: StreamEvent, run: string, asked: Asked): void => {
  batch(() => {
    conversation.value = withAsked(withEvents(conversation.value, [event]), run, asked)
    chosen.value = null
  })
}

export const told = (state: SessionState): void => {
  if (state.session_id === session.value) conversation.value = withState(conversation.value, state)
}

export const retitled = (transcript: Pick<Transcript, "title">): void => {
  conversation.value = { ...conversation.value, title: transcript.title }
}
