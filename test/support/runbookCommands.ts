/** Owns commands about runbooks, and whole histories of them. What they come to is `runbookLife`'s. */
import * as fc from "fast-check"
import type { Action, SessionMode } from "../../src/domain/session/Turn.ts"
import type { Rules } from "./runbookModel.ts"
import type { Able, Kind } from "./runbookScene.ts"
import type { Death } from "./sessionCommands.ts"

/** A step of a runbook that is not numbered yet. */
export interface Wanted {
  readonly kind: Kind
  readonly able: Able | null
  readonly packs: boolean
  /** Null: it has no condition. */
  readonly applies: boolean | null
}

/** Runbooks are named by number, modulo how many there are. */
export type Command =
  | {
      readonly do: "run"
      readonly steps: ReadonlyArray<Wanted>
      readonly mode: SessionMode
      readonly audit: boolean
      readonly dies: Death | null
    }
  | { readonly do: "replay"; readonly at: number; readonly dies: Death | null }
  /** By the id of the runbook, or of the last of its runs. */
  | {
      readonly do: "resume"
      readonly at: number
      readonly by: "runbook" | "run"
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
  | { readonly do: "show"; readonly at: number }
  | { readonly do: "wait"; readonly seconds: number }
  | { readonly do: "pending" | "restart" | "recover" }

const at = fc.nat(2)
const mode = fc.constantFrom<SessionMode>("steward", "steward", "work")
const kind = fc.constantFrom<Kind>(
  ...(["say", "say", "say", "say", "fall", "flaky", "flaky", "break", "late", "hang"] as const),
  ...(["pass", "pass", "needs_work", "needs_work", "reject", "mumble"] as const)
)
const death = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.record({ commits: fc.nat(7), side: fc.constantFrom("before", "after") }) }
)
const wanted: fc.Arbitrary<Wanted> = fc.record({
  kind,
  able: fc.constantFrom(null, null, null, "good", "good", "no", "bad"),
  packs: fc.boolean(),
  applies: fc.constantFrom(null, null, true, false)
})
const steps = fc.array(wanted, { minLength: 1, maxLength: 6 })

const command = (mayDie: boolean): fc.Arbitrary<Command> => {
  const dies = mayDie ? death : fc.constant(null)
  return fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("run"), steps, mode, audit: fc.boolean(), dies }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("replay"), at, dies }) },
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant("resume"), at, by: fc.constantFrom("runbook", "run"), dies })
    },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("decide"),
        at,
        action: fc.constantFrom<Action>("approve", "edit", "redirect", "redirect", "reject", "close"),
        about: fc.constantFrom("this", "this", "this", "this", "digest", "sequence", "earlier"),
        kind,
        dies
      })
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("show"), at }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("wait"), seconds: fc.constantFrom(1, 30, 59, 60) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("pending", "restart", "recover") }) }
  ) as fc.Arbitrary<Command>
}

/** A history begins with a runbook, so that its commands have something to be about. */
export interface History {
  readonly rules: Rules
  readonly commands: ReadonlyArray<Command>
}

export const histories = (mayDie: boolean): fc.Arbitrary<History> =>
  fc.record({
    rules: fc.record<Rules>({
      stepCount: fc.constantFrom(null, null, 1, 2, 3),
      tokenBudget: fc.constantFrom(null, null, null, 400, 1500),
      classes: fc.boolean(),
      audit: fc.boolean(),
      always: fc.boolean(),
      expirySeconds: fc.constantFrom(null, 60),
      onUnavailable: fc.constantFrom("refuse", "hold", "release")
    }),
    commands: fc
      .tuple(
        fc.record({
          do: fc.constant("run" as const),
          steps,
          mode,
          audit: fc.boolean(),
          dies: mayDie ? death : fc.constant(null)
        }) as fc.Arbitrary<Command>,
        fc.array(command(mayDie), { minLength: 1, maxLength: 10 })
      )
      .map(([first, rest]) => [first, ...rest])
  })
