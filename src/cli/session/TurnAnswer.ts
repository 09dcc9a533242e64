/** Owns how a turn is asked by a command: what of it is printed when it was released, and what is said when it is held. */
import { Console, Effect, Option, Stream } from "effect"
import type { Frame } from "../../core/run/Frames.ts"
import { unwatched } from "../../core/run/Request.ts"
import type { TurnRest } from "../../core/run/Runs.ts"
import { Sessions, type TurnRequest, type TurnResult } from "../../core/session/Sessions.ts"
import type { Status } from "../../core/session/Status.ts"
import { Steward } from "../../core/session/Steward.ts"
import { waitingOf } from "../../core/session/Waiting.ts"
import { toldOf } from "../../domain/run/Run.ts"
import { say, sayOutput } from "../AnswerText.ts"
import { counted, facts } from "../Facts.ts"
import { follow, sayCancelled } from "./Following.ts"
import { type Format, Held, note, printJson, printLine } from "../Output.ts"
import {
  type Rested,
  turnAcceptedLine,
  TurnLine,
  TurnOutput,
  turnOutput
} from "../../api/results/TurnResults.ts"

export interface Printing {
  readonly output: Format
  /** Nothing but the answer. */
  readonly raw: boolean
  readonly noStream: boolean
}

/** Runs the next turn of a session and prints what comes of it. `Held` when it waits for a steward. */
export const ask = Effect.fnUntraced(function* (
  session: string,
  request: TurnRequest,
  { output, raw, noStream }: Printing
) {
  const sessions = yield* Sessions
  const told = { cancelled: sayCancelled(output) }
  const unfollowed = sessions.turn(session, request, { ...unwatched, ...told })
  switch (output) {
    case "json": {
      const turn = yield* unfollowed
      yield* printJson(TurnOutput, turnOutput(yield* rested(turn, turn.status)))
      return yield* heldOr(turn)
    }
    case "ndjson":
      return yield* Stream.runForEach(sessions.stream(session, request, told), printFrame)
    case "text": {
      const { begun, result } = noStream
        ? { begun: false, result: Option.some(yield* unfollowed) }
        : yield* follow(sessions.stream(session, request, told), raw)
      if (Option.isSome(result)) yield* tell(result.value, result.value.status, { begun, raw })
    }
  }
})

const printFrame = (frame: Frame<TurnResult>) =>
  Effect.gen(function* () {
    switch (frame._tag) {
      case "Accepted":
        return yield* printLine(TurnLine, turnAcceptedLine(frame.facts))
      case "Chunk":
        return yield* printLine(TurnLine, { type: "chunk", text: frame.chunk.text })
      case "Finished": {
        const { result } = frame
        const finished = turnOutput(yield* rested(result, result.status))
        yield* printLine(TurnLine, { type: "finished", ...finished })
        return yield* heldOr(result)
      }
    }
  })

/** The turn with what a decision about it has to name. */
export const rested = Effect.fnUntraced(function* (turn: TurnRest, status: Status | null) {
  return { turn, status, pending: yield* waitingOf(yield* Steward, turn) } satisfies Rested
})

/** Ends a command whose turn is held. */
export const heldOr = ({ rest }: TurnRest): Effect.Effect<void, Held> =>
  rest._tag === "Held" ? Effect.fail(new Held()) : Effect.void

/** Tells a person of a turn at rest, as far as its pieces have not. `Held` when it waits for a steward. */
export const tell = Effect.fnUntraced(function* (
  turn: TurnRest,
  status: Status | null,
  { begun, raw }: { readonly begun: boolean; readonly raw: boolean }
) {
  if (turn.rest._tag === "Held") {
    yield* Console.error(heldText(turn))
    return yield* new Held()
  }
  if (!begun) yield* say(turn.rest.released)
  if (!raw) yield* sayOutput(turn.rest)
  if (!raw) yield* note(turnFacts(turn, status))
})

/** What happened, and what to type next. Nothing of the draft is in it. */
export const heldText = ({ run, state: { gate } }: TurnRest): string =>
  `Held for a steward (${gate?.threshold ?? "?"}): nothing of the answer has left.\n  io3 steward show ${run}`

/** The facts of an answer that has left, in one line; empty where none has. */
export const answerFacts = ({ run, rest, leftOut, memory, state }: TurnRest): string => {
  if (rest._tag === "Held") return ""
  const dropped = state.context?.history?.dropped ?? 0
  return [
    facts({ run, released: rest.released, leftOut, memory, ...toldOf(state) }),
    ...(dropped > 0 ? [`${counted(dropped, "earlier turn")} left out`] : [])
  ].join(" · ")
}

/** The same, and where its session stands. */
export const turnFacts = (turn: TurnRest, status: Status | null): string =>
  turn.rest._tag === "Held" || status === null
    ? answerFacts(turn)
    : [answerFacts(turn), `turn ${status.turnCount} of ${status.maxTurns}`, `session ${status.session}`].join(
        " · "
      )
