/** Owns how a text is shown to the letter: what nobody would see has a mark in its place, and nothing turns its direction. */
import { useMemo } from "preact/hooks"
import { strings } from "../strings.ts"
import { blocksOf, hiddenIn, type Piece, piecesOf, type Sort, type Spaces } from "./visible.ts"

const { exact } = strings

/** More of the same character than this is shown once, and counted. */
const MANY = 3

/** A space or a tab that is no more than that. */
const PLAIN = new Set(["·", "⇥"])

const Mark = ({ mark, label, code, count }: Extract<Piece, { readonly label: string }>) => {
  const name = exact.mark(exact.sorts[mark], code, count)
  return (
    <span class={`sign ${PLAIN.has(label) ? "plain" : mark}`} role="img" aria-label={name} title={name}>
      {count > MANY
        ? `${label}×${count}`
        : Array.from({ length: count }, () => label).join(PLAIN.has(label) ? "" : " ")}
    </span>
  )
}

/** The pieces of a text in a line. The characters that a mark stands for are not in the page. */
export const Marked = ({ text, spaces = "last" }: { readonly text: string; readonly spaces?: Spaces }) => (
  <>
    {piecesOf(text, spaces).map((piece, index) =>
      piece.mark === null ? piece.raw : <Mark key={index} {...piece} />
    )}
  </>
)

/** A warning that there is something in a text that nobody would see; null where there is not. */
const Hidden = ({ text }: { readonly text: string }) => {
  const counts = useMemo(() => hiddenIn(piecesOf(text)), [text])
  const sorts = Object.entries(counts) as ReadonlyArray<readonly [Sort, number]>
  if (sorts.length === 0) return null
  const total = sorts.reduce((sum, [, count]) => sum + count, 0)
  return (
    <p class="hidden-note">
      {exact.hidden(
        total,
        sorts.map(([sort, count]) => exact.sort[sort](count))
      )}
    </p>
  )
}

/** A whole text. `label` is the name under which a screen reader finds it. */
export const ExactText = ({ text, label }: { readonly text: string; readonly label: string }) => {
  const blocks = useMemo(() => blocksOf(text), [text])
  return (
    <>
      <Hidden text={text} />
      <div class="exact" role="region" aria-label={label}>
        {blocks.map((block, index) => (
          <div key={index} dir="auto">
            <Marked text={block} />
          </div>
        ))}
      </div>
    </>
  )
}
