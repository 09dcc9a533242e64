/** Owns the button that copies a text, and says so where it was pressed. */
import { useEffect, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { announce } from "./Announcer.tsx"
import { Icon } from "./Icon.tsx"
import { IconButton } from "./Parts.tsx"
import { toast } from "./Toasts.tsx"

const SHOWN_MILLIS = 1600

export const CopyButton = ({
  text,
  label = strings.common.copy
}: {
  readonly text: () => string
  readonly label?: string
}) => {
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), SHOWN_MILLIS)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => (setCopied(true), announce(strings.common.copied)),
      () => toast(strings.markdown.copyRefused)
    )
  }
  return (
    <IconButton label={isCopied ? strings.common.copied : label} onClick={copy}>
      <Icon name={isCopied ? "check" : "copy"} size={16} />
    </IconButton>
  )
}
