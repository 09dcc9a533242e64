/** Owns how many turns wait for a steward, as far as the page knows. It listens for as long as somebody is let in. */
import { computed, effect, untracked } from "@preact/signals"
import { who } from "../who/who.ts"
import { forgetAll } from "./drafts.ts"
import { countOf } from "./fold.ts"
import { inbox, open, shut } from "./store.ts"

export const waitingCount = computed(() => countOf(inbox.value))

/** Somebody else is told nothing of what the one before was shown. */
const whose = computed(() => {
  if (who.value.is !== "inside") return null
  const { caller } = who.value
  return caller === null ? "nobody knows" : `${caller.principal} ${caller.role}`
})

let last: string | null = null
effect(() => {
  const now = whose.value
  untracked(() => {
    if (now === null) return shut()
    if (last !== null && last !== now) forgetAll()
    last = now
    open()
  })
})
