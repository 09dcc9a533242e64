/** Owns `io3 runbook list` and `show`: which runbooks were begun, and what became of the steps of one. */
import { Effect, Option } from "effect"
import { RunbookHistory } from "../../core/runbook/RunbookHistory.ts"
import { failure } from "../../domain/Failure.ts"
import { say } from "../AnswerText.ts"
import { noteOfPage, print, write } from "../Output.ts"
import { root } from "../root.ts"
import { describePast, runbookLine } from "./RunbookDetail.ts"
import {
  pastOutput,
  RunbookPastOutput,
  RunbooksOutput,
  runbooksOutput,
  RunbookTextsOutput,
  textsOutput
} from "../../api/results/RunbookHistoryResults.ts"

interface ListFlags {
  readonly limit: number
  readonly cursor: Option.Option<number>
}

export const list = Effect.fn(function* ({ limit, cursor }: ListFlags) {
  const { output } = yield* root
  const page = yield* (yield* RunbookHistory).page(limit, Option.getOrNull(cursor))
  const none = Option.isSome(cursor) ? "No further runbooks." : "No runbook was run yet."
  yield* print(
    output,
    RunbooksOutput,
    runbooksOutput(page),
    () => page.runbooks.map(runbookLine).join("\n") || none
  )
  yield* noteOfPage(output, page)
})

interface ShowFlags {
  readonly run: string
  readonly text: boolean
}

export const show = Effect.fn(function* ({ run, text }: ShowFlags) {
  const { output } = yield* root
  const history = yield* RunbookHistory
  if (!text) {
    const past = yield* history.find(run)
    return yield* print(output, RunbookPastOutput, pastOutput(past), () => describePast(past))
  }
  const { past, said } = yield* history.texts(run)
  if (output !== "text") return yield* print(output, RunbookTextsOutput, textsOutput(past, said), () => "")
  const answers = said.flatMap(({ answer }) => answer ?? [])
  if (answers.length === 0) return yield* failure("RECEIPT_NOT_FOUND", "release")
  for (const [at, answer] of answers.entries()) {
    if (at > 0) yield* write("\n")
    yield* say(answer)
  }
})
