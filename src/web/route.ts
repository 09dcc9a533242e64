/** Owns which part of the page is shown: it stands in the fragment of the address, which no server is sent. */
import { computed, effect, signal } from "@preact/signals"

const PARTS = ["chat", "inbox", "ledger", "system"] as const
export type Part = (typeof PARTS)[number]

export interface Route {
  readonly part: Part
  /** What of it: a session, a held run, a run; null for none. */
  readonly id: string | null
}

const fragment = signal(location.hash)
globalThis.addEventListener("hashchange", () => (fragment.value = location.hash))

/** Null for what nobody has written as an address. */
const decoded = (id: string): string | null => {
  try {
    return decodeURIComponent(id)
  } catch {
    return null
  }
}

export const route = computed((): Route => {
  const [, part, id] = fragment.value.replace(/^#/u, "").split("/")
  return { part: PARTS.find((known) => known === part) ?? "chat", id: id ? decoded(id) : null }
})

/** What of each part was open last: who comes back finds it. */
const last = new Map<Part, string | null>()
effect(() => void last.set(route.value.part, route.value.id))
export const lastIn = (part: Part): string | null => last.get(part) ?? null

export const hrefOf = (part: Part, id: string | null = null): string =>
  id === null ? `#/${part}` : `#/${part}/${encodeURIComponent(id)}`

export const go = (part: Part, id: string | null = null, { replace = false } = {}): void => {
  if (replace) history.replaceState(null, "", hrefOf(part, id))
  else history.pushState(null, "", hrefOf(part, id))
  fragment.value = location.hash
}
