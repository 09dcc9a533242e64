/** Owns `io3 runs`: looking after runs, those that have ended and those that a dead process left. */
import { Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { Recovered, Resumption } from "../core/Resumption.ts"
import { print, sayUntrusted } from "./Output.ts"
import { root } from "./root.ts"

export const command = Command.make("runs").pipe(Command.withDescription("Look after runs"))

export const RecoverOutput = Schema.Struct({ runs: Schema.Array(Recovered) })

export const recover = Command.make(
  "recover",
  {},
  Effect.fn(function* () {
    const { output } = yield* root
    yield* sayUntrusted
    const runs = yield* (yield* Resumption).recover
    yield* print(output, RecoverOutput, { runs }, () =>
      runs.length === 0 ? "No process has left a run behind." : runs.map(recoveredLine).join("\n")
    )
  })
).pipe(
  Command.withDescription("End what dead processes left open, or go on with it where an answer was paid for")
)

const recoveredLine = ({ run, continued, released }: Recovered): string => {
  if (!continued) return `${run}  ended without another call`
  return released
    ? `${run}  continued and released; to read it: io3 runs show ${run} --text`
    : `${run}  continued; nothing was released: io3 ledger show ${run}`
}
