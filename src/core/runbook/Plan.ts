/** Owns the worst case of a runbook: the sum over the steps that will be run, each as it would be run now. */
import { Context, Effect, Layer, Schema } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Count, Mode, TaskSpecId } from "../../domain/Ids.ts"
import { Certificate, MAX_STEP_ATTEMPTS, together } from "../../domain/run/Bounds.ts"
import { worst } from "../../domain/run/Budget.ts"
import type { Seat } from "../../domain/run/Seat.ts"
import { applies, type RunbookContext } from "../../domain/runbook/Condition.ts"
import type { Step } from "../../domain/runbook/Runbook.ts"
import type { RunRequest } from "../run/Request.ts"
import { Budgets } from "../run/Budgets.ts"
import { PolicyInForce } from "../run/PolicyInForce.ts"
import { Rehearsal } from "../run/Rehearsal.ts"

/** What one step is allowed at most, over all its attempts. */
export const PlannedStep = Schema.Struct({
  index: Count,
  task: TaskSpecId,
  mode: Mode,
  /** Null for one that is skipped. */
  certificate: Schema.NullOr(Certificate)
})

export const Planned = Schema.Struct({
  steps: Schema.Array(PlannedStep),
  /** All of it together. */
  certificate: Certificate,
  /** Whether that fits what is left of the budget. */
  affordable: Schema.Boolean
})
export type Planned = typeof Planned.Type

/** A step that has a name. */
export type NamedStep = Step & { readonly id: TaskSpecId }

/** How a runbook is run. */
export interface Manner extends RunbookContext, Pick<Seat, "thresholds"> {
  readonly by: Pick<RunRequest, "principal" | "surface" | "checks" | "audit">
}

export class Plan extends Context.Service<
  Plan,
  {
    /** The worst case of the steps from an index on. Refuses what any of them would refuse before its first call. */
    readonly of: (
      steps: ReadonlyArray<NamedStep>,
      manner: Manner,
      from?: number
    ) => Effect.Effect<Planned, RuntimeFailure>
  }
>()("io-iii/core/runbook/Plan") {
  static readonly layer = Layer.effect(
    Plan,
    Effect.gen(function* () {
      const budgets = yield* Budgets
      const policy = yield* PolicyInForce
      const rehearsal = yield* Rehearsal

      return Plan.of({
        of: Effect.fn("Plan.of")(function* (steps, { by, thresholds, ...context }, from = 0) {
          const gated = context.sessionMode === "steward"
          const planned: Array<typeof PlannedStep.Type> = []
          for (const [index, { id, mode, prompt, capability, packs, when }] of steps.entries()) {
            const about = { index, task: id, mode }
            if (index < from || !applies(when, context)) {
              planned.push({ ...about, certificate: null })
              continue
            }
            const request = { ...by, mode, prompt, file: null, capability, packs }
            const seat = gated ? { mode: "steward" as const, thresholds } : null
            const { certificate, widest } = yield* rehearsal.certify(request, seat)
            // A steward may have a held step done once more, with a text of any length in the place of its prompt.
            const further = certificate.gates > 0 ? MAX_STEP_ATTEMPTS - 1 : 0
            const all = [certificate, ...Array.from({ length: further }, () => widest)]
            planned.push({ ...about, certificate: together(all) })
          }
          const certificate = together(planned.flatMap((step) => step.certificate ?? []))
          const { calls, tokens } = worst(certificate)
          const { left } = yield* budgets.account(by.principal, policy.budgets)
          const affordable = calls <= (left.calls ?? calls) && tokens <= (left.tokens ?? tokens)
          return { steps: planned, certificate, affordable }
        })
      })
    })
  )
}

/** A runbook that its budget could not pay for is not begun. */
export const affordable = (planned: Planned): Effect.Effect<Planned, RuntimeFailure> =>
  planned.affordable ? Effect.succeed(planned) : Effect.fail(failure("BUDGET_EXCEEDED", "bounds"))
