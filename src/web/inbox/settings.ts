/** Owns what a person has set about the inbox in this browser. */
import { effect, signal, type Signal } from "@preact/signals"

const kept = (key: string, initial: string): Signal<string> => {
  const value = signal(localStorage.getItem(key) ?? initial)
  effect(() => localStorage.setItem(key, value.value))
  return value
}

/** Seconds in which a decision can be taken back. */
export const PATIENCE = [5, 20, 60] as const
export const patience = kept("io3.inbox.undo", "5")

export const undoMillis = (): number =>
  1000 * (PATIENCE.find((seconds) => String(seconds) === patience.value) ?? PATIENCE[0])

/** Whether single keys decide; `on` or `off`. */
export const keys = kept("io3.inbox.keys", "on")
/** Whether the browser tells that something waits; `on` or `off`. */
export const notices = kept("io3.inbox.notices", "off")
