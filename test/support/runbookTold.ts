/** Owns what somebody is told of a runbook or of a decision about one of its steps, in the words of the model. */
import type { Again } from "../../src/core/replay/Again.ts"
import type { RunbookResult } from "../../src/core/runbook/Runbooks.ts"
import type { Decided, Next } from "../../src/core/session/Steward.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import type { Action } from "../../src/domain/session/Turn.ts"
import type { Modelled, Outcome } from "./runbookModel.ts"

export const failed = (code: string, decided?: Action) => ({
  is: "failed",
  code,
  ...(decided && { decided })
})

/** What somebody is told who wants to see or decide what waits in a runbook where nothing does. */
export const refusalOf = ({ lastDecided }: Modelled, wasHeld: boolean) =>
  wasHeld || lastDecided ? failed("STEWARD_DECIDED", lastDecided ?? "reject") : failed("STEWARD_NOT_PENDING")

/** Of a run there is no index to tell. */
export const outcomeOf = ({ status, text }: Pick<Outcome, "status" | "text">) => ({ status, text })

const nextOf = (next: Next) => {
  if (next instanceof RuntimeFailure) return { status: "failed", text: next.code }
  return next.rest._tag === "Held"
    ? { status: "held", text: null }
    : { status: "released", text: next.rest.released.text }
}

export const toldOf = (told: unknown): unknown => {
  if (told === null) return null
  if (told instanceof RuntimeFailure) return failed(told.code, told.decided)
  const { result, execution, steps, next, released } = told as Partial<
    Extract<Again, { _tag: "Runbook" }> & RunbookResult & Decided
  >
  const ran = result ?? (execution && steps ? { execution, steps } : null)
  if (ran) {
    const outcomes = ran.steps.map(({ index, status, released, failure }) => ({
      index,
      status,
      text: released?.text ?? failure?.code ?? null
    }))
    return { is: "ran", status: ran.execution.after.status, outcomes }
  }
  if (next) return { is: "next", outcome: nextOf(next) }
  return released ? { is: "released", text: released.text } : { is: "done" }
}
