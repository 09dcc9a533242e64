/** Owns a record on disk: a folder with runs in it, and everything that reads it again, as processes after one another. */
import { Effect, Layer } from "effect"
import type { RunRequest } from "../../src/core/run/Request.ts"
import type { Against } from "../../src/core/ledger/RecordCheck.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { folder } from "./ledger.ts"
import { journalIn, sceneOver, type Script } from "./runs.ts"

const answers: Script = { drafter: [{ say: "answer" }] }

/** Everything on a folder, by default with a model that has one thing to say. */
export const on = (directory: string, script: Script = answers) =>
  Layer.fresh(sceneOver(script, journalIn(directory), directory).layer)

/** Asks once and says the run's id. */
export const ask = (directory: string, script?: Script, more: Partial<RunRequest> = {}) =>
  Runs.use((runs) => runs.run(Runs.request("executor", "question", more))).pipe(
    Effect.map(({ run }) => run),
    Effect.provide(on(directory, { ...answers, ...script }))
  )

/** A folder with three runs. The configuration has position 1, and the runs' seven rows each have 2, 9 and 16 on. */
export const threeRuns = Effect.gen(function* () {
  const directory = yield* folder
  const runs = [yield* ask(directory), yield* ask(directory), yield* ask(directory)] as const
  return { directory, runs }
})

export const verify = (directory: string, texts = false, against?: Against) =>
  Verifier.use((verifier) => verifier.journal(texts, against)).pipe(Effect.provide(on(directory)))
