/** Owns how it is said that there is no answer: what happened, what helps, and the code of it. */
import type { ComponentChildren } from "preact"
import { Refusal } from "../server/ask.ts"
import { strings } from "../strings.ts"

interface Said {
  readonly code: string
  readonly title: string
  readonly next: string | null
}

export const problemOf = (code: string, title?: string): Said => {
  const known = strings.chat.problems[code] ?? strings.problems[code]
  return { code, title: known?.title ?? title ?? code, next: known?.next ?? null }
}

export const refusalOf = (why: unknown): Said =>
  why instanceof Refusal ? problemOf(why.code, why.problem?.title) : problemOf("SERVER_UNREACHABLE")

export const Problem = ({
  said: { code, title, next },
  tone = "bad",
  isNew = false,
  children
}: {
  readonly said: Said
  readonly tone?: "bad" | "quiet"
  /** Whether it is said to whoever listens: what has been there for long is not. */
  readonly isNew?: boolean
  readonly children?: ComponentChildren
}) => (
  <div class={`note ${tone}`} role={isNew ? "alert" : undefined}>
    <strong>{title}</strong>
    {next && <span>{next}</span>}
    <code>{code}</code>
    {children && <div class="row">{children}</div>}
  </div>
)
