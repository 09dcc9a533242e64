/** Owns how the way from one text to another is shown: what went is struck through, what came is underlined, and each says so. */
import { useEffect, useState } from "preact/hooks"
import { strings } from "../strings.ts"
import { Marked } from "./ExactText.tsx"
import { Busy } from "./Parts.tsx"
import { lineCount, type Segment } from "./segments.ts"

const { exact } = strings

/** Whether nobody would see what has changed, but for a mark. */
const isBlank = (text: string): boolean => text.trim() === ""

/** A line's end that came or went is seen by its sign. */
const Changed = ({ raw, kind }: { readonly raw: string; readonly kind: "added" | "removed" }) => {
  const lines = raw.split("\n")
  return (
    <>
      <span class="unseen">{` ${exact[kind]}: `}</span>
      {lines.map((line, index) => (
        <span key={index}>
          <Marked
            text={line}
            spaces={isBlank(raw) || index < lines.length - 1 ? "last" : "before a line's end"}
          />
          {index < lines.length - 1 && (
            <>
              <span class="line-end" aria-hidden="true">
                ↵
              </span>
              {"\n"}
            </>
          )}
        </span>
      ))}
      <span class="unseen">{` ${exact.end} `}</span>
    </>
  )
}

const Part = ({ kind, raw }: Segment) => {
  const [isShown, setShown] = useState(false)
  switch (kind) {
    case "added":
      return (
        <ins>
          <Changed raw={raw} kind={kind} />
        </ins>
      )
    case "removed":
      return (
        <del>
          <Changed raw={raw} kind={kind} />
        </del>
      )
    case "kept":
      return <Marked text={raw} spaces="before a line's end" />
    case "gap":
      return isShown ? (
        <Marked text={raw} spaces="before a line's end" />
      ) : (
        <button type="button" class="diff-gap" onClick={() => setShown(true)}>
          {exact.gap(lineCount(raw))}
        </button>
      )
  }
}

interface Compared {
  readonly before: string
  readonly after: string
  readonly segments: ReadonlyArray<Segment> | null
}

/** The way from `before` to `after`, as soon as they are compared. */
export const Diff = ({
  before,
  after,
  label
}: {
  readonly before: string
  readonly after: string
  readonly label: string
}) => {
  const [compared, setCompared] = useState<Compared | null>(null)
  useEffect(() => {
    let isWanted = true
    void import("./compare.ts").then(({ compare }) => {
      if (isWanted) setCompared({ before, after, segments: compare(before, after) })
    })
    return () => {
      isWanted = false
    }
  }, [before, after])
  if (compared === null) return <Busy label={exact.comparing} />
  // What was compared last stays until the next is: a text that is being typed does not flicker.
  const { segments } = compared
  if (segments === null) return <p class="soft">{exact.tooLarge}</p>
  if (segments.every(({ kind }) => kind === "kept")) return <p class="soft">{exact.same}</p>
  return (
    <div class="exact diff" role="region" aria-label={label} dir="auto">
      {segments.map((segment, index) => (
        <Part key={`${index}${segment.kind}`} {...segment} />
      ))}
    </div>
  )
}
