/** Owns the part of the page that shows the record: all of it, or one stream. */
import type { PartProps } from "../Frame.tsx"
import { age, count, machine, moment } from "../format.ts"
import { go, hrefOf } from "../route.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Button } from "../ui/Parts.tsx"
import { partsOf, RecordView } from "./RecordView.tsx"
import { RunList } from "./RunList.tsx"
import { Verify } from "./verify/Verify.tsx"

const { ledger } = strings
/** What cannot be shown by itself: its name is no id. */
const HIDDEN: ReadonlySet<string> = new Set(["memory", "tokens", "run"])

const Find = () => (
  <form
    class="search-for"
    onSubmit={(event) => {
      event.preventDefault()
      const id = new FormData(event.currentTarget).get("id")
      if (typeof id === "string" && id.trim() !== "") go("ledger", id.trim())
    }}
  >
    <label class="label">
      {ledger.find}
      <input class="field" name="id" autocomplete="off" spellcheck={false} placeholder={ledger.findHint} />
    </label>
    <Button type="submit">{ledger.findAction}</Button>
  </form>
)

const Streams = () => {
  const { answer } = useAnswer("ledger.head")
  const streams = answer?.streams.filter(({ stream }) => !HIDDEN.has(partsOf(stream).kind)) ?? []
  if (streams.length === 0) return null
  const now = Date.now()
  return (
    <section aria-labelledby="streams">
      <h2 id="streams">{ledger.streams}</h2>
      <ul class="quiet-list streams">
        {streams.map(({ stream, rows, at }) => {
          const { kind, id } = partsOf(stream)
          return (
            <li key={stream}>
              <a href={hrefOf("ledger", id)}>
                {ledger.streamKinds[kind]} {id !== kind && <code>{id}</code>}
              </a>
              <span>{ledger.rows(rows, count(rows))}</span>
              <time dateTime={machine(at)} title={moment(at)}>
                {age(at, now)}
              </time>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

export const Ledger = ({ id }: PartProps) =>
  id === null ? (
    <div class="sheet">
      <header class="part-head">
        <h1>{ledger.title}</h1>
        <p class="about">{ledger.about}</p>
      </header>
      <Verify />
      <RunList />
      <Streams />
      <Find />
    </div>
  ) : (
    <RecordView key={id} id={id} />
  )
