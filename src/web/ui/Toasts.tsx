/** Owns short messages at the foot of the page, and the moment in which something can still be taken back. */
import { signal } from "@preact/signals"
import { useEffect, useState } from "preact/hooks"
import { announce } from "./Announcer.tsx"

interface Toast {
  readonly id: number
  readonly text: string
  readonly action: { readonly label: string; readonly run: () => void } | null
  /** When it goes, where the seconds until then are shown; else null. */
  readonly until: { readonly at: number; readonly says: (seconds: number) => string } | null
}

const toasts = signal<ReadonlyArray<Toast>>([])
let count = 0

const drop = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id))

/** Shows a message for so many milliseconds, and the seconds that are left of them as `counts` says it; the answer takes it away. */
export const toast = (
  text: string,
  action: Toast["action"] = null,
  millis = 5000,
  { counts }: { readonly counts?: (seconds: number) => string } = {}
): (() => void) => {
  const id = count++
  toasts.value = [
    ...toasts.value,
    { id, text, action, until: counts ? { at: Date.now() + millis, says: counts } : null }
  ]
  announce(text)
  const timer = setTimeout(() => drop(id), millis)
  return () => {
    clearTimeout(timer)
    drop(id)
  }
}

/** Seconds that are left, as a number. A screen reader has heard the message, and is not told each of them. */
const Countdown = ({ at, says }: NonNullable<Toast["until"]>) => {
  const left = () => Math.max(0, Math.ceil((at - Date.now()) / 1000))
  const [seconds, setSeconds] = useState(left)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left()), 200)
    return () => clearInterval(timer)
  }, [at])
  return (
    <span class="countdown" aria-hidden="true">
      {says(seconds)}
    </span>
  )
}

export const Toasts = () => (
  <div class="toasts">
    {toasts.value.map(({ id, text, action, until }) => (
      <div key={id}>
        <span>{text}</span>
        {until !== null && <Countdown {...until} />}
        {action && (
          <button type="button" onClick={() => (drop(id), action.run())}>
            {action.label}
          </button>
        )}
      </div>
    ))}
  </div>
)
