/** Owns `io3 run`: one prompt in, one governed answer out. */
import { Console, Effect, Option, Stream } from "effect"
import { type RunRequest, unwatched } from "../core/run/Request.ts"
import { Rehearsal, Rehearsed } from "../core/run/Rehearsal.ts"
import { type RunFrame, type RunResult, Runs } from "../core/run/Runs.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { type Mode, Principal } from "../domain/Ids.ts"
import { say, sayOutput } from "./AnswerText.ts"
import { describe } from "./DryRun.ts"
import { facts } from "./Facts.ts"
import { follow, sayCancelled } from "./session/Following.ts"
import type { Sources } from "./Input.ts"
import { FailureInResult, note, print, printJson, printLine } from "./Output.ts"
import { acceptedLine, RunLine, RunOutput, runOutput } from "../api/results/RunResults.ts"
import { type InputFlags, readAll } from "./RunInputs.ts"
import { root } from "./root.ts"
import { sayUntrusted } from "./Untrusted.ts"

interface RunFlags extends Sources, InputFlags {
  readonly mode: Mode
  readonly audit: boolean
  readonly raw: boolean
  readonly noStream: boolean
  readonly dryRun: boolean
  readonly noHealthCheck: boolean
  readonly noConstellationCheck: boolean
}

export const run = Effect.fn(function* (flags: RunFlags) {
  const { output } = yield* root
  if (!flags.raw) yield* sayUntrusted
  if (flags.noConstellationCheck) {
    yield* Console.error("WARN: constellation integrity check bypassed via --no-constellation-check")
  }
  const request: RunRequest = {
    ...(yield* readAll(flags)),
    mode: flags.mode,
    audit: flags.audit,
    principal: Principal.make("local"),
    surface: "cli",
    checks: { constellation: !flags.noConstellationCheck, health: !flags.noHealthCheck }
  }

  if (flags.dryRun) {
    const rehearsed = yield* (yield* Rehearsal).rehearse(request)
    yield* print(output, Rehearsed, rehearsed, describe)
    if (!rehearsed.affordable) return yield* new FailureInResult()
    return
  }

  const runs = yield* Runs
  const told = { cancelled: sayCancelled(output) }
  switch (output) {
    case "json":
      return yield* printJson(RunOutput, runOutput(yield* runs.run(request, { ...unwatched, ...told })))
    case "ndjson":
      return yield* Stream.runForEach(runs.stream(request, told), printFrame)
    case "text": {
      const result = yield* flags.noStream
        ? whole(yield* runs.run(request, { ...unwatched, ...told }))
        : streamed(runs.stream(request, told), flags.raw)
      if (flags.raw || Option.isNone(result)) return
      yield* sayOutput(result.value)
      yield* note(facts(result.value))
    }
  }
})

const printFrame = (frame: RunFrame): Effect.Effect<void, RuntimeFailure> => {
  switch (frame._tag) {
    case "Accepted":
      return printLine(RunLine, acceptedLine(frame.facts))
    case "Chunk":
      return printLine(RunLine, { type: "chunk", text: frame.chunk.text })
    case "Finished":
      return printLine(RunLine, { type: "finished", ...runOutput(frame.result) })
  }
}

const whole = (result: RunResult) => Effect.as(say(result.released), Option.some(result))

const streamed = Effect.fnUntraced(function* (frames: Stream.Stream<RunFrame, RuntimeFailure>, raw: boolean) {
  const { begun, result } = yield* follow(frames, raw)
  return !begun && Option.isSome(result) ? yield* whole(result.value) : result
})
