/** Owns short messages at the foot of the page, and the moment in which something can still be taken back. */
import { signal } from "@preact/signals"
import { useEffect, useState } from "preact/hooks"
import { announce } from "./Announcer.tsx"

interface Toast {
  readonly id: number
  readonly text: string
  readonly action: { readonly label: string; readonly run: () => void } | null
  /** When it goes, where the seconds until then are shown; else null. */
  readonly until: number | null
}

const toasts = signal<ReadonlyArray<Toast>>([])
let count = 0

const drop = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id))

/** Shows a message for so many milliseconds, and how many are left of them if it `counts`; the answer takes it away. */
export const toast = (
  text: string,
  action: Toast["action"] = null,
  millis = 5000,
  { counts = false } = {}
): (() => void) => {
  const id = count++
  toasts.value = [...toasts.value, { id, text, action, until: counts ? Date.now() + millis : null }]
  announce(text)
  const timer = setTimeout(() => drop(id), millis)
  return () => {
    clearTimeout(timer)
    drop(id)
  }
}

/** Seconds that are left, as a number. A screen reader has heard the message, and is not told each of them. */
const Countdown = ({ until }: { readonly until: number }) => {
  const left = () => Math.max(0, Math.ceil((until - Date.now()) / 1000))
  const [seconds, setSeconds] = useState(left)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left()), 200)
    return () => clearInterval(timer)
  }, [until])
  return (
    <span class="countdown" aria-hidden="true">
      {seconds}
    </span>
  )
}

export const Toasts = () => (
  <div class="toasts">
    {toasts.value.map(({ id, text, action, until }) => (
      <div key={id}>
        <span>{text}</span>
        {until !== null && <Countdown until={until} />}
        {action && (
          <button type="button" onClick={() => (drop(id), action.run())}>
            {action.label}
          </button>
        )}
      </div>
    ))}
  </div>
)
