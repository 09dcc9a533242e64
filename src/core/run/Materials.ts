/** Owns what a run has in hand between its steps, besides what is on record of it. */
import type { Content } from "../../domain/Content.ts"
import type { CallPermit, Purpose } from "../../domain/run/Bounds.ts"
import { type Context, nothing as emptyContext } from "../../domain/run/Context.ts"

export interface Materials {
  readonly context: Context
  /** For the calls that were not intended yet. */
  readonly permits: ReadonlyArray<CallPermit>
  /** What the last call for each purpose produced. */
  readonly texts: ReadonlyMap<Purpose, Content>
  /** What a capability has made; null where none has. */
  readonly output: Content | null
}
export const nothing: Materials = { context: emptyContext, permits: [], texts: new Map(), output: null }
