/** Owns how what was gone on with or done again is printed: as a run, a turn or a runbook by itself would be. */
import { Effect, Option, Stream } from "effect"
import type { Again, Options } from "../../core/replay/Again.ts"
import type { Target } from "../../core/replay/Origin.ts"
import { type Frame, frames } from "../../core/run/Frames.ts"
import { unwatched } from "../../core/run/Request.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { toldOf } from "../../domain/run/Run.ts"
import { say } from "../AnswerText.ts"
import { facts } from "../Facts.ts"
import { type Format, note, printJson, printLine } from "../Output.ts"
import { acceptedLine } from "../../api/results/RunResults.ts"
import { tellRunbook } from "../runbook/RunbookTold.ts"
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
} from "../../api/results/ReplayResults.ts"

/** Does it, with whoever follows it. */
export type Go = (followers: Pick<Options, "watcher" | "runbook">) => Effect.Effect<Again, RuntimeFailure>

type RunAgain = Extract<Again, { readonly _tag: "Run" }>

/** `Held` where somebody is to decide, `FailureInResult` where a step of a runbook has not ended well. */
export const tellAgain = Effect.fnUntraced(function* (
  doing: Doing,
  kind: Target["_tag"],
  go: Go,
  printing: Printing
) {
  if (kind === "Run") return yield* tellRun(doing, go, printing)
  yield* tellRunbookAgain(doing, go, printing.raw)
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
        : yield* follow(pieces, raw)
      if (Option.isNone(result) || result.value._tag !== "Run") return
      const made = result.value
      const { run, rest, leftOut, memory, state, session } = made
      if (session !== null || rest._tag === "Held") {
        const status = session === null ? null : yield* (yield* Sessions).status(session)
        return yield* tell(made, status, { begun, raw })
      }
      if (!begun) yield* say(rest.released)
      if (!raw) yield* note(facts({ run, released: rest.released, leftOut, memory, ...toldOf(state) }))
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

const tellRunbookAgain = (doing: Doing, go: Go, raw: boolean) =>
  tellRunbook((watcher) => go({ runbook: watcher, watcher: watcher.run }), raw, {
    whole: (rest) => printJson(RunbookAgainOutput, runbookAgainOutput(doing, rest)),
    line: (rest, type) => printLine(AgainLine, { type, ...runbookAgainOutput(doing, rest) })
  })
