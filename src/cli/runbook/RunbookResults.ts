/** Owns the shapes in which `io3 runbook` reports, for programs that read them. */
import { Schema } from "effect"
import { CapabilityId, Count, Mode, PackId, RunbookId, TaskSpecId } from "../../domain/Ids.ts"
import { Condition } from "../../domain/runbook/Condition.ts"
import { SessionMode } from "../../domain/session/Turn.ts"

const CheckedStep = Schema.Struct({
  /** Counted from 0. */
  index: Count,
  task_spec_id: Schema.NullOr(TaskSpecId),
  mode: Mode,
  /** In code points. */
  prompt_chars: Count,
  capability: Schema.NullOr(Schema.Struct({ id: CapabilityId, payload_bytes: Schema.NullOr(Count) })),
  /** Null: what the configuration gives to its mode. */
  memory_packs: Schema.NullOr(Schema.Array(PackId)),
  when: Schema.NullOr(Condition),
  /** Whether its condition holds in this context. */
  runs: Schema.Boolean
})

export const RunbookCheckOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  runbook_id: Schema.NullOr(RunbookId),
  session_mode: SessionMode,
  persona_mode: Mode,
  steps: Schema.Array(CheckedStep)
})
export type RunbookCheckOutput = typeof RunbookCheckOutput.Type
