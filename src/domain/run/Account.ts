/** Owns where a principal stands in its budget: what is spent, reserved and left, and when more of it comes back. */
import { Schema } from "effect"
import { Count, Principal, Timestamp } from "../Ids.ts"
import { Amount } from "./Budget.ts"

/** Of each, null where there is no limit. */
const Limited = Schema.Struct({ calls: Schema.NullOr(Count), tokens: Schema.NullOr(Count) })

/** Where a principal stands. */
export const Account = Schema.Struct({
  principal: Principal,
  window: Schema.Struct({ hours: Count, from: Timestamp }),
  limits: Limited,
  /** Of runs that have ended. */
  spent: Amount,
  /** The worst case of runs that have not. */
  reserved: Amount,
  left: Limited,
  /** What falls out of the window next, and when; null when there is nothing in it. */
  next: Schema.NullOr(Schema.Struct({ at: Timestamp, ...Amount.fields }))
})
export type Account = typeof Account.Type
