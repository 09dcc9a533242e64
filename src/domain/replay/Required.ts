/** Owns what has to be given to do again what has no texts here: which texts, how long, of which step; no word of any. */
import { Schema } from "effect"
import { Count, TaskSpecId } from "../Ids.ts"

export const Required = Schema.Struct({
  /** Of which step, from 0, and how that is named; null where it is of no step. */
  step: Schema.NullOr(Count),
  task: Schema.NullOr(TaskSpecId),
  /**
   * A text (`prompt`, `payload`, `file`); what nobody can give: `earlier_turns` of a session, and of a client its `instructions`,
   * `client_messages`, `stop` texts and `schema`; or what of a given runbook is not
   * what was recorded (`steps`: how many there are).
   */
  part: Schema.Literals([
    "prompt",
    "payload",
    "file",
    "earlier_turns",
    "instructions",
    "client_messages",
    "stop",
    "schema",
    "runbook_id",
    "steps",
    "id",
    "mode",
    "capability",
    "memory_packs",
    "when"
  ]),
  /** How much of it: characters of a text, turns, messages, texts, steps; null where that is not recorded. */
  count: Schema.NullOr(Count),
  /** How much of it was given; null where nothing was. */
  given: Schema.NullOr(Count)
})
export type Required = typeof Required.Type
