/** Owns how it reads that recorded decisions were made again. */
import { Effect, Schema } from "effect"
import { Recorded } from "../../core/replay/Recordings.ts"
import { failure } from "../../domain/Failure.ts"
import { RUN_PREFIX } from "../../domain/Ids.ts"
import { counted } from "../Facts.ts"
import { FailureInResult, type Format, print } from "../Output.ts"
import { place } from "../verify.ts"

/** `io3 replay --recorded`. */
export const RecordedOutput = Schema.Struct({
  ...Recorded.fields,
  status: Schema.Literals(["success", "error"]),
  mode: Schema.Literal("replay"),
  recorded: Schema.Literal(true)
})

const recordedOutput = (recorded: Recorded): typeof RecordedOutput.Type => ({
  ...recorded,
  status: recorded.broken ? "error" : "success",
  mode: "replay",
  recorded: true
})

/** `LEDGER_BROKEN` where one of them is not that of the law. */
export const tellRecorded = Effect.fnUntraced(function* (output: Format, recorded: Recorded) {
  yield* print(output, RecordedOutput, recordedOutput(recorded), () => describe(recorded))
  if (recorded.broken === null) return
  if (output !== "text") return yield* new FailureInResult()
  return yield* failure("LEDGER_BROKEN", "setup")
})

const describe = ({ stream, runs, events, decisions, broken }: Recorded): string => {
  if (broken) return place(broken)
  const of = stream.startsWith(RUN_PREFIX) ? "" : ` and ${counted(runs, "run")} of it`
  return `ok: ${stream}${of}: ${counted(events, "event")}, ${counted(decisions, "decision")} made again without a model, each as recorded`
}
