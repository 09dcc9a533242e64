/** Owns how the page hears what waits and what was decided. */
import { ask, Refusal } from "../server/ask.ts"
import type { InboxEvent } from "./fold.ts"

export interface Listener {
  readonly event: (event: InboxEvent) => void
  /** It is open; or broken, and will be tried again. */
  readonly connected: (isOpen: boolean) => void
  /** It will not be tried again. */
  readonly over: (why: Refusal) => void
}

const EVERY = 2000

/** Listens until the answer is called. */
export const listen = (listener: Listener): (() => void) => {
  const stop = new AbortController()
  const once = async (): Promise<void> => {
    try {
      const { pending } = await ask("steward.pending", { signal: stop.signal })
      listener.connected(true)
      listener.event({ type: "listed", pending })
    } catch (why) {
      if (stop.signal.aborted) return
      if (why instanceof Refusal && !why.retryable && why.status < 500) return listener.over(why)
      listener.connected(false)
    }
    setTimeout(() => !stop.signal.aborted && void once(), EVERY)
  }
  void once()
  return () => stop.abort()
}
