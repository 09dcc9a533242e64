/** Owns who the page asks for: nobody it has to name on this machine, or whoever a link of `io3 token login` was printed for. */
import { computed, effect, signal } from "@preact/signals"
import { ask, Refusal, respond, timesUnknown } from "../server/ask.ts"
import type { Answer } from "../server/contract.ts"

export type Caller = Answer<"logins.whoami">

/** `outside`: nobody comes in without a token. `unknown`: the server has not said yet. */
export type Who =
  | { readonly is: "unknown" }
  | { readonly is: "inside"; readonly caller: Caller | null }
  | { readonly is: "outside"; readonly why: Refusal | null }

export const who = signal<Who>({ is: "unknown" })
const AGAIN_MILLIS = 2000

export const caller = computed(() => (who.value.is === "inside" ? who.value.caller : null))

/** Whether whoever it is may read what has left, and titles. */
export const mayRead = computed(() => caller.value?.role !== "viewer")
/** Whether whoever it is may ask. */
export const mayAsk = computed(() => caller.value?.role !== "viewer" && caller.value?.role !== "steward")
/** Whether whoever it is may see what is held, and decide. */
export const mayDecide = computed(() => caller.value?.role !== "viewer" && caller.value?.role !== "operator")
export const role = computed(() => caller.value?.role ?? null)
/** Whether there is somebody to log out. */
export const isNamed = computed(() => caller.value?.closed === true)

const WHOSE = "io3.whose"

/** What this tab keeps; null where a browser keeps nothing. */
const kept = ((): Storage | null => {
  try {
    return sessionStorage
  } catch {
    return null
  }
})()

/** What was written and shown in this tab is theirs for whom it was: whoever comes after them begins anew. */
const anew = (whose: string | null): void => {
  kept?.clear()
  if (whose !== null) kept?.setItem(WHOSE, whose)
  location.reload()
}

/** Whether somebody is inside since the page was loaded. */
let isShown = false

const show = (caller: Caller): void => {
  const whose = `${caller.principal} ${caller.role ?? ""}`
  const before = kept?.getItem(WHOSE) ?? null
  if (before !== null && before !== whose) return anew(whose)
  kept?.setItem(WHOSE, whose)
  isShown = true
  who.value = { is: "inside", caller }
}

/** Asks until there is an answer. */
export const learn = async (): Promise<void> => {
  try {
    show(await ask("logins.whoami"))
  } catch (why) {
    if (why instanceof Refusal && why.status === 401) {
      who.value = { is: "outside", why }
    } else {
      // The page says by itself that the server does not answer.
      who.value = { is: "inside", caller: null }
      if (!(why instanceof Refusal) || why.status === 0 || why.status >= 500)
        setTimeout(() => void learn(), AGAIN_MILLIS)
    }
  }
}

// A token that was revoked while the page was open.
effect(() => {
  if (timesUnknown.value > 0 && who.peek().is === "inside") void learn()
})

const LINK = /#\/login\/([\w.~-]+)$/u

export const secretIn = (text: string): string | null => LINK.exec(text.trim())?.[1] ?? null

/** Uses a secret up. It leaves the address at once, and is never in it again. */
export const enter = async (secret: string): Promise<void> => {
  who.value = { is: "unknown" }
  try {
    await respond("logins.login", { body: { secret } }, {})
    // What has followed the server for whoever was here follows it no more.
    if (isShown) location.reload()
    else await learn()
  } catch (why) {
    who.value = { is: "outside", why: why instanceof Refusal ? why : null }
  }
}

export const leave = async (): Promise<void> => {
  await respond("logins.logout", {}, {}).catch(() => {})
  history.replaceState(null, "", "#/chat")
  anew(null)
}

/** Uses up the secret that somebody has put into the address; false where there is none. */
const entered = (): boolean => {
  const secret = secretIn(location.hash)
  if (secret === null) return false
  history.replaceState(null, "", "#/chat")
  globalThis.dispatchEvent(new HashChangeEvent("hashchange"))
  void enter(secret)
  return true
}

/** How the page begins: with a secret of its address, or with what the browser has. Later, too, one may be put there. */
export const begin = (): (() => void) => {
  if (!entered()) void learn()
  globalThis.addEventListener("hashchange", entered)
  return () => globalThis.removeEventListener("hashchange", entered)
}
