/** Owns how many turns wait for a steward, as far as the page knows. It listens from the beginning of the page to its end. */
import { computed } from "@preact/signals"
import { countOf } from "./fold.ts"
import { inbox, open } from "./store.ts"

export const waitingCount = computed(() => countOf(inbox.value))

open()
