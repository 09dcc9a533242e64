/**
 * Owns the inbox as the page has it: it hears what happens, and sends what was decided here.
 *
 * A decision can be taken back for a while and is sent after that, each by its own clock. Whoever leaves the page has decided: what
 * can still be taken back is sent on the way out. What is too large to be sent like that makes the browser ask first.
 */
import { computed, signal } from "@preact/signals"
import { route } from "../route.ts"
import { ask, newKey, Refusal } from "../server/ask.ts"
import { strings } from "../strings.ts"
import { announce } from "../ui/Announcer.tsx"
import { toast } from "../ui/Toasts.tsx"
import { forget, unfinished } from "./drafts.ts"
import { figuresOf, type Made } from "./figures.ts"
import {
  countOf,
  empty,
  type Inbox,
  type InboxEvent,
  step,
  undoable,
  type View,
  type Wish,
  withoutTexts
} from "./fold.ts"
import { listen } from "./watching.ts"
import { notify } from "./notices.ts"
import { undoMillis } from "./settings.ts"
import { keepOnly, look } from "./views.ts"

export const inbox = signal<Inbox>(empty)
/** `opening` until there is a first list; `refused` for good. */
export const standing = signal<"opening" | "open" | "broken" | Refusal>("opening")

const made = signal<ReadonlyArray<Made>>([])
export const figures = computed(() => figuresOf(made.value))

const { inbox: words } = strings

export const dispatch = (event: InboxEvent): void => {
  const before = inbox.value
  const { inbox: after, send } = step(before, event)
  inbox.value = after
  for (const wish of send) void deliver(wish)
  for (const [run, { decided }] of after.told) if (!decided) void whoDecided(run)
  tellChanges(before, after)
}

const AGAIN_MILLIS = 1000

const tellChanges = (before: Inbox, after: Inbox) => {
  if (standing.value !== "opening") {
    const came = [...after.waiting.keys()].filter((run) => !before.waiting.has(run))
    if (came.length > 0) {
      notify(countOf(after))
      if (route.value.part === "inbox") announce(words.came(countOf(after)))
    }
  }
  for (const [run, own] of after.own) {
    if (own === before.own.get(run)) continue
    if (own.phase === "lost" || own.phase === "unsent") takeToastAway(run)
    if (own.phase === "lost")
      announce(own.why === null ? words.lost.overtaken : words.lost.refused, { now: true })
    if (own.phase !== "unsent") continue
    announce(words.unsent.title, { now: true })
    // There was a decision: whether it was this one, the server knows by its key.
    if (after.told.has(run)) setTimeout(() => again(run), AGAIN_MILLIS)
  }
}

/** Asked once for each run: who decided is on record. */
const asked = new Set<string>()

const whoDecided = async (run: string): Promise<void> => {
  if (asked.has(run)) return
  asked.add(run)
  try {
    const { state } = await ask("runs.find", { places: { run } })
    if (state?.decision) dispatch({ type: "decided", run, decided: state.decision })
  } catch {
    asked.delete(run)
  }
}

/** So that leaving the page does not stop it, a request has to be small; this is what browsers let pass. */
const KEEPALIVE_BYTES = 60_000

const bodyOf = ({ action, reason, digest, sequence, words }: Wish) => ({
  action,
  reason,
  digest,
  sequence,
  ...(action === "edit" && { text: words ?? "" }),
  ...(action === "redirect" && { prompt: words ?? "" })
})

const isSmall = (wish: Wish): boolean =>
  new TextEncoder().encode(JSON.stringify(bodyOf(wish))).length < KEEPALIVE_BYTES

const deliver = async (wish: Wish): Promise<void> => {
  const { run, key, action, reason, reviewMillis } = wish
  try {
    const { principal, by } = await ask("steward.decide", {
      places: { turn: run },
      body: bodyOf(wish),
      key,
      keepalive: isSmall(wish)
    })
    made.value = [...made.value, { action, reviewMillis }]
    forget(run)
    dispatch({ type: "answered", key, decided: { action, reason, principal, by } })
  } catch (why) {
    const code = why instanceof Refusal ? why.code : "SERVER_UNREACHABLE"
    // It was decided before: by whom, the record says.
    if (code === "STEWARD_DECIDED") void whoDecided(run)
    dispatch({ type: "refused", key, why: code, retryable: why instanceof Refusal && why.retryable })
  }
}

/** Asks for the texts of what is held. What can be seen waits, though no list has told of it yet. */
export const show = async (run: string): Promise<void> => {
  const view = await look(run)
  if (view) dispatch({ type: "held", pending: withoutTexts(view) })
}

const toasts = new Map<string, () => void>()

const takeToastAway = (run: string) => {
  toasts.get(run)?.()
  toasts.delete(run)
}

/** Decides about what was shown. It can be taken back for a while. */
export const decide = (
  { run_id: run, digest, sequence }: View,
  { action, reason, words: said }: Pick<Wish, "action" | "reason" | "words">,
  reviewMillis: number
): void => {
  const wish = { run, key: newKey(), action, reason, digest, sequence, words: said, reviewMillis }
  dispatch({ type: "wished", wish })
  if (inbox.value.own.get(run)?.wish !== wish) return
  const millis = undoMillis()
  const timer = setTimeout(() => {
    takeToastAway(run)
    dispatch({ type: "elapsed", key: wish.key })
  }, millis)
  const takeAway = toast(
    words.undo.toast(words.nouns[action]),
    { label: strings.common.undo, run: () => takeBack(run) },
    millis,
    { counts: words.undo.left }
  )
  toasts.set(run, () => (clearTimeout(timer), takeAway()))
}

/** Takes a decision back that is not sent yet; without a run, the latest. */
export const takeBack = (run: string | undefined = undoable(inbox.value)?.run): void => {
  if (run === undefined || inbox.value.own.get(run)?.phase === "sending") return
  takeToastAway(run)
  dispatch({ type: "undone", run })
  announce(words.undo.done, { now: true })
}

/** Shows no more what has become of a decision that changed nothing, or that may not have arrived. */
export const dismiss = (run: string): void => dispatch({ type: "undone", run })

export const again = (run: string): void => dispatch({ type: "again", run })

let stop = () => {}

/** Listens, and listens anew where it has listened before. */
export const open = (): void => {
  shut()
  stop = listen({
    event: (event) => {
      dispatch(event)
      standing.value = "open"
    },
    connected: (isOpen) => {
      if (!isOpen) standing.value = "broken"
    },
    over: (why) => {
      if (why) standing.value = why
    }
  })
}

/** Listens no more, and forgets what it has heard. What was decided is sent before that. */
export const shut = (): void => {
  stop()
  for (const run of toasts.keys()) takeToastAway(run)
  dispatch({ type: "leaving" })
  asked.clear()
  inbox.value = empty
  standing.value = "opening"
  keepOnly([])
}

/** Whether something is lost when the page is left now: a decision that nobody has, or words that are typed. */
const wouldLose = computed(
  () =>
    [...inbox.value.own.values()].some(
      ({ phase, wish }) =>
        phase === "unsent" || ((phase === "counting" || phase === "sending") && !isSmall(wish))
    ) || unfinished.value
)

globalThis.addEventListener("beforeunload", (event) => {
  if (wouldLose.value) event.preventDefault()
})
globalThis.addEventListener("pagehide", () => {
  for (const run of toasts.keys()) takeToastAway(run)
  dispatch({ type: "leaving" })
})
