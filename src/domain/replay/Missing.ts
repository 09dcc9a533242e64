/** Owns whether what somebody gives is what was recorded elsewhere, as far as names and lengths can tell. Pure. */
import type { Content } from "../Content.ts"
import type { TaskSpecId } from "../Ids.ts"
import { equals } from "../ledger/Ledger.ts"
import { asksNobody, type RunState } from "../run/Run.ts"
import type { Execution } from "../runbook/Execution.ts"
import type { Runbook, Step } from "../runbook/Runbook.ts"
import type { DeclaredStep } from "../runbook/RunbookEvent.ts"
import type { Required } from "./Required.ts"

/** The texts of one run, as far as they are given. */
export interface Given {
  readonly prompt: Content | null
  readonly file: Content | null
  readonly payload: Content | null
}

type Place = Pick<Required, "step" | "task">
const alone: Place = { step: null, task: null }

/** What a run needs and was not given. Of text beside a prompt no length is recorded, so any is taken. */
export const missingOf = (
  { accepted, context, ...state }: RunState,
  { prompt, file, payload }: Given
): ReadonlyArray<Required> => {
  if (!accepted) return []
  const turns = context?.history?.turns ?? 0
  const hadFile = context?.segments.some(({ name }) => name === "file") ?? false
  const isSilent = asksNobody({ ...state, accepted })
  return [
    ...(turns > 0 ? [{ ...alone, part: "earlier_turns", count: turns, given: null } as const] : []),
    ...wantedBy(accepted),
    ...(isSilent ? [] : text(alone, "prompt", accepted.promptChars, prompt)),
    ...(accepted.capability ? text(alone, "payload", accepted.capability.payloadChars, payload) : []),
    ...(hadFile && file === null ? [{ ...alone, part: "file", count: null, given: null } as const] : [])
  ]
}

/** A client's texts, which nobody can give: its conversation is its own, and so is what ends or shapes an answer. */
const wantedBy = ({ client, generation }: NonNullable<RunState["accepted"]>): ReadonlyArray<Required> => {
  const { instructions = null, history = null } = client ?? {}
  const { stop = [], schema = null } = generation ?? {}
  const lacks = (part: Required["part"], count: number): ReadonlyArray<Required> =>
    count === 0 ? [] : [{ ...alone, part, count, given: null }]
  return [
    ...lacks("instructions", instructions?.chars ?? 0),
    ...lacks("client_messages", history?.messages ?? 0),
    ...lacks("stop", stop.length),
    ...lacks("schema", schema?.chars ?? 0)
  ]
}

const text = (
  place: Place,
  part: "prompt" | "payload",
  count: number,
  content: Content | null
): ReadonlyArray<Required> =>
  content?.length === count ? [] : [{ ...place, part, count, given: content?.length ?? null }]

/** What a runbook needs: all texts where none is given, else what of the given one is not as it was declared. */
export const missingIn = (
  { runbook, steps }: Pick<Execution, "runbook" | "steps">,
  given: Runbook | null
): ReadonlyArray<Required> => {
  if (given === null) return steps.flatMap((step, index) => textsOf(step, index, null))
  const isNamed = given.id === null ? UNNAMED_RUNBOOK.test(runbook) : given.id === runbook
  return [
    ...(isNamed ? [] : [{ ...alone, part: "runbook_id", count: null, given: null } as const]),
    ...(given.steps.length === steps.length
      ? []
      : [{ ...alone, part: "steps", count: steps.length, given: given.steps.length } as const]),
    ...steps.flatMap((step, index) => {
      const one = given.steps[index]
      return one ? differences(step, one, index) : []
    })
  ]
}

/** How what has no name of its own is named. */
const UNNAMED_RUNBOOK = /^rb-[0-9a-f]{12}$/u
const isUnnamed = (task: TaskSpecId, index: number): boolean =>
  new RegExp(`^ts-[0-9a-f]{12}-${index}$`, "u").test(task)

const differences = (declared: DeclaredStep, step: Step, index: number): ReadonlyArray<Required> => {
  const { task, mode, capability, packs, when } = declared
  const different = (part: Required["part"], is: boolean): ReadonlyArray<Required> =>
    is ? [{ step: index, task, part, count: null, given: null }] : []
  return [
    ...different("id", step.id === null ? !isUnnamed(task, index) : step.id !== task),
    ...different("mode", step.mode !== mode),
    ...different("capability", (step.capability?.id ?? null) !== (capability?.id ?? null)),
    ...different("memory_packs", !equals(step.packs, packs)),
    ...different("when", !equals(step.when, when)),
    ...textsOf(declared, index, step)
  ]
}

const textsOf = (
  { task, promptChars, capability }: DeclaredStep,
  index: number,
  step: Step | null
): ReadonlyArray<Required> => {
  const place = { step: index, task }
  // Without one, a capability is given an empty object.
  const payloadChars = step?.capability ? (step.capability.payload?.length ?? EMPTY) : null
  return [
    ...text(place, "prompt", promptChars, step?.prompt ?? null),
    ...(capability && payloadChars !== capability.payloadChars && (step === null || step.capability)
      ? [{ ...place, part: "payload", count: capability.payloadChars, given: payloadChars } as const]
      : [])
  ]
}
const EMPTY = "{}".length
