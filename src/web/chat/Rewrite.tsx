/** Owns where something that was asked is written anew. */
import { useLayoutEffect, useRef, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { Button } from "../ui/Parts.tsx"
import { isSend } from "./keys.ts"

export const Rewrite = ({
  text,
  send,
  close
}: {
  readonly text: string
  readonly send: (text: string) => void
  readonly close: () => void
}) => {
  const [value, setValue] = useState(text)
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.setSelectionRange(text.length, text.length)
  }, [])
  const done = () => value.trim() !== "" && send(value.trim())
  return (
    <div class="rewrite">
      <textarea
        ref={field}
        class="field"
        dir="auto"
        rows={Math.min(12, text.split("\n").length + 1)}
        aria-label={strings.chat.editLabel}
        value={value}
        onInput={({ currentTarget }) => setValue(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation()
            close()
          } else if (isSend(event)) {
            event.preventDefault()
            done()
          }
        }}
      />
      <div class="row">
        <Button kind="plain" onClick={close}>
          {strings.common.cancel}
        </Button>
        <Button kind="main" onClick={done} disabled={value.trim() === ""}>
          {strings.chat.editSend}
        </Button>
      </div>
    </div>
  )
}
