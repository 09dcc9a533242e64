/** Owns when a step of a runbook is done: one comparison of what the caller says, and nothing that a model could say. Pure. */
import { Option, Schema } from "effect"
import type { ConfigFault } from "../config/ConfigPlace.ts"
import { Mode } from "../Ids.ts"
import { SessionMode } from "../session/Turn.ts"

const asSessionMode = Schema.decodeUnknownOption(SessionMode)

const fields = {
  key: Schema.Literals(["session_mode", "persona_mode"]),
  op: Schema.Literals(["eq", "neq"]),
  value: Mode
}

/** `session_mode` is only ever held against a mode that a session can have: any other value is a typo. */
const canHold = Schema.makeFilter(
  ({ key, value }: { readonly key: string; readonly value: Mode }) =>
    key === "persona_mode" ||
    Option.isSome(asSessionMode(value)) || { path: ["value"], issue: "wrong_condition" satisfies ConfigFault }
)

/** A comparison. */
export const Condition = Schema.Struct(fields).pipe(Schema.check(canHold))
export type Condition = typeof Condition.Type

/** A condition as it is written: `op` is `eq` when it is left out. */
export const WrittenCondition = Schema.Struct({ ...fields, op: Schema.optionalKey(fields.op) }).pipe(
  Schema.check(canHold)
)

/** What a condition is held against; whoever starts the runbook says it, once for all steps. */
export interface RunbookContext {
  readonly sessionMode: SessionMode
  readonly personaMode: Mode
}

/** Whether the step is done. Without a condition it always is. */
export const applies = (when: Condition | null, { sessionMode, personaMode }: RunbookContext): boolean => {
  if (when === null) return true
  const actual: string = when.key === "session_mode" ? sessionMode : personaMode
  return (actual === when.value) === (when.op === "eq")
}
