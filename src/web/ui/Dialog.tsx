/** Owns a dialog over the page: the browser keeps the focus in it, and Escape leaves it. */
import type { ComponentChildren } from "preact"
import { useEffect, useRef } from "preact/hooks"
import { strings } from "../strings.ts"
import { Icon } from "./Icon.tsx"
import { IconButton } from "./Parts.tsx"

export const Dialog = ({
  title,
  kind = "middle",
  close,
  children
}: {
  readonly title: string
  /** In the middle of the page, or a drawer at its side. */
  readonly kind?: "middle" | "drawer"
  readonly close: () => void
  readonly children: ComponentChildren
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const before = document.activeElement
    dialog.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class={`dialog ${kind}`}
      aria-label={title}
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="inside">
        <header>
          <h2>{title}</h2>
          <IconButton label={strings.common.close} onClick={close}>
            <Icon name="close" />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  )
}
