/** Owns a runbook file in a home with a scripted model, and the program as it is used on it. */
import { Effect, type Schema } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { RunbookOutput } from "../../src/api/results/RunbookResults.ts"
import { read } from "./gated.ts"
import { configure, io3, type Options } from "./io3.ts"
import { type Answers, configuration, scene } from "./model.ts"

/** A file of so many steps: `one`, `two` and so on are asked in order. */
export const asking = (...prompts: ReadonlyArray<string>): string =>
  JSON.stringify({
    runbook_id: "rb-mine",
    steps: prompts.map((prompt, index) => ({ task_spec_id: `ts-${index}`, mode: "executor", prompt }))
  })

/** The last prompt that a call was sent. */
export const promptOf = ({ messages }: Parameters<Answers>[1]): string => messages.at(-1)?.content ?? ""

export const runbookScene = Effect.fnUntraced(function* (file: string, answers: Answers, runtime = "") {
  const { where, server } = yield* scene(answers)
  yield* configure(where.userConfig, {
    ...configuration(server),
    ...(runtime !== "" && { "runtime.yaml": runtime })
  })
  writeFileSync(join(where.folder, "mine.json"), file)
  const io = (args: ReadonlyArray<string>, options?: Options) => io3(where, args, options)
  /** Runs a command, and reads what it printed. */
  const json = <A, I>(schema: Schema.Codec<A, I>, args: ReadonlyArray<string>, code = 0) =>
    Effect.map(io([...args, "-o", "json"]), (ended) => read(schema, ended, code))
  /** Runs the file until it is held, and reads how. */
  const held = json(RunbookOutput, ["runbook", "run", "mine.json", "--session-mode", "steward"], 3)
  return { where, server, io, json, held }
})
