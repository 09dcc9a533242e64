/** Owns `io3 runs`: looking after runs, those that have ended and those that a dead process left. */
import { Clock, Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Detail, History, Page, type Summary } from "../core/History.ts"
import { Recovered, Resumption } from "../core/Resumption.ts"
import { Count, Mode } from "../domain/Ids.ts"
import { Standing } from "../domain/Standing.ts"
import { say } from "./AnswerText.ts"
import { type Moment, parse, written } from "./Moment.ts"
import { note, print, sayUntrusted } from "./Output.ts"
import { RunOutput, runOutput } from "./Results.ts"
import { root } from "./root.ts"
import { describe } from "./RunDetail.ts"

export const command = Command.make("runs").pipe(Command.withDescription("Look after runs"))

const moment = (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("TIME"),
    Flag.withDescription(description),
    Flag.filterMap(parse, () => "not a time"),
    Flag.optional
  )

export const list = Command.make(
  "list",
  {
    standing: Flag.Literals("standing", Standing.literals).pipe(
      Flag.withDescription("Only runs that stand there"),
      Flag.optional
    ),
    mode: Flag.String("mode").pipe(
      Flag.withDescription("Only runs of this mode"),
      Flag.withSchema(Mode),
      Flag.optional
    ),
    since: moment("since", "Only runs from then on: 2026-01-31, 2026-01-31T12:00, or 90m, 12h, 7d ago"),
    until: moment("until", "Only runs up to then"),
    limit: Flag.Int("limit").pipe(
      Flag.withDescription("At most so many"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
      Flag.withDefault(20)
    ),
    cursor: Flag.Int("cursor").pipe(
      Flag.withDescription("Where the list before ended, as it said"),
      Flag.withSchema(Count),
      Flag.optional
    )
  },
  Effect.fn(function* ({ standing, mode, since, until, limit, cursor }) {
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
    yield* print(output, Page, page, ({ runs }) => runs.map(summaryLine).join("\n") || "No such run.")
    if (output === "text" && page.next !== null) yield* note(`There are more: --cursor ${page.next}`)
  })
).pipe(
  Command.withDescription("List runs, the newest first"),
  Command.withExamples([{ command: "io3 runs list --standing failed --since 7d" }])
)

const summaryLine = ({ run, standing, at, mode, provider, model, usage, erased }: Summary): string =>
  [
    run,
    standing.padEnd(13),
    at === null ? "?".padEnd(20) : written(at),
    `${mode ?? "?"}${provider === null ? "" : ` → ${provider} ${model}`}`,
    usage.calls === 0 ? "no call" : `${usage.inputTokens ?? "?"} in / ${usage.outputTokens ?? "?"} out`,
    ...(erased ? ["erased"] : [])
  ].join("  ")

export const show = Command.make(
  "show",
  {
    run: Argument.String("run").pipe(Argument.withDescription("A run id, or as much of it as is unique")),
    text: Flag.Boolean("text").pipe(
      Flag.withoutNegation,
      Flag.withDescription(
        "Print what left the run, and nothing else: its answer, or as much of it as was out"
      ),
      Flag.withDefault(false)
    )
  },
  Effect.fn(function* ({ run, text }) {
    const { output } = yield* root
    const history = yield* History
    if (!text) return yield* print(output, Detail, yield* history.find(run), describe)
    const result = yield* history.text(run)
    return yield* output === "text"
      ? say(result.released)
      : print(output, RunOutput, runOutput(result), () => "")
  })
).pipe(
  Command.withDescription(
    "Show what a run was allowed, what it cost and how it ended, or say its answer again"
  )
)

export const RecoverOutput = Schema.Struct({ runs: Schema.Array(Recovered) })

export const recover = Command.make(
  "recover",
  {},
  Effect.fn(function* () {
    const { output } = yield* root
    yield* sayUntrusted
    const runs = yield* (yield* Resumption).recover
    yield* print(output, RecoverOutput, { runs }, () =>
      runs.length === 0 ? "No process has left a run behind." : runs.map(recoveredLine).join("\n")
    )
  })
).pipe(
  Command.withDescription("End what dead processes left open, or go on with it where an answer was paid for")
)

const recoveredLine = ({ run, continued, released }: Recovered): string => {
  if (!continued) return `${run}  ended without another call`
  return released
    ? `${run}  continued and released; its answer: io3 runs show ${run} --text`
    : `${run}  continued; nothing was released: io3 runs show ${run}`
}
