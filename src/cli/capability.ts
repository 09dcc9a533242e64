/** Owns `io3 capability`: one call, as a run that asks no model. */
import { Effect, Option, Schema, Stdio } from "effect"
import { type RunResult, Runs } from "../core/run/Runs.ts"
import { type CapabilityId, Principal } from "../domain/Ids.ts"
import { seconds } from "./Facts.ts"
import { note, printJson, printLine, write } from "./Output.ts"
import { plainPieces } from "./Plain.ts"
import { RunOutput, runOutput } from "../api/results/RunResults.ts"
import { root } from "./root.ts"
import { invocationOf } from "./RunInputs.ts"
import { misused } from "./Usage.ts"

interface CapabilityFlags {
  readonly id: CapabilityId
  readonly payload: Option.Option<string>
  readonly file: Option.Option<string>
}

export const capability = Effect.fn(function* ({ id, payload, file }: CapabilityFlags) {
  const { output } = yield* root
  if (Option.isSome(payload) && Option.isSome(file)) {
    return yield* misused("An argument and --file are two payloads: give one")
  }
  const invocation = yield* invocationOf(id, payload, file)
  const by = { principal: Principal.make("local"), surface: "cli" } as const
  const result = yield* (yield* Runs).invoke(invocation, by)
  if (output === "json") return yield* printJson(RunOutput, runOutput(result))
  if (output === "ndjson") return yield* printLine(RunOutput, runOutput(result))
  yield* write(`${yield* shown(result)}\n`)
  yield* note(told(result))
})

const asJson = Schema.fromJsonString(Schema.Unknown)
const asPretty = Schema.fromJsonString(Schema.Unknown, { space: 2 })

/** Exactly what was yielded, or, where a person looks, the same in lines. */
const shown = Effect.fnUntraced(function* ({ released: { text } }: RunResult) {
  const stdio = yield* Stdio.Stdio
  if (!(yield* stdio.stdoutIsTerminal)) return text
  return yield* Schema.decodeEffect(asJson)(text).pipe(
    Effect.flatMap(Schema.encodeEffect(asPretty)),
    Effect.map(plainPieces()),
    Effect.orDie
  )
})

/** E.g. `cap.json_pretty 1.0 · ok · 3 ms · run 0190…`. */
const told = ({ run, capability }: RunResult): string =>
  [
    ...(capability
      ? [
          `${capability.id} ${capability.version}`,
          capability.ok ? "ok" : `no: ${capability.errorCode}`,
          seconds(capability.durationMillis)
        ]
      : []),
    `run ${run}`
  ].join(" · ")
