/** Owns the part of the page that shows the record: all of it, or one stream. */
import type { PartProps } from "../Frame.tsx"
import { age, machine, moment } from "../format.ts"
import { go, hrefOf } from "../route.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { Button } from "../ui/Parts.tsx"
import { RecordView } from "./RecordView.tsx"
import { RunList } from "./RunList.tsx"
import { Verify } from "./verify/Verify.tsx"

const { ledger } = strings
const NEWEST = 5

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

/** The newest of what runs are parts of. */
const Records = () => {
  const sessions = useAnswer("sessions.list", { query: { limit: NEWEST } })
  const runbooks = useAnswer("runbooks.list", { query: { limit: NEWEST } })
  const now = Date.now()
  const records = [
    ...(sessions.answer?.sessions ?? []).map(({ session_id, status, updated_at }) => ({
      kind: ledger.streamKinds.session,
      id: session_id,
      status,
      at: updated_at
    })),
    ...(runbooks.answer?.runbooks ?? []).map(({ run_id, status, updated_at }) => ({
      kind: ledger.streamKinds.runbook,
      id: run_id,
      status,
      at: updated_at
    }))
  ].toSorted((one, other) => other.at - one.at)
  return (
    <section aria-labelledby="streams">
      <h2 id="streams">{ledger.streams}</h2>
      <ul class="quiet-list streams">
        {records.map(({ kind, id, status, at }) => (
          <li key={id}>
            <a href={hrefOf("ledger", id)}>
              {kind} <code>{id}</code>
            </a>
            <span>{status}</span>
            <time dateTime={machine(at)} title={moment(at)}>
              {age(at, now)}
            </time>
          </li>
        ))}
        <li>
          <a href={hrefOf("ledger", "config")}>{ledger.streamKinds.config}</a>
        </li>
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
      <Records />
      <Find />
    </div>
  ) : (
    <RecordView key={id} id={id} />
  )
