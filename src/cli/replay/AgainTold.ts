/** Owns how what was gone on with or done again is printed: as a run, a turn or a runbook by itself would be. */
import { Console, Effect, Option, Stdio, Stream } from "effect"
import type { Again, Options } from "../../core/replay/Again.ts"
import type { Target } from "../../core/replay/Origin.ts"
import { type Frame, frames } from "../../core/run/Frames.ts"
import { unwatched } from "../../core/run/Request.ts"
import { Runbooks, type RunbookWatcher, type StepOutcome } from "../../core/runbook/Runbooks.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { Execution } from "../../domain/runbook/Execution.ts"
import { say } from "../AnswerText.ts"
import { complain } from "../Complaint.ts"
import { counted, facts } from "../Facts.ts"
import { FailureInResult, type Format, Held, note, printJson, printLine } from "../Output.ts"
import { acceptedLine } from "../Results.ts"
import { follow, sayCancelled } from "../session/Following.ts"
import { heldOr, type Printing, rested, tell } from "../session/TurnAnswer.ts"
import {
  AgainLine,
  type Doing,
  RunAgainOutput,
  runAgainOutput,
  RunbookAgainOutput,
  runbookAgainOutput,
  TurnAgainOutput,
  turnAgainOutput
} from "./ReplayResults.ts"

/** Does it, with whoever follows it. */
export type Go = (followers: Pick<Options, "watcher" | "runbook">) => Effect.Effect<Again, RuntimeFailure>

type RunAgain = Extract<Again, { readonly _tag: "Run" }>

/** `Held` where somebody is to decide, `FailureInResult` where a step has not ended well. */
export const tellAgain = Effect.fnUntraced(function* (
  doing: Doing,
  kind: Target["_tag"],
  go: Go,
  printing: Printing
) {
  if (kind === "Run") return yield* tellRun(doing, go, printing)
  yield* tellRunbook(doing, go, printing)
})

const tellRun = Effect.fnUntraced(function* (doing: Doing, go: Go, { output, raw, noStream }: Printing) {
  const told = { cancelled: sayCancelled(output) }
  const whole = go({ watcher: { ...unwatched, ...told } })
  const pieces = frames((watcher) => go({ watcher }), told)
  switch (output) {
    case "json":
      return yield* printRun(doing, output, yield* whole)
    case "ndjson":
      return yield* Stream.runForEach(pieces, (frame) => printFrame(doing, frame))
    case "text": {
      const { begun, result } = noStream
        ? { begun: false, result: Option.some(yield* whole) }
        : yield* follow(pieces)
      if (Option.isNone(result) || result.value._tag !== "Run") return
      const made = result.value
      const { run, rest, leftOut, memory, session } = made
      if (session !== null || rest._tag === "Held") {
        const status = session === null ? null : yield* (yield* Sessions).status(session)
        return yield* tell(made, status, { begun, raw })
      }
      if (!begun) yield* say(rest.released)
      if (!raw) yield* note(facts({ run, released: rest.released, leftOut, memory }))
    }
  }
})

const printFrame = (doing: Doing, frame: Frame<Again>) => {
  switch (frame._tag) {
    case "Accepted":
      return printLine(AgainLine, { ...acceptedLine(frame.facts), history: frame.facts.history })
    case "Chunk":
      return printLine(AgainLine, { type: "chunk", text: frame.chunk.text })
    case "Finished":
      return printRun(doing, "ndjson", frame.result)
  }
}

const printRun = Effect.fnUntraced(function* (doing: Doing, output: Exclude<Format, "text">, made: Again) {
  if (made._tag !== "Run") return
  const alone = made.session === null ? runAgainOutput(doing, made) : null
  if (alone) {
    return yield* output === "json"
      ? printJson(RunAgainOutput, alone)
      : printLine(AgainLine, { type: "finished", ...alone })
  }
  const turn = turnAgainOutput(doing, made, yield* turnOf(made))
  yield* output === "json"
    ? printJson(TurnAgainOutput, turn)
    : printLine(AgainLine, { type: "finished", ...turn })
  yield* heldOr(made)
})

const turnOf = Effect.fnUntraced(function* (made: RunAgain) {
  const status = made.session === null ? null : yield* (yield* Sessions).status(made.session)
  return yield* rested(made, status)
})

const tellRunbook = Effect.fnUntraced(function* (doing: Doing, go: Go, { output, raw }: Printing) {
  const stdio = yield* Stdio.Stdio
  let isFirst = true
  const ended = (outcome: StepOutcome, execution: Execution) =>
    Effect.gen(function* () {
      const { run, released, memory, index } = outcome
      if (!released || !run) return
      if (!isFirst) yield* Console.log("")
      isFirst = false
      yield* say(released)
      if (raw) return
      const place = `step ${index + 1} of ${execution.steps.length}`
      yield* note(`${place} · ${facts({ run, released, leftOut: 0, memory })}`)
    }).pipe(Effect.provideService(Stdio.Stdio, stdio), Effect.ignore)
  const told: Partial<RunbookWatcher> = output === "text" ? { ended } : {}
  const runbook = { started: () => Effect.void, step: () => Effect.void, ended: () => Effect.void, ...told }
  const made = yield* go({ runbook, watcher: { ...unwatched, cancelled: sayCancelled(output) } })
  if (made._tag !== "Runbook") return
  const { execution, steps } = made.result
  const place = yield* (yield* Runbooks).place(execution.run)
  const whole = runbookAgainOutput(doing, made.source, place, steps)
  const { status } = whole
  if (output === "json") yield* printJson(RunbookAgainOutput, whole)
  if (output === "ndjson") {
    const type = status === "success" ? "finished" : status === "paused" ? "paused" : "failed"
    yield* printLine(AgainLine, { type, ...whole })
  }
  if (output === "text") yield* tellRest(execution, steps.at(-1) ?? null, raw)
  if (status === "paused") return yield* new Held()
  if (status === "error") return yield* new FailureInResult()
})

const tellRest = Effect.fnUntraced(function* (
  { run, runbook, steps, after }: Execution,
  last: StepOutcome | null,
  raw: boolean
) {
  if (after.status === "completed") {
    if (raw) return
    const done = `${after.completed} of ${counted(steps.length, "step")} done`
    return yield* note([`runbook ${runbook}`, done, counted(after.tokens, "token"), `run ${run}`].join(" · "))
  }
  if (after.status === "paused" && after.open) {
    return yield* Console.error(
      `Held for a steward (${after.open.threshold ?? "?"}): nothing of the answer has left. Next:\n  io3 steward show ${after.open.run}\n  io3 resume ${run}`
    )
  }
  if (last?.failure) yield* complain({ wanted: "text", reason: last.failure })
  yield* Console.error(`What came before it stands. Go on: io3 resume ${run}`)
})
