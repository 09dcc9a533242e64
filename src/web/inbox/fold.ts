/** Owns what the inbox is: what waits, what was decided and by whom, and what becomes of the decisions made here. It asks nobody. */
import type { Answer, Body, Code, InboxEvent as Heard } from "../server/contract.ts"

/** A held turn or step, without its text. */
export type Pending = Answer<"steward.pending">["pending"][number]
/** The same with its texts. */
export type View = Answer<"steward.view">
const TEXTS = {
  message: true,
  prompt: true,
  file: true,
  capability_output: true,
  draft: true,
  issues: true,
  high_risk_claims: true,
  suggested_fixes: true
} as const satisfies Readonly<Record<Exclude<keyof View, keyof Pending>, true>>

/** What is told of it to everybody. */
export const withoutTexts = (view: View): Pending =>
  Object.fromEntries(
    Object.entries(view).filter(([name]) => !Object.hasOwn(TEXTS, name))
  ) as unknown as Pending

export type Action = Pending["valid_actions"][number]
export type Threshold = Pending["threshold_key"]
export type Reason = NonNullable<Body<"steward.decide">["reason"]>

/** A decision made here, about exactly what was shown. Its key gives it one effect, however often it is sent. */
export interface Wish {
  readonly run: string
  readonly key: string
  readonly action: Action
  readonly reason: Reason
  readonly digest: string
  readonly sequence: number
  /** In place of the held text, of `edit`; what is asked instead, of `redirect`; else null. */
  readonly words: string | null
  /** From when the texts were shown until it was made. */
  readonly reviewMillis: number
}

/** Why a decision made here has not come about: a code, or null where somebody else was faster while it could be taken back. */
export type Why = Code | "SERVER_UNREACHABLE" | null

/** Where a decision made here stands; one that has come about is told like any other. */
export type Own =
  | { readonly phase: "counting" | "sending"; readonly wish: Wish }
  /** Nobody knows whether it has arrived; the same may be sent again. */
  | { readonly phase: "unsent"; readonly wish: Wish; readonly why: Why }
  /** It has changed nothing. */
  | { readonly phase: "lost"; readonly wish: Wish; readonly why: Why }

/** Who decided, and what. */
export interface Decided {
  readonly action: Action
  /** One of those a steward has, or that of a deadline. */
  readonly reason: Extract<Heard, { readonly event: "steward_decided" }>["data"]["reason"]
  readonly principal: string
  readonly by: string
}

/** What does not wait any more. */
export interface Told {
  readonly run: string
  /** Null as long as nobody has asked who it was. */
  readonly decided: Decided | null
  /** Whether it was this page. */
  readonly mine: boolean
  /** What it was, where it was seen waiting. */
  readonly pending: Pending | null
}

export interface Inbox {
  readonly waiting: ReadonlyMap<string, Pending>
  readonly own: ReadonlyMap<string, Own>
  /** In the order in which it was told. */
  readonly told: ReadonlyMap<string, Told>
}

export const empty: Inbox = { waiting: new Map(), own: new Map(), told: new Map() }

export type InboxEvent =
  /** Everything that waits. */
  | { readonly type: "listed"; readonly pending: ReadonlyArray<Pending> }
  | { readonly type: "held"; readonly pending: Pending }
  | { readonly type: "decided"; readonly run: string; readonly decided: Decided }
  /** Somebody here has decided, and may take it back until the time has elapsed or the page is left. */
  | { readonly type: "wished"; readonly wish: Wish }
  | { readonly type: "undone"; readonly run: string }
  | { readonly type: "elapsed"; readonly key: string }
  | { readonly type: "leaving" }
  /** What is unsent is sent again. */
  | { readonly type: "again"; readonly run: string }
  | { readonly type: "answered"; readonly key: string; readonly decided: Decided }
  | { readonly type: "refused"; readonly key: string; readonly why: Why; readonly retryable: boolean }

/** The next inbox, and what has to be sent now. */
export interface Step {
  readonly inbox: Inbox
  readonly send: ReadonlyArray<Wish>
}

const without = <V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> =>
  map.has(key) ? new Map([...map].filter(([one]) => one !== key)) : map

const put = <V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> =>
  new Map([...without(map, key), [key, value]])

const stay = (inbox: Inbox): Step => ({ inbox, send: [] })

/** Whether a decision made here is on its way. */
export const isOnItsWay = (own: Own | undefined): boolean =>
  own?.phase === "counting" || own?.phase === "sending"

/** It waits no more. What is known of it stays: of two who say who decided, the first is believed. */
const gone = (inbox: Inbox, run: string, decided: Decided | null, mine = false): Step => {
  const before = inbox.told.get(run)
  const told = {
    run,
    decided,
    mine: mine || (before?.mine ?? false),
    pending: inbox.waiting.get(run) ?? before?.pending ?? null
  }
  const after = {
    ...inbox,
    waiting: without(inbox.waiting, run),
    told: before && !mine && before.decided ? inbox.told : put(inbox.told, run, told)
  }
  const own = inbox.own.get(run)
  if (own?.phase === "counting")
    return stay({ ...after, own: put(after.own, run, { phase: "lost", wish: own.wish, why: null }) })
  // Was it ours, or somebody else's? The server knows by its key.
  if (own?.phase === "unsent") return send(after, [own.wish])
  return stay(after)
}

const send = (inbox: Inbox, wishes: ReadonlyArray<Wish>): Step => ({
  inbox: {
    ...inbox,
    own: wishes.reduce((own, wish) => put(own, wish.run, { phase: "sending", wish }), inbox.own)
  },
  send: wishes
})

const found = (inbox: Inbox, phase: Own["phase"], key: string): Wish | undefined =>
  [...inbox.own.values()].find((own) => own.phase === phase && own.wish.key === key)?.wish

const listed = (inbox: Inbox, pending: ReadonlyArray<Pending>): Step => {
  const missing = [...inbox.waiting.keys()].filter((run) => !pending.some(({ run_id }) => run_id === run))
  const first = missing.reduce<Step>((step, run) => {
    const { inbox, send } = gone(step.inbox, run, null)
    return { inbox, send: [...step.send, ...send] }
  }, stay(inbox))
  // A run is held once: a list that was made before somebody decided brings nothing back.
  const waiting = new Map(
    pending.filter(({ run_id }) => !first.inbox.told.has(run_id)).map((one) => [one.run_id as string, one])
  )
  return { ...first, inbox: { ...first.inbox, waiting } }
}

export const step = (inbox: Inbox, event: InboxEvent): Step => {
  switch (event.type) {
    case "listed":
      return listed(inbox, event.pending)
    case "held": {
      const { pending } = event
      if (inbox.told.has(pending.run_id)) return stay(inbox)
      return stay({ ...inbox, waiting: new Map([...inbox.waiting, [pending.run_id, pending]]) })
    }
    case "decided":
      return gone(inbox, event.run, event.decided)
    case "wished": {
      const { wish } = event
      if (!inbox.waiting.has(wish.run) || isOnItsWay(inbox.own.get(wish.run))) return stay(inbox)
      return stay({ ...inbox, own: put(inbox.own, wish.run, { phase: "counting", wish }) })
    }
    case "undone":
      return inbox.own.get(event.run)?.phase === "sending"
        ? stay(inbox)
        : stay({ ...inbox, own: without(inbox.own, event.run) })
    case "elapsed": {
      const wish = found(inbox, "counting", event.key)
      return wish ? send(inbox, [wish]) : stay(inbox)
    }
    case "leaving":
      return send(
        inbox,
        [...inbox.own.values()].filter(({ phase }) => phase === "counting").map(({ wish }) => wish)
      )
    case "again": {
      const own = inbox.own.get(event.run)
      return own?.phase === "unsent" ? send(inbox, [own.wish]) : stay(inbox)
    }
    case "answered": {
      const wish = found(inbox, "sending", event.key)
      if (!wish) return stay(inbox)
      return gone({ ...inbox, own: without(inbox.own, wish.run) }, wish.run, event.decided, true)
    }
    case "refused": {
      const wish = found(inbox, "sending", event.key)
      if (!wish) return stay(inbox)
      const { why, retryable } = event
      return stay({
        ...inbox,
        own: put(inbox.own, wish.run, { phase: retryable ? "unsent" : "lost", wish, why })
      })
    }
  }
}

/** What of it is looked at; null for all. */
export interface Filter {
  readonly threshold: Threshold | null
  /** A session's or a runbook's id. */
  readonly host: string | null
}

export const everything: Filter = { threshold: null, host: null }

/** What a held run is a part of. */
export const hostOf = ({ session_id, runbook_run_id }: Pending): string => session_id ?? runbook_run_id ?? ""

/** What waits, the oldest first. */
export const listOf = ({ waiting }: Inbox, { threshold, host }: Filter): ReadonlyArray<Pending> =>
  [...waiting.values()]
    .filter((one) => threshold === null || one.threshold_key === threshold)
    .filter((one) => host === null || hostOf(one) === host)
    .toSorted((a, b) => a.held_at - b.held_at || (a.run_id < b.run_id ? -1 : 1))

/** How many wait for somebody to decide. */
export const countOf = ({ waiting, own }: Inbox): number =>
  [...waiting.keys()].filter((run) => !isOnItsWay(own.get(run))).length

/** What was decided lately, the latest first. */
export const latelyOf = ({ told }: Inbox, limit: number): ReadonlyArray<Told> =>
  [...told.values()].toReversed().slice(0, limit)

/** The decision that can still be taken back, the latest of several. */
export const undoable = ({ own }: Inbox): Wish | null =>
  [...own.values()].findLast(({ phase }) => phase === "counting")?.wish ?? null

/** The one before or after in a list; the first of it, where `run` is none of them. */
export const beside = (list: ReadonlyArray<Pending>, run: string | null, by: 1 | -1): string | null => {
  const at = list.findIndex(({ run_id }) => run_id === run)
  return list[at < 0 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))]?.run_id ?? null
}
