/** Owns one stream of the record on the page: a run as a picture, everything else as a list of what happened. */
import { count, machine, moment } from "../format.ts"
import { hrefOf } from "../route.ts"
import { Refusal } from "../server/ask.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Icon } from "../ui/Icon.tsx"
import { Busy, Button, Empty, Facts, RefusalNote } from "../ui/Parts.tsx"
import type { Entry, Event } from "./run.ts"
import { RunView } from "./RunView.tsx"
import { sayEvent } from "./saying.ts"

const { ledger } = strings

export type StreamKind = keyof typeof ledger.streamKinds

/** What a stream is of, and the id in its name; the configurations and the tokens have none. */
export const partsOf = (stream: string): { readonly kind: StreamKind; readonly id: string } => {
  const [kind = "", id = stream] = stream.split("/")
  return { kind: kind in ledger.streamKinds ? (kind as StreamKind) : "run", id }
}

/** What else an event is about: its run, or where that came from. */
const linkOf = (event: Event): string | null => {
  if ("run" in event && event._tag !== "RunbookStarted") return event.run
  return event._tag === "SessionStarted" ? (event.origin?.session ?? null) : null
}

const Happened = ({ seq, at, event }: Entry) => {
  const { title, facts, tone } = sayEvent(event)
  const run = linkOf(event)
  return (
    <li class={`happened ${tone}`}>
      <span class="seq">{seq}</span>
      <time dateTime={machine(at)}>{moment(at)}</time>
      <strong>{title}</strong>
      <span class="what">{facts.join(" · ")}</span>
      {run && <a href={hrefOf("ledger", run)}>{ledger.columns.run}</a>}
    </li>
  )
}

const Stream = ({ stream, entries }: { readonly stream: string; readonly entries: ReadonlyArray<Entry> }) => {
  const { kind, id } = partsOf(stream)
  const last = entries.at(-1)?.event
  const after = last && "after" in last ? last.after : null
  return (
    <>
      <header class="run-head">
        <h1>
          {ledger.streamKinds[kind]} {id !== kind && <code>{id}</code>}
        </h1>
        {after && (
          <Facts
            facts={[
              { name: ledger.columns.state, value: after.status },
              { name: ledger.columns.tokens, value: count(after.tokens) }
            ]}
          />
        )}
        {kind === "session" && (
          <nav class="run-links" aria-label={ledger.streamKinds.session}>
            <a href={hrefOf("chat", id)}>{strings.common.parts.chat}</a>
          </nav>
        )}
      </header>
      <section aria-labelledby="record">
        <h2 id="record">{ledger.record}</h2>
        <ol class="quiet-list happenings">
          {entries.map((entry) => (
            <Happened key={entry.seq} {...entry} />
          ))}
        </ol>
      </section>
    </>
  )
}

const Run = ({
  id,
  entries,
  again
}: {
  readonly id: string
  readonly entries: ReadonlyArray<Entry>
  readonly again: () => void
}) => {
  const found = useAnswer("runs.find", { places: { run: id } })
  if (!found.answer) return found.why ? <RefusalNote why={found.why} again={found.again} /> : <Busy />
  const both = () => {
    again()
    found.again()
  }
  return <RunView run={id} standing={found.answer.standing} entries={entries} again={both} />
}

export const RecordView = ({ id }: { readonly id: string }) => {
  const { answer, why, isAsking, again } = useAnswer("ledger.stream", { places: { stream: id } })
  const isMissing =
    why instanceof Refusal &&
    why.status >= 400 &&
    why.status < 500 &&
    why.status !== 401 &&
    why.status !== 403
  return (
    <div class="sheet">
      <p class="crumbs">
        <a class="button plain" href={hrefOf("ledger")}>
          <Icon name="back" />
          {ledger.back}
        </a>
        <Button kind="plain" onClick={again} disabled={isAsking}>
          <Icon name="again" />
          {ledger.again}
        </Button>
      </p>
      {answer ? (
        answer.stream.startsWith("run/") ? (
          <Run id={partsOf(answer.stream).id} entries={answer.entries} again={again} />
        ) : (
          <Stream {...answer} />
        )
      ) : isMissing ? (
        <Empty title={ledger.missing}>
          <p>{ledger.missingHint}</p>
        </Empty>
      ) : why ? (
        <RefusalNote why={why} again={again} />
      ) : (
        <div class="empty">
          <Busy />
        </div>
      )}
    </div>
  )
}
