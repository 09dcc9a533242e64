/**
 * Owns how what is typed becomes one message: a backslash at the end of a line goes on, what stands between two `"""` is one
 * message, and so is a pasted block. Pure.
 */
import { Content } from "../../domain/Content.ts"
import type { Heard } from "../../ports/Lines.ts"

/** What was typed of a message that goes on. */
export interface Draft {
  readonly parts: ReadonlyArray<Content>
  readonly isFenced: boolean
}
export const blank: Draft = { parts: [], isFenced: false }

/** `isLiteral`: it was marked as text, and is no command whatever it begins with. */
export type Grown =
  | { readonly _tag: "More"; readonly draft: Draft }
  | { readonly _tag: "Message"; readonly content: Content; readonly isLiteral: boolean }

type Typed = Extract<Heard, { readonly _tag: "Line" | "Block" }>

export const grow = ({ parts, isFenced }: Draft, { _tag, content }: Typed): Grown => {
  if (isFenced) return fenced(parts, content)
  if (parts.length === 0 && content.use((text) => OPENING.test(text))) {
    return fenced(
      [],
      content.use((text) => Content.of(text.replace(OPENING, "")))
    )
  }
  if (_tag === "Block") return { _tag: "Message", content: joined([...parts, content]), isLiteral: true }
  if (content.use((text) => text.endsWith("\\"))) {
    return {
      _tag: "More",
      draft: { parts: [...parts, content.use((text) => Content.of(text.slice(0, -1)))], isFenced: false }
    }
  }
  return { _tag: "Message", content: joined([...parts, content]), isLiteral: parts.length > 0 }
}

/** What there is of a message whose end never came. */
export const cut = ({ parts }: Draft): Content => joined(parts)

const OPENING = /^\s*"""/u
const CLOSING = /"""\s*$/u

const fenced = (parts: ReadonlyArray<Content>, content: Content): Grown => {
  const isClosed = content.use((text) => CLOSING.test(text))
  const text = isClosed ? content.use((all) => Content.of(all.replace(CLOSING, ""))) : content
  // A mark that stands alone on its line is no line of the message.
  const all = text.isBlank && (parts.length === 0 || isClosed) ? parts : [...parts, text]
  return isClosed
    ? { _tag: "Message", content: joined(all), isLiteral: true }
    : { _tag: "More", draft: { parts: all, isFenced: true } }
}

const joined = (parts: ReadonlyArray<Content>): Content =>
  Content.concat(parts.flatMap((part, index) => (index === 0 ? [part] : ["\n", part])))
