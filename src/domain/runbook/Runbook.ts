/** Owns what a runbook is and how its file is written: steps in a row, none inside another, and nothing handed between them. */
import { Schema } from "effect"
import { Content, ContentFromString } from "../Content.ts"
import type { ConfigFault } from "../config/ConfigPlace.ts"
import { CapabilityId, Mode, PackId, RunbookId, TaskSpecId } from "../Ids.ts"
import { canonical } from "../ledger/Ledger.ts"
import { RUNBOOK_MAX_STEPS } from "../run/Route.ts"
import { type Condition, WrittenCondition } from "./Condition.ts"

/** The most steps of a runbook. */
export const MAX_STEPS = RUNBOOK_MAX_STEPS

/** One governed run. */
export interface Step {
  readonly id: TaskSpecId | null
  readonly mode: Mode
  /** Trimmed, and not blank. */
  readonly prompt: Content
  /** Called before the model; the payload is the canonical JSON of an object. */
  readonly capability: { readonly id: CapabilityId; readonly payload: Content | null } | null
  /** Null: what the configuration gives to its mode. */
  readonly packs: ReadonlyArray<PackId> | null
  /** Null: always. */
  readonly when: Condition | null
}

export interface Runbook {
  readonly id: RunbookId | null
  readonly steps: ReadonlyArray<Step>
}

const named = (fault: ConfigFault): string => fault

const Prompt = ContentFromString.pipe(
  Schema.check(
    Schema.makeFilter((prompt: Content) => !prompt.isBlank && prompt.use((text) => !text.includes("\0")))
  )
)

/** Numbers of YAML that JSON has no word for are none. */
const Payload = Schema.Record(Schema.String, Schema.Json)

const fields = {
  task_spec_id: Schema.optionalKey(TaskSpecId),
  mode: Mode,
  prompt: Prompt,
  capabilities: Schema.optionalKey(
    Schema.NullOr(
      Schema.Array(CapabilityId).pipe(
        Schema.check(
          Schema.makeFilter(
            (ids: ReadonlyArray<CapabilityId>) =>
              ids.length <= 1 || { path: [1], issue: named("several_capabilities") }
          )
        )
      )
    )
  ),
  capability_payload: Schema.optionalKey(Payload),
  memory_packs: Schema.optionalKey(Schema.NullOr(Schema.Array(PackId))),
  /** Whatever its author keeps there; carried nowhere. */
  metadata: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown)))
}

const hasUse = Schema.makeFilter(
  (task: {
    readonly capabilities?: ReadonlyArray<CapabilityId> | null
    readonly capability_payload?: object
  }) =>
    task.capability_payload === undefined ||
    (task.capabilities ?? []).length > 0 || {
      path: ["capability_payload"],
      issue: named("payload_without_capability")
    }
)

const TaskSpec = Schema.Struct(fields).pipe(Schema.check(hasUse))
const when = Schema.optionalKey(WrittenCondition)

/** A step as it is written: the keys of its task side by side with `when`. */
export const FlatStep = Schema.Struct({ ...fields, when }).pipe(Schema.check(hasUse))
/** The same with its task below `task_spec`. */
export const WrappedStep = Schema.Struct({ task_spec: TaskSpec, when })
export type WrittenStep = typeof FlatStep.Type | typeof WrappedStep.Type

/** What stands around the steps. */
export const RunbookFrame = Schema.Struct({
  runbook_id: Schema.optionalKey(RunbookId),
  steps: Schema.Array(Schema.Unknown)
})

/** The whole file, for editors: which of the two a step is, an editor finds by itself. */
export const RunbookFile = Schema.Struct({
  ...RunbookFrame.fields,
  steps: Schema.Array(Schema.Union([FlatStep, WrappedStep])).pipe(
    Schema.check(Schema.isMinLength(1), Schema.isMaxLength(MAX_STEPS))
  )
})

/** Every key of the format: any other word of a file is its author's. */
export const names: ReadonlySet<string> = new Set([
  ...Object.keys(RunbookFile.fields),
  ...Object.keys(WrappedStep.fields),
  ...Object.keys(fields),
  ...Object.keys(WrittenCondition.fields)
])

export const stepOf = (written: WrittenStep): Step => {
  const task = "task_spec" in written ? written.task_spec : written
  const [capability] = task.capabilities ?? []
  const payload = task.capability_payload
  return {
    id: task.task_spec_id ?? null,
    mode: task.mode,
    prompt: task.prompt.trim(),
    capability:
      capability === undefined
        ? null
        : { id: capability, payload: payload === undefined ? null : Content.of(canonical(payload)) },
    packs: task.memory_packs ?? null,
    when: written.when === undefined ? null : { op: "eq", ...written.when }
  }
}
