/** Owns what is derived again of a runbook: what it began with, and where it stands after each of its events. */
import { Result } from "effect"
import { type Digest, RUNBOOK_PREFIX, type StreamId } from "../Ids.ts"
import type { Regime } from "../run/Governance.ts"
import { mayAnswer } from "../run/Route.ts"
import { begun, decide, type Execution } from "../runbook/Execution.ts"
import type { RunbookEvent } from "../runbook/RunbookEvent.ts"
import type { Judged } from "./Decision.ts"
import { equals } from "./Ledger.ts"

/** The decisions that a runbook's event records, and the runbook after it; null where the event cannot have happened. */
export const judgeRunbook = (
  stream: StreamId,
  runbook: Execution | null,
  event: RunbookEvent,
  regimes: ReadonlyMap<Digest, Regime> | null
): { readonly judged: ReadonlyArray<Judged>; readonly runbook: Execution | null } => {
  if (runbook === null) {
    if (event._tag !== "RunbookStarted") return wrong("transition")
    const started = begun(event)
    const holds =
      started !== null &&
      stream === RUNBOOK_PREFIX + started.run &&
      started.steps.every(({ mode }) => mayAnswer(mode)) &&
      (regimes === null || isUnderPolicy(started, regimes))
    return holds ? right("runbook", started) : wrong("runbook")
  }
  const { after, ...facts } = event
  const decided = Result.getOrNull(decide(runbook, facts))
  if (decided === null) return wrong("transition")
  return equals(decided.after, after) ? right("transition", { ...runbook, after }) : wrong("runbook")
}

/** It is asked for by the thresholds that were configured when it began. */
const isUnderPolicy = (
  { configDigest, thresholds, expirySeconds }: Execution,
  regimes: ReadonlyMap<Digest, Regime>
): boolean => {
  const terms = regimes.get(configDigest)?.policy.sessions
  return equals(thresholds, terms?.thresholds) && expirySeconds === terms?.expirySeconds
}

const right = (decision: Judged["decision"], runbook: Execution) => ({
  judged: [{ decision, holds: true }],
  runbook
})
const wrong = (decision: Judged["decision"]) => ({ judged: [{ decision, holds: false }], runbook: null })
