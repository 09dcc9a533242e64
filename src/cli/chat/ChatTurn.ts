/** Owns one turn of a conversation at the terminal: asked, shown as it comes, told of, or stopped with Ctrl-C. */
import { Effect, Option, Ref, type Stream } from "effect"
import type { Frame } from "../../core/run/Frames.ts"
import { unwatched } from "../../core/run/Request.ts"
import { Sessions, type TurnRequest, type TurnResult } from "../../core/session/Sessions.ts"
import type { Content } from "../../domain/Content.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import { Principal } from "../../domain/Ids.ts"
import { Lines } from "../../ports/Lines.ts"
import { say } from "../AnswerText.ts"
import { ChatLine } from "./ChatResults.ts"
import { begun, change, complainIn, hasTold, sayHeld, type Talk } from "./ChatTalk.ts"
import { follow } from "../session/Following.ts"
import { required } from "../Input.ts"
import { hasReader, note, printLine } from "../Output.ts"
import { root } from "../root.ts"
import { answerFacts, rested } from "../session/TurnAnswer.ts"
import { turnOutput } from "../../api/results/TurnResults.ts"

/** Asks, and tells what comes of it. Ctrl-C stops the answer; what ends the process stops it too, and goes on to do so. */
export const answer = Effect.fn(function* (talk: Talk, prompt: Content) {
  const { output } = yield* root
  const sessions = yield* Sessions
  const lines = yield* Lines
  const { prompt: fitting } = yield* required({ prompt, file: null })
  const session = yield* begun(talk)
  const { persona, audit, file, packs } = yield* Ref.get(talk)
  const request: TurnRequest = {
    mode: persona,
    prompt: fitting,
    file,
    capability: null,
    packs,
    audit,
    principal: Principal.make("local"),
    surface: "cli",
    checks: { constellation: true, health: true }
  }
  const stopped = yield* Ref.make(Option.none<RuntimeFailure>())
  const cancelled = (reason: RuntimeFailure) => Ref.set(stopped, Option.some(reason))
  const asking =
    output === "text"
      ? shown(sessions.stream(session, request, { cancelled }))
      : Effect.asSome(sessions.turn(session, request, { ...unwatched, cancelled }))
  const ended = yield* Effect.raceFirst(
    Effect.result(asking).pipe(
      // After the last line break of what had left.
      Effect.onInterrupt(() => Effect.flatMap(Ref.get(stopped), sayStopped(talk))),
      Effect.asSome
    ),
    Effect.as(lines.interrupted, Option.none())
  )
  if (Option.isNone(ended)) {
    if (Option.isNone(yield* Ref.get(stopped))) yield* note("Stopped before anything was recorded.")
    return
  }
  const result = yield* Effect.fromResult(ended.value)
  if (Option.isNone(result)) return
  const turn = result.value
  const { run, rest, status } = turn
  yield* change(talk, { mode: status.mode, held: rest._tag === "Held", file: null })
  // What is decided of a held one is news, and so is not what has ended here.
  if (rest._tag !== "Held") yield* hasTold(talk, run)
  if (output !== "text") {
    return yield* printLine(ChatLine, { type: "turn", ...turnOutput(yield* rested(turn, status)) })
  }
  const threshold = turn.state.gate?.threshold
  if (rest._tag === "Held") return threshold ? yield* sayHeld(session, run, threshold) : undefined
  yield* note(answerFacts(turn))
})

/** An answer as it comes, or whole where it comes whole. */
const shown = Effect.fnUntraced(function* (frames: Stream.Stream<Frame<TurnResult>, RuntimeFailure>) {
  const { begun, result } = yield* follow(frames, false)
  if (!begun && Option.isSome(result) && result.value.rest._tag === "Released") {
    yield* say(result.value.rest.released)
  }
  return result
})

/** Whoever stopped it is not waited for; a reader that went away knows. */
const sayStopped = (talk: Talk) => (stopped: Option.Option<RuntimeFailure>) =>
  Option.isSome(stopped) && hasReader()
    ? Effect.asVoid(Effect.forkDetach(complainIn(talk, stopped.value), { startImmediately: true }))
    : Effect.void
