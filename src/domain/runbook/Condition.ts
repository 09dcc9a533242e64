/** Owns when a step of a runbook is done: one comparison of what the caller says, and nothing that a model could say. Pure. */
import { Option, Schema } from "effect"
import { Mode } from "../Ids.ts"
import { SessionMode } from "../session/Turn.ts"

const asSessionMode = Schema.decodeUnknownOption(SessionMode)

/** A comparison. `session_mode` is only ever held against a mode that a session can have: any other value is a typo. */
export const Condition = Schema.Struct({
  key: Schema.Literals(["session_mode", "persona_mode"]),
  op: Schema.Literals(["eq", "neq"]),
  value: Mode
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ key, value }) =>
        key === "persona_mode" ||
        Option.isSome(asSessionMode(value)) || { path: ["value"], issue: "no session has this mode" }
    )
  )
)
export type Condition = typeof Condition.Type

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
