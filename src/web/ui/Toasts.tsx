/** Owns short messages at the foot of the page, and the moment in which something can still be taken back. */
import { signal } from "@preact/signals"
import { announce } from "./Announcer.tsx"

interface Toast {
  readonly id: number
  readonly text: string
  readonly action: { readonly label: string; readonly run: () => void } | null
}

const toasts = signal<ReadonlyArray<Toast>>([])
let count = 0

const drop = (id: number) => (toasts.value = toasts.value.filter((toast) => toast.id !== id))

/** Shows a message for so many milliseconds; the answer takes it away. */
export const toast = (text: string, action: Toast["action"] = null, millis = 5000): (() => void) => {
  const id = count++
  toasts.value = [...toasts.value, { id, text, action }]
  announce(text)
  const timer = setTimeout(() => drop(id), millis)
  return () => {
    clearTimeout(timer)
    drop(id)
  }
}

export const Toasts = () => (
  <div class="toasts">
    {toasts.value.map(({ id, text, action }) => (
      <div key={id}>
        <span>{text}</span>
        {action && (
          <button type="button" onClick={() => (drop(id), action.run())}>
            {action.label}
          </button>
        )}
      </div>
    ))}
  </div>
)
