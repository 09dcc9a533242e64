/** Owns `io3 run`: one prompt in, one governed answer out. */
import { Console, Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { RunRequest } from "../core/Engine.ts"
import { Rehearsal, Rehearsed } from "../core/Rehearsal.ts"
import { type RunFrame, type RunResult, Runs } from "../core/Runs.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { Mode, Principal } from "../domain/Ids.ts"
import { say, writer } from "./AnswerText.ts"
import { describe } from "./DryRun.ts"
import { facts } from "./Facts.ts"
import { read } from "./Input.ts"
import { FailureInResult, note, print, printJson, printLine, sayUntrusted, write } from "./Output.ts"
import { acceptedLine, RunLine, RunOutput, runOutput } from "./Results.ts"
import { root } from "./root.ts"

const off = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

export const run = Command.make(
  "run",
  {
    mode: Argument.String("mode").pipe(
      Argument.withDescription("A mode of the routing table, e.g. executor"),
      Argument.withSchema(Mode)
    ),
    prompt: Flag.String("prompt").pipe(
      Flag.withAlias("p"),
      Flag.withDescription("The prompt; other users of this machine may see it in the process list"),
      Flag.optional
    ),
    file: Flag.String("file").pipe(
      Flag.withAlias("f"),
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "A file with the prompt, or, beside --prompt, text it is about; - is standard input"
      ),
      Flag.optional
    ),
    audit: off("audit", "Have a second model judge the draft before anything is released"),
    raw: off("raw", "Print the answer alone"),
    noStream: off("no-stream", "Print the answer whole; an audited answer always comes whole"),
    dryRun: off(
      "dry-run",
      "Show route, context, worst case and what is left of the budget; call and record nothing"
    ),
    noHealthCheck: off("no-health-check", "Do not ask the provider whether it is there before the run"),
    noConstellationCheck: off(
      "no-constellation-check",
      "Run although the routing table breaks a constellation rule"
    )
  },
  Effect.fn(function* (flags) {
    const { output } = yield* root
    if (!flags.raw) yield* sayUntrusted
    if (flags.noConstellationCheck) {
      yield* Console.error("WARN: constellation integrity check bypassed via --no-constellation-check")
    }
    const request: RunRequest = {
      ...(yield* read(flags)),
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
    switch (output) {
      case "json":
        return yield* printJson(RunOutput, runOutput(yield* runs.run(request)))
      case "ndjson":
        return yield* Stream.runForEach(runs.stream(request), printFrame)
      case "text": {
        const result = yield* flags.noStream
          ? whole(yield* runs.run(request))
          : streamed(runs.stream(request))
        if (!flags.raw && Option.isSome(result)) yield* note(facts(result.value))
      }
    }
  })
).pipe(
  Command.withDescription("Ask once"),
  Command.withExamples([
    { command: 'io3 run executor --prompt "Explain deterministic routing in one sentence."' },
    { command: "io3 run executor --file notes.txt --audit" },
    { command: "io3 run executor --file notes.txt --dry-run" },
    { command: 'git diff | io3 run executor --prompt "Review this change." --file -' }
  ])
)

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

const streamed = Effect.fnUntraced(function* <E>(frames: Stream.Stream<RunFrame, E>) {
  const out = yield* writer
  let begun = false
  let result = Option.none<RunResult>()
  yield* frames.pipe(
    Stream.runForEach((frame) => {
      if (frame._tag === "Chunk") begun = true
      if (frame._tag === "Finished") result = Option.some(frame.result)
      return frame._tag === "Chunk" ? out(frame.chunk.text) : Effect.void
    }),
    // A reader that stalls must not hold up whoever stops the run: the last line break is not waited for.
    Effect.onError(() => Effect.sync(() => begun && process.stdout.write("\n")))
  )
  if (begun) yield* write("\n")
  // An audited answer, or an empty one, comes whole.
  if (!begun && Option.isSome(result)) return yield* whole(result.value)
  return result
})
