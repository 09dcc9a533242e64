/** Owns what is said where something cannot be gone on with or done again: why, and what to type then. */
import { isBeginning } from "../../core/ledger/Named.ts"
import { Console, Effect, Option, Runtime } from "effect"
import type { Target } from "../../core/replay/Origin.ts"
import { Runbooks } from "../../core/runbook/Runbooks.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Required } from "../../domain/replay/Required.ts"
import { complain } from "../Complaint.ts"
import { type Format, printJson, printLine, Reported } from "../Output.ts"
import { failureOutput } from "../../api/results/RunResults.ts"
import { AgainFailureOutput, AgainLine, type Doing } from "../../api/results/ReplayResults.ts"

/** What was named. */
interface About {
  readonly doing: Doing
  /** As it was typed; nothing else of it is known where there is no target. */
  readonly id: string
  readonly target: Target | null
  /** Whether it was read from an export. */
  readonly isForeign: boolean
}

/** Says why, and fails with the same exit code. What could not be printed is the caller's to say. */
export const refused = (output: Format, about: About) =>
  Effect.fnUntraced(function* (reason: RuntimeFailure) {
    if (reason.code === "OUTPUT_FAILED") return yield* reason
    if (output === "text") {
      yield* complain({ wanted: output, reason: ofRun(reason, about) })
      for (const line of hints(reason, about)) yield* Console.error(`  ${line}`)
    } else {
      const whole = yield* failureOf(reason, about)
      yield* output === "json"
        ? printJson(AgainFailureOutput, whole)
        : printLine(AgainLine, { type: "failed", ...whole })
    }
    return yield* new Reported({ exit: reason[Runtime.errorExitCode] })
  })

/** A runbook is shown by another command than a run. */
const ofRun = (reason: RuntimeFailure, { target, isForeign }: About): RuntimeFailure => {
  if (reason.run !== target?.run || (target?._tag === "Run" && !isForeign)) return reason
  const { code, phase, limit, changed, required, places } = reason
  return failure(code, phase, {
    ...(limit && { limit }),
    ...(changed && { changed }),
    ...(required && { required }),
    ...(places && { places })
  })
}

/** What no file can bring. */
const unreachable: ReadonlySet<Required["part"]> = new Set([
  "earlier_turns",
  "instructions",
  "client_messages",
  "stop",
  "schema"
])

const hints = (reason: RuntimeFailure, { doing, id, target, isForeign }: About): ReadonlyArray<string> => {
  const shown = target?.run ?? (isBeginning(id) ? id : "ID")
  switch (reason.code) {
    case "RESUME_CONFIG_CHANGED":
      return [`io3 resume ${shown} --accept-config`]
    case "RUNBOOK_PAUSED":
      return ["io3 steward list", `io3 resume ${shown}`]
    case "RESUME_INVALID_STATE":
      return target?._tag === "Runbook" ? [`io3 runbook show ${shown}`] : []
    case "CHECKPOINT_INTEGRITY_ERROR":
      return [`io3 ledger verify ${shown} --texts`]
    case "LEDGER_BROKEN":
    case "LEDGER_EXPORT_INVALID":
      return isForeign ? ["io3 ledger verify --export FILE"] : ["io3 ledger verify"]
    case "REPLAY_CONTENT_REQUIRED":
      if (!isForeign || reason.required?.some(({ part }) => unreachable.has(part))) return []
      return target?._tag === "Runbook"
        ? [`io3 replay ${shown} --from FILE --runbook FILE`]
        : [`io3 replay ${shown} --from FILE --file PROMPT`]
    default:
      return doing === "resume" && target && reason.run !== undefined && reason.retryable
        ? [`io3 resume ${shown}`]
        : []
  }
}

const failureOf = Effect.fnUntraced(function* (
  reason: RuntimeFailure,
  { doing, target, isForeign }: About
): Effect.fn.Return<typeof AgainFailureOutput.Type, never, Runbooks> {
  const isHere = target?._tag === "Runbook" && !isForeign
  const place = isHere ? yield* Effect.option((yield* Runbooks).place(target.run)) : Option.none()
  const execution = Option.getOrNull(Option.map(place, ({ execution }) => execution))
  return {
    ...failureOutput(reason),
    mode: doing,
    source_run_id: target?.run ?? null,
    runbook_id: execution?.runbook ?? null,
    failed_step_index: execution?.after.failed?.index ?? null,
    failure_kind: reason.kind,
    failure_code: reason.code,
    terminated_early: execution?.after.status === "terminated"
  }
})
