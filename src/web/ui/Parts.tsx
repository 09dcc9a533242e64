/** Owns the small parts that every view is made of. */
import type { ButtonHTMLAttributes, ComponentChildren } from "preact"
import { Refusal } from "../server/ask.ts"
import { strings } from "../strings.ts"

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly kind?: "main" | "danger" | "plain"
}

export const Button = ({ kind, class: more, ...props }: ButtonProps) => (
  <button type="button" class={`button ${kind ?? ""} ${typeof more === "string" ? more : ""}`} {...props} />
)

/** A button that shows a sign alone; `label` is its name. */
export const IconButton = ({ label, ...props }: ButtonProps & { readonly label: string }) => (
  <Button kind="plain" {...props} class="icon" aria-label={label} title={label} />
)

export type Tone = "plain" | "good" | "wait" | "bad"

export const Badge = ({
  tone = "plain",
  children
}: {
  readonly tone?: Tone
  readonly children: ComponentChildren
}) => <span class={`badge ${tone}`}>{children}</span>

export interface Fact {
  readonly name: string
  readonly value: ComponentChildren
}

/** Names and values as an instrument shows them. What has no value is left out. */
export const Facts = ({ facts }: { readonly facts: ReadonlyArray<Fact> }) => (
  <dl class="facts">
    {facts
      .filter(({ value }) => value !== null && value !== undefined && value !== "")
      .map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

export const Busy = ({ label = strings.common.loading }: { readonly label?: string }) => (
  <span class="busy" role="img" aria-label={label} />
)

/** A place where there is nothing yet, and what to do about it. */
export const Empty = ({
  title,
  children
}: {
  readonly title: string
  readonly children?: ComponentChildren
}) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
)

/** A refusal with its code, what it means and what helps; `again` is there only where trying again is safe. */
export const RefusalNote = ({
  why,
  again
}: {
  readonly why: unknown
  readonly again?: (() => void) | undefined
}) => {
  const code = why instanceof Refusal ? why.code : "SERVER_UNREACHABLE"
  const known = strings.problems[code]
  const title = known?.title ?? (why instanceof Refusal ? why.problem?.title : undefined) ?? code
  return (
    <div class="note bad" role="alert">
      <strong>{title}</strong>
      {known && <span>{known.next}</span>}
      <code>{code}</code>
      {again && (
        <div class="row">
          <Button onClick={again}>{strings.common.again}</Button>
        </div>
      )}
    </div>
  )
}
