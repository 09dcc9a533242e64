/** Owns the button that has the browser check the ledger, and what it says then. */
import { useRef, useState } from "preact/hooks"
import { count, duration } from "../../format.ts"
import { hrefOf } from "../../route.ts"
import { Refusal } from "../../server/ask.ts"
import { strings } from "../../strings.ts"
import { Icon } from "../../ui/Icon.tsx"
import { Button, Facts, RefusalNote } from "../../ui/Parts.tsx"
import type { Verdict } from "./checking.ts"
import {
  cancel,
  kept,
  type Subject,
  trustOf,
  verification,
  verifyFile,
  verifyServer
} from "./verification.ts"

const words = strings.ledger.verify
/** A checkpoint is a line. */
const MOST_KEPT = 4096

const Working = ({ rows, total }: { readonly rows: number; readonly total: number | null }) => (
  <div class="note working">
    <progress
      aria-label={words.progress}
      {...(total !== null && { max: total, value: Math.min(rows, total) })}
    />
    <span>{words.working(count(rows), total === null ? null : count(total))}</span>
    <Button onClick={cancel}>{strings.common.cancel}</Button>
  </div>
)

const WhereFalse = ({ verdict }: { readonly verdict: Verdict & { readonly ok: false } }) => {
  const { position, seq, stream } = verdict
  if (position === null || seq === null || stream === null) return <span>{words.whole}</span>
  const [kind, id = kind] = stream.split("/")
  return (
    <span>
      {words.where}: {words.place(count(position), count(seq))}{" "}
      <a href={hrefOf("ledger", id ?? "")}>{stream}</a>
    </span>
  )
}

const Found = ({
  verdict,
  of,
  millis
}: {
  readonly verdict: Verdict
  readonly of: Subject
  readonly millis: number
}) => {
  const subject = of === "file" ? words.ofFile : words.ofServer
  if (!verdict.ok) {
    return (
      <div class="note bad" role="alert">
        <strong>{words.false}</strong>
        <span>{verdict.sentence}</span>
        <WhereFalse verdict={verdict} />
        <code>{verdict.falsehood}</code>
      </div>
    )
  }
  const { facts } = words
  return (
    <div class="note good">
      <strong>
        {words.holds}: {subject}
      </strong>
      {verdict.signatures === "unchecked" && <span class="caution">{words.unchecked}</span>}
      <span>{verdict.vouched ? words.vouched : words.unvouched}</span>
      <Facts
        facts={[
          { name: facts.rows, value: count(verdict.rows) },
          { name: facts.streams, value: count(verdict.streams) },
          { name: facts.runs, value: count(verdict.runs) },
          { name: facts.configurations, value: count(verdict.configurations) },
          { name: facts.took, value: duration(millis) },
          {
            name: facts.checkpoint,
            value: verdict.checkpoint === null ? null : words.atPosition(count(verdict.checkpoint))
          },
          { name: facts.root, value: verdict.root },
          { name: facts.key, value: verdict.key }
        ]}
      />
    </div>
  )
}

/** What somebody has kept elsewhere: pasted, or dropped as a file. */
const Kept = () => {
  const isUnknown = trustOf(kept.value) === null
  return (
    <details class="kept" open={kept.value !== ""}>
      <summary>{words.trust}</summary>
      <label class="label">
        {words.trustHint}
        <textarea
          class="field fact-field"
          rows={3}
          spellcheck={false}
          autocomplete="off"
          maxLength={MOST_KEPT}
          value={kept.value}
          aria-invalid={isUnknown}
          aria-describedby="kept-problem"
          onInput={(event) => (kept.value = event.currentTarget.value)}
          onDrop={(event) => {
            const file = event.dataTransfer?.files[0]
            if (!file || file.size > MOST_KEPT) return
            event.preventDefault()
            event.stopPropagation()
            void file.text().then((text) => (kept.value = text))
          }}
        />
      </label>
      <p id="kept-problem" class="problem">
        {isUnknown && words.trustUnknown}
      </p>
    </details>
  )
}

export const Verify = () => {
  const chooser = useRef<HTMLInputElement>(null)
  const [isOver, setIsOver] = useState(false)
  const now = verification.value
  const isWorking = now.state === "working"
  const mayBegin = !isWorking && trustOf(kept.value) !== null
  const take = (file: File | undefined) => {
    if (file && mayBegin) verifyFile(file)
  }
  const isRefused =
    now.state === "failed" && now.of === "server" && now.why instanceof Refusal && now.why.status === 500
  return (
    <section
      class={`verify ${isOver ? "dropping" : ""}`}
      aria-labelledby="verify"
      onDragOver={(event) => {
        event.preventDefault()
        setIsOver(true)
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setIsOver(false)
        take(event.dataTransfer?.files[0])
      }}
    >
      <h2 id="verify">{words.title}</h2>
      <p class="about">{words.about}</p>
      <div class="row">
        <Button kind="main" onClick={verifyServer} disabled={!mayBegin}>
          <Icon name="check" />
          {now.state === "done" ? words.again : words.action}
        </Button>
        <Button onClick={() => chooser.current?.click()} disabled={!mayBegin}>
          <Icon name="file" />
          {words.file}
        </Button>
        <span class="about">{words.fileHint}</span>
        <input
          ref={chooser}
          type="file"
          hidden
          onChange={(event) => {
            take(event.currentTarget.files?.[0])
            event.currentTarget.value = ""
          }}
        />
      </div>
      {isWorking && <Working rows={now.rows} total={now.total} />}
      {now.state === "done" && <Found {...now} />}
      {now.state === "failed" &&
        (isRefused ? (
          <div class="note bad" role="alert">
            <strong>{words.false}</strong>
            <span>{words.refused}</span>
          </div>
        ) : now.why instanceof Refusal ? (
          <RefusalNote why={now.why} again={now.of === "server" ? verifyServer : undefined} />
        ) : (
          <div class="note bad" role="alert">
            <strong>{words.broken}</strong>
          </div>
        ))}
      {now.state === "idle" && now.wasStopped && <p class="about">{words.cancelled}</p>}
      <Kept />
    </section>
  )
}
