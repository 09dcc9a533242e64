/** Owns one run on the page: how it stands, its picture, what was certified and spent, and its receipt. */
import { useEffect, useMemo } from "preact/hooks"
import { count, duration, machine, moment } from "../format.ts"
import { hrefOf } from "../route.ts"
import type { Answer } from "../server/contract.ts"
import { strings } from "../strings.ts"
import { Bar } from "../ui/Bar.tsx"
import { Facts } from "../ui/Parts.tsx"
import { Picture } from "./Picture.tsx"
import { type Entry, type EventOf, pictureOf, spendingOf } from "./run.ts"
import { Standing } from "./Standing.tsx"

type Receipt = EventOf<"Released">["receipt"]
type Found = Answer<"runs.find">

const { ledger } = strings
/** How often one that is not over is looked at again. */
const LOOK_MILLIS = 3000
const UNENDED: ReadonlySet<string> = new Set(["running", "held"])

const Spent = ({ entries }: { readonly entries: ReadonlyArray<Entry> }) => {
  const spending = spendingOf(entries)
  if (spending.length === 0) return null
  const words = ledger.bounds
  return (
    <section aria-labelledby="bounds">
      <h2 id="bounds">{words.title}</h2>
      <p class="about">{words.about}</p>
      <div class="bars">
        {spending.map(({ what, certified, spent }) => {
          const say = what === "wallMillis" ? duration : count
          return (
            <Bar
              key={what}
              label={words.names[what]}
              text={words.of(spent === null ? null : say(spent), say(certified))}
              used={spent ?? 0}
              limit={certified}
            />
          )
        })}
      </div>
    </section>
  )
}

const ReceiptOf = ({ receipt }: { readonly receipt: Receipt | null }) => {
  const words = ledger.receipt
  const { names } = words
  const yes = (is: boolean) => (is ? words.yes : words.no)
  return (
    <section aria-labelledby="receipt">
      <h2 id="receipt">{words.title}</h2>
      {receipt === null ? (
        <p class="about">{words.none}</p>
      ) : (
        <Facts
          facts={[
            { name: names.digest, value: receipt.digest },
            { name: names.chars, value: count(receipt.chars) },
            { name: names.complete, value: yes(receipt.complete) },
            { name: names.provenance, value: words.provenances[receipt.provenance] },
            { name: names.model, value: `${receipt.provider}/${receipt.model}` },
            { name: names.fallback, value: yes(receipt.fallbackUsed) },
            { name: names.finish, value: receipt.finish && words.finishes[receipt.finish] },
            { name: names.audit, value: words.audits[receipt.audit] },
            {
              name: names.auditor,
              value:
                receipt.auditor &&
                `${receipt.auditor.provider}/${receipt.auditor.model}, ${receipt.auditor.independent ? ledger.steps.independent : ledger.steps.notIndependent}`
            },
            { name: names.basis, value: receipt.basis },
            { name: names.prompt, value: receipt.promptHash },
            { name: names.config, value: <a href={hrefOf("ledger", "config")}>{receipt.configDigest}</a> }
          ]}
        />
      )}
    </section>
  )
}

const Links = ({
  run,
  standing,
  entries
}: Pick<Found, "run" | "standing"> & { readonly entries: ReadonlyArray<Entry> }) => {
  const accepted = entries.map(({ event }) => event).find((event) => event._tag === "RunAccepted")
  const { turn, step, source } = accepted ?? {}
  const words = ledger.links
  return (
    <nav class="run-links" aria-label={ledger.columns.run}>
      {standing === "held" && <a href={hrefOf("inbox", run)}>{words.inbox}</a>}
      {turn && <a href={hrefOf("chat", turn.session)}>{words.session}</a>}
      {turn && <a href={hrefOf("ledger", turn.session)}>{words.record}</a>}
      {step && <a href={hrefOf("ledger", step.runbook)}>{words.runbook}</a>}
      {source && <a href={hrefOf("ledger", source.run)}>{words.source}</a>}
    </nav>
  )
}

export const RunView = ({
  entries,
  again,
  ...found
}: Pick<Found, "run" | "standing"> & {
  readonly entries: ReadonlyArray<Entry>
  readonly again: () => void
}) => {
  const { run, standing } = found
  const isLive = UNENDED.has(standing)
  useEffect(() => {
    if (!isLive) return
    const timer = setInterval(() => document.visibilityState === "visible" && again(), LOOK_MILLIS)
    return () => clearInterval(timer)
  }, [isLive, again])
  const picture = useMemo(() => pictureOf(entries, isLive ? Date.now() : null), [entries, isLive])
  const ending = entries.map(({ event }) => event).find((event) => "receipt" in event)
  const hint = ledger.standingHints[standing]
  return (
    <>
      <header class="run-head">
        <h1>
          {ledger.columns.run} <code>{run}</code>
        </h1>
        <p>
          <Standing of={standing} />{" "}
          {picture && <time dateTime={machine(picture.startedAt)}>{moment(picture.startedAt)}</time>}
        </p>
        {hint && <p class="about">{hint}</p>}
        <Links {...found} entries={entries} />
      </header>
      {picture && picture.steps.length > 0 && (
        <Picture
          picture={picture}
          ending={ledger.picture.ended[standing] ?? `was ${ledger.standings[standing]}`}
        />
      )}
      <Spent entries={entries} />
      <ReceiptOf receipt={ending?.receipt ?? null} />
    </>
  )
}
