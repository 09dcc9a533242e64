/** Owns how code in an answer is shown: its language, its colours once it is finished, and a way to copy it. */
import type { ComponentChildren } from "preact"
import { useEffect, useState } from "preact/hooks"
import { strings } from "../../strings.ts"
import { CopyButton } from "../CopyButton.tsx"
import type { Piece } from "./highlight.ts"

/** Colours of more than this would keep the page from answering. */
const LONGEST = 60_000

const shown = (pieces: ReadonlyArray<Piece>): ComponentChildren =>
  pieces.map((piece) =>
    typeof piece === "string" ? piece : <span class={`hl-${piece.scope}`}>{shown(piece.pieces)}</span>
  )

export const Code = ({
  code,
  language,
  isFinished
}: {
  readonly code: string
  readonly language: string
  readonly isFinished: boolean
}) => {
  const [pieces, setPieces] = useState<{ readonly of: string; readonly all: ReadonlyArray<Piece> } | null>(
    null
  )
  useEffect(() => {
    if (!isFinished || language === "" || code.length > LONGEST) return
    let isWanted = true
    import("./highlight.ts")
      .then(({ highlight }) => {
        const all = highlight(code, language)
        if (isWanted && all) setPieces({ of: code, all })
      })
      // Without colours it is the same code.
      .catch(() => {})
    return () => {
      isWanted = false
    }
  }, [code, language, isFinished])
  return (
    <figure class="code" dir="ltr">
      <figcaption>
        <span>{language === "" ? strings.markdown.code : language}</span>
        <CopyButton text={() => code} label={strings.markdown.copyCode} />
      </figcaption>
      <pre tabIndex={0} aria-label={strings.markdown.codeIn(language)}>
        <code>{pieces?.of === code ? shown(pieces.all) : code}</code>
      </pre>
    </figure>
  )
}
