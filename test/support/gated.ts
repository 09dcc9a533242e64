/** Owns a scripted model whose every answer waits for a steward, and the program as it is used there. */
import { assert } from "@effect/vitest"
import { Effect, type Schema } from "effect"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { ViewOutput } from "../../src/api/results/StewardResults.ts"
import { configure, type Ended, io3, type Options, parse } from "./io3.ts"
import { configuration, says, scene } from "./model.ts"

/** Gives these answers in order, and the last one again and again. */
export const gated = Effect.fnUntraced(function* (
  answers: ReadonlyArray<string>,
  runtime = "steward_thresholds: { always: true }\n"
) {
  let calls = 0
  const { where, server } = yield* scene((socket) => {
    socket.write(says(answers[Math.min(calls, answers.length - 1)] ?? ""))
    calls += 1
  })
  yield* configure(where.userConfig, { ...configuration(server), "runtime.yaml": runtime })
  const run = (args: ReadonlyArray<string>, options?: Options) => io3(where, args, options)
  /** Runs a command that ends well, and reads what it printed. */
  const json = <A, I>(schema: Schema.Codec<A, I>, ...args: ReadonlyArray<string>) =>
    Effect.map(run([...args, "-o", "json"]), (ended) => read(schema, ended, 0))
  /** Begins a session whose first turn is held. */
  const held = Effect.gen(function* () {
    const ended = yield* run(["session", "start", "--mode", "steward", "-p", "question", "-o", "json"])
    const turn = read(TurnOutput, ended, 3)
    const pause = turn.pause ?? assert.fail("it is not held")
    return { ...pause, session_id: turn.session_id }
  })
  const view = (turn: string) => json(ViewOutput, "steward", "show", turn)
  return { where, server, run, json, held, view }
})

export const read = <A, I>(
  schema: Schema.Codec<A, I>,
  { code, stdout, stderr }: Ended,
  expected: number
): A => {
  assert.strictEqual(code, expected, stdout + stderr)
  return parse(schema, stdout)
}
