/** Owns what is said to a screen reader: one sentence at a time, and the same one only once. */
import { signal } from "@preact/signals"

const polite = signal("")
const urgent = signal("")

/** Says a sentence when there is a pause, or at once. */
export const announce = (sentence: string, { now = false } = {}): void => {
  const place = now ? urgent : polite
  place.value = ""
  setTimeout(() => (place.value = sentence), 60)
}

export const Announcer = () => (
  <>
    <div class="unseen" role="status" aria-live="polite">
      {polite}
    </div>
    <div class="unseen" role="alert" aria-live="assertive">
      {urgent}
    </div>
  </>
)
