/** Owns what may be done to sessions: commands as data, and whole histories of them. What they come to is `sessionLife`'s. */
import * as fc from "fast-check"
import type { Action, SessionMode } from "../../src/domain/session/Turn.ts"
import type { Kind, Rules } from "./sessionModel.ts"

/** When the process that carries a command out dies: at the commit after so many, before or after it. */
export interface Death {
  readonly commits: number
  readonly side: "before" | "after"
}

/** Sessions are named by number, modulo how many there are. */
export type Command =
  | { readonly do: "start"; readonly mode: SessionMode; readonly audit: boolean; readonly titled: boolean }
  | {
      readonly do: "turn"
      readonly at: number
      readonly kind: Kind
      readonly audit: boolean
      readonly dies: Death | null
    }
  | {
      readonly do: "decide"
      readonly at: number
      readonly action: Action
      readonly about: "this" | "digest" | "sequence" | "earlier"
      readonly kind: Kind
      readonly dies: Death | null
    }
  | { readonly do: "show" | "title" | "close"; readonly at: number }
  | { readonly do: "mode"; readonly at: number; readonly mode: SessionMode }
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "pending" | "restart" | "recover" }

const at = fc.nat(2)
const mode = fc.constantFrom<SessionMode>("steward", "steward", "work")
const kind = fc.constantFrom<Kind>(
  "say",
  "say",
  "say",
  "break",
  "hang",
  "blank",
  "pass",
  "needs_work",
  "reject",
  "mumble",
  "abstain"
)
const death = fc.oneof(
  { weight: 5, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.record({ commits: fc.nat(1), side: fc.constantFrom("before", "after") }) }
)
const command = (mayDie: boolean): fc.Arbitrary<Command> => {
  const dies = mayDie ? death : fc.constant(null)
  return fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("start"), mode, audit: fc.boolean(), titled: fc.boolean() })
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("turn"), at, kind, audit: fc.boolean(), dies }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("decide"),
        at,
        action: fc.constantFrom<Action>("approve", "edit", "redirect", "reject", "close"),
        about: fc.constantFrom("this", "this", "this", "this", "digest", "sequence", "earlier"),
        kind,
        dies
      })
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("show", "title", "close"), at }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("mode"), at, mode }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait"), seconds: fc.constantFrom(1, 30, 59, 60) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("pending", "restart", "recover") }) }
  ) as fc.Arbitrary<Command>
}

/** A history begins with a session, so that its commands have something to be about. */
export interface History {
  readonly rules: Rules
  readonly first: SessionMode
  readonly commands: ReadonlyArray<Command>
}

export const histories = (mayDie: boolean): fc.Arbitrary<History> =>
  fc.record({
    rules: fc.record<Rules>({
      stepCount: fc.constantFrom(null, null, 1, 2, 3),
      tokenBudget: fc.constantFrom(null, null, 0, 300, 900),
      audit: fc.boolean(),
      always: fc.boolean(),
      expirySeconds: fc.constantFrom(null, 60),
      maxTurns: fc.integer({ min: 1, max: 4 }),
      onUnavailable: fc.constantFrom("refuse", "hold", "release")
    }),
    first: mode,
    commands: fc.array(command(mayDie), { minLength: 1, maxLength: 12 })
  })
