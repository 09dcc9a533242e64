/** Owns the list of runs on the page. */
import { useEffect } from "preact/hooks"
import { age, count, duration, machine, moment } from "../format.ts"
import { hrefOf } from "../route.ts"
import { useAnswer } from "../server/useAnswer.ts"
import { strings } from "../strings.ts"
import { inAndOut } from "../strings/counted.ts"
import { Icon } from "../ui/Icon.tsx"
import { Busy, Button, Empty, IconButton, RefusalNote } from "../ui/Parts.tsx"
import { filter, listed, narrow, older, refresh, type Summary } from "./runs.ts"
import { Standing, STANDINGS, type StandingName } from "./Standing.tsx"

const { ledger } = strings

const Item = ({ run, now }: { readonly run: Summary; readonly now: number }) => {
  const { inputTokens, outputTokens, calls, latencyMillis } = run.usage
  const tokens = calls > 0 && inAndOut(inputTokens, outputTokens)
  const seat = run.turn ? ledger.turn(run.turn.index) : run.step ? ledger.step(run.step.index) : null
  return (
    <li>
      <a class="run" href={hrefOf("ledger", run.run)}>
        <code class="run-id">{run.run}</code>
        <Standing of={run.standing} />
        <span class="run-mode">
          {run.mode ?? ledger.unknown}
          {seat && <span class="seat">{seat}</span>}
        </span>
        <span class="run-facts">
          {run.model !== null && <span>{run.model}</span>}
          {tokens && <span>{tokens}</span>}
          {latencyMillis ? <span>{duration(latencyMillis)}</span> : null}
        </span>
        {run.at !== null && (
          <time dateTime={machine(run.at)} title={moment(run.at)}>
            {age(run.at, now)}
          </time>
        )}
      </a>
    </li>
  )
}

const Filters = () => {
  const routes = useAnswer("system.routes")
  const modes = routes.answer?.map(({ mode }) => mode).filter((mode) => mode !== "challenger") ?? []
  const words = ledger.filter
  const chosen = (event: Event) => (event.currentTarget as HTMLSelectElement).value || null
  return (
    <div class="filters">
      <label class="label">
        {words.standing}
        <select
          class="field"
          value={filter.value.standing ?? ""}
          onChange={(event) => narrow({ standing: chosen(event) as StandingName | null })}
        >
          <option value="">{words.all}</option>
          {STANDINGS.map((standing) => (
            <option key={standing} value={standing}>
              {ledger.standings[standing]}
            </option>
          ))}
        </select>
      </label>
      <label class="label">
        {words.mode}
        <select
          class="field"
          value={filter.value.mode ?? ""}
          onChange={(event) => narrow({ mode: chosen(event) })}
        >
          <option value="">{words.all}</option>
          {modes.map((mode) => (
            <option key={mode} value={mode}>
              {mode}
            </option>
          ))}
        </select>
      </label>
      <IconButton label={ledger.again} onClick={refresh} disabled={listed.value.isAsking}>
        <Icon name="again" />
      </IconButton>
    </div>
  )
}

const Nothing = () => {
  const { standing, mode } = filter.value
  return standing === null && mode === null ? (
    <Empty title={ledger.none}>
      <p>{ledger.noneHint}</p>
      <a class="button main" href={hrefOf("chat")}>
        {strings.common.parts.chat}
      </a>
    </Empty>
  ) : (
    <Empty title={ledger.noneSuch}>
      <p>{ledger.noneSuchHint}</p>
    </Empty>
  )
}

export const RunList = () => {
  useEffect(refresh, [])
  const { runs, next, why, isAsking } = listed.value
  const now = Date.now()
  return (
    <section aria-labelledby="runs">
      <div class="section-head">
        <h2 id="runs">{ledger.runs}</h2>
        <Filters />
      </div>
      {why !== null && <RefusalNote why={why} again={refresh} />}
      {runs === null ? why === null && <Busy /> : runs.length === 0 ? <Nothing /> : null}
      {runs !== null && runs.length > 0 && (
        <ol class="quiet-list run-list" aria-busy={isAsking}>
          {runs.map((run) => (
            <Item key={run.run} run={run} now={now} />
          ))}
        </ol>
      )}
      {next !== null && (
        <p class="more">
          <Button onClick={older} disabled={isAsking}>
            {ledger.older} {isAsking && <Busy />}
          </Button>
          <span class="about">{count(runs?.length ?? 0)}</span>
        </p>
      )}
    </section>
  )
}
