/** Owns how it reads that recorded decisions were made again. */
import { Effect } from "effect"
import type { Recorded } from "../../core/replay/Recordings.ts"
import { failure } from "../../domain/Failure.ts"
import { RUN_PREFIX } from "../../domain/Ids.ts"
import { counted } from "../Facts.ts"
import { FailureInResult, type Format, print } from "../Output.ts"
import { place } from "../verify.ts"
import { RecordedOutput, recordedOutput } from "./ReplayResults.ts"

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
