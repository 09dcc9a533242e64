/** Owns a runbook of twenty steps, some with a capability and some that a condition leaves out, and how it is run. */
import { Content } from "../../src/domain/Content.ts"
import { CapabilityId, Mode, RunbookId, TaskSpecId } from "../../src/domain/Ids.ts"
import type { Condition } from "../../src/domain/runbook/Condition.ts"
import type { Runbook, Step } from "../../src/domain/runbook/Runbook.ts"
import { by } from "./runbookScene.ts"
import { persona } from "./sessionScene.ts"

const STEPS = 20
export const hasCapability = (index: number): boolean => index % 4 === 1
export const isLeftOut = (index: number): boolean => index === 3 || index === 12

const inMode = (value: string): Condition => ({ key: "session_mode", op: "eq", value: Mode.make(value) })

const stepAt = (index: number): Step => ({
  id: TaskSpecId.make(`task-${index}`),
  mode: persona,
  prompt: Content.of(`question ${index}`),
  capability: hasCapability(index)
    ? { id: CapabilityId.make("cap.good"), payload: Content.of(`{"number":${index}}`) }
    : null,
  packs: null,
  when: isLeftOut(index) ? inMode("steward") : index === 7 ? inMode("work") : null
})

export const twentySteps: Runbook = {
  id: RunbookId.make("rb-twenty"),
  steps: Array.from({ length: STEPS }, (_, index) => stepAt(index))
}

export const workStart = { sessionMode: "work", personaMode: persona, by } as const
