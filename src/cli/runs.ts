/** Owns `io3 runs`: looking after runs, those that have ended and those that a dead process left. */
import { Clock, Effect, Option, Schema } from "effect"
import { History } from "../core/ledger/History.ts"
import { Detail, Page, type Summary } from "../domain/ledger/Records.ts"
import { Recovered, Resumption } from "../core/run/Resumption.ts"
import type { Mode } from "../domain/Ids.ts"
import type { Standing } from "../domain/run/Standing.ts"
import { say } from "./AnswerText.ts"
import { type Moment, written } from "./Moment.ts"
import { noteOfPage, print } from "./Output.ts"
import { RunOutput, runOutput } from "../api/results/RunResults.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"
import { describe } from "./RunDetail.ts"

interface ListFlags {
  readonly standing: Option.Option<Standing>
  readonly mode: Option.Option<Mode>
  readonly since: Option.Option<Moment>
  readonly until: Option.Option<Moment>
  readonly limit: number
  readonly cursor: Option.Option<number>
}

export const list = Effect.fn(function* ({ standing, mode, since, until, limit, cursor }: ListFlags) {
  const { output } = yield* root
  const now = yield* Clock.currentTimeMillis
  const at = (moment: Option.Option<Moment>) => Option.getOrNull(Option.map(moment, (of) => of(now)))
  const page = yield* (yield* History).page({
    standing: Option.getOrNull(standing),
    mode: Option.getOrNull(mode),
    since: at(since),
    until: at(until),
    limit,
    cursor: Option.getOrNull(cursor)
  })
  const isAsked = [standing, mode, since, until, cursor].some(({ _tag }) => _tag === "Some")
  const none = isAsked ? "No run matches." : "No runs yet."
  yield* print(output, Page, page, ({ runs }) => runs.map(summaryLine).join("\n") || none)
  yield* noteOfPage(output, page)
})

const summaryLine = ({
  run,
  standing,
  at,
  mode,
  provider,
  model,
  usage,
  step,
  source,
  capability,
  erased
}: Summary): string =>
  [
    run,
    standing.padEnd(13),
    at === null ? "?".padEnd(20) : written(at),
    `${mode ?? "?"}${provider === null ? "" : ` → ${provider} ${model}`}`,
    usage.calls === 0 ? "no call" : `${usage.inputTokens ?? "?"} in / ${usage.outputTokens ?? "?"} out`,
    ...(step ? [`step ${step.index + 1} of ${step.runbook}`] : []),
    ...(capability === null ? [] : [capability]),
    ...(source ? [`${source.kind} of ${source.run}`] : []),
    ...(erased ? ["erased"] : [])
  ].join("  ")

export const show = Effect.fn(function* ({ run, text }: { readonly run: string; readonly text: boolean }) {
  const { output } = yield* root
  const history = yield* History
  if (!text) return yield* print(output, Detail, yield* history.find(run), describe)
  const result = yield* history.text(run)
  return yield* output === "text"
    ? say(result.released)
    : print(output, RunOutput, runOutput(result), () => "")
})

export const RecoverOutput = Schema.Struct({ runs: Schema.Array(Recovered) })

export const recover = Effect.fn(function* () {
  const { output } = yield* root
  yield* sayUntrusted
  const runs = yield* (yield* Resumption).recover
  yield* print(output, RecoverOutput, { runs }, () =>
    runs.length === 0 ? "No process has left a run behind." : runs.map(recoveredLine).join("\n")
  )
})

const recoveredLine = ({ run, continued, released, held }: Recovered): string => {
  if (held) return `${run}  waits for a steward: io3 steward show ${run}`
  if (!continued) return `${run}  ended without another call`
  return released
    ? `${run}  continued and released; its answer: io3 runs show ${run} --text`
    : `${run}  continued; nothing was released: io3 runs show ${run}`
}
