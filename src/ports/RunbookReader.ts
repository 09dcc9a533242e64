/** Owns access to runbooks as they are written, and the places in them that a person can be sent to. */
import { Context, type Effect } from "effect"
import type { ConfigFault, ConfigPlace } from "../domain/config/ConfigPlace.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { StepPart } from "../domain/runbook/Fit.ts"
import type { Runbook } from "../domain/runbook/Runbook.ts"

/** What was read. */
export interface ReadRunbook {
  readonly runbook: Runbook
  /** Where a part of a step stands. */
  readonly placeOf: (step: number, part: StepPart, fault: ConfigFault) => ConfigPlace
}

export class RunbookReader extends Context.Service<
  RunbookReader,
  {
    /**
     * A regular file, or standard input for `-`. `RUNBOOK_FILE_NOT_FOUND`, `FILE_UNREADABLE`, `FILE_TOO_LARGE` (1 MiB),
     * and what `decode` fails with.
     */
    readonly read: (path: string) => Effect.Effect<ReadRunbook, RuntimeFailure>
    /**
     * JSON where the text begins with `{` or `[`, else YAML. `RUNBOOK_INVALID_JSON`, `RUNBOOK_INVALID_YAML`,
     * `RUNBOOK_EMPTY`, `RUNBOOK_MAX_STEPS_EXCEEDED`, `RUNBOOK_SCHEMA_ERROR`, each with the places at fault.
     */
    readonly decode: (bytes: Uint8Array) => Effect.Effect<ReadRunbook, RuntimeFailure>
  }
>()("io-iii/ports/RunbookReader") {}
