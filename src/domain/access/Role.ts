/** Owns what each role may do over HTTP. Who has which role is `Token`'s; what an endpoint asks for, the contract's. */
import { Schema } from "effect"

/** What somebody with a token is there for. Neither of the first two holds the other: who asks does not decide. */
export const Role = Schema.Literals(["operator", "steward", "viewer"])
export type Role = typeof Role.Type

/**
 * `see`: what is on record, without a word of anybody. `read`: texts that have left. `run`: ask a model, and what belongs to a
 * conversation. `decide`: see what is held, and say what becomes of it.
 */
export const Permission = Schema.Literals(["see", "read", "run", "decide"])
export type Permission = typeof Permission.Type

const granted: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  operator: new Set(["see", "read", "run"]),
  steward: new Set(["see", "read", "decide"]),
  viewer: new Set(["see"])
}

/** Null is nobody's role: the user of this machine, where there are no tokens. */
export const permits = (role: Role | null, permission: Permission): boolean =>
  role === null || granted[role].has(permission)
