/** Owns how many turns wait for a steward, as far as the page knows. */
import { signal } from "@preact/signals"

export const waitingCount = signal(0)
