/** Owns looking through a runbook before anybody does it: what it says, and whether all that it names is there. */
import { Context, Effect, Layer } from "effect"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { RunbookContext } from "../../domain/runbook/Condition.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { Installation } from "../../ports/Installation.ts"
import { RunbookReader } from "../../ports/RunbookReader.ts"
import { fitting } from "./RunbookFit.ts"

export class RunbookCheck extends Context.Service<
  RunbookCheck,
  {
    /**
     * Reads the file, and only then the configuration. Fails with what either fails with, with `RUNBOOK_SCHEMA_ERROR` and
     * every place that names what is not there, and with `ROUTE_MODE_*` for a persona that cannot be. Calls nobody.
     */
    readonly check: (path: string, context: RunbookContext) => Effect.Effect<Runbook, RuntimeFailure>
  }
>()("io-iii/core/runbook/RunbookCheck") {
  static readonly layer = Layer.effect(
    RunbookCheck,
    Effect.gen(function* () {
      const reader = yield* RunbookReader
      const installation = yield* Installation

      return RunbookCheck.of({
        check: Effect.fn("RunbookCheck.check")(function* (path, { personaMode }) {
          const read = yield* reader.read(path)
          return yield* fitting(read, personaMode, yield* Effect.scoped(installation.read))
        })
      })
    })
  )
}
