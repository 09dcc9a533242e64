/** Owns which session or runbook a run on record is written beside. */
import type { RunAccepted } from "../../domain/Event.ts"
import { type RuntimeFailure, inSession } from "../../domain/Failure.ts"
import type { Journal } from "../../ports/Journal.ts"
import { companionOf as ofRunbook } from "../runbook/RunbookStream.ts"
import { companionOf as ofSession } from "../session/SessionStream.ts"
import type { Companion } from "./Companion.ts"

/** Null beside a run by itself. */
export const companionIn = (
  journal: Pick<Journal["Service"], "ends" | "info" | "read">,
  { turn, step }: Pick<typeof RunAccepted.Type, "turn" | "step">
): Companion | null =>
  turn ? ofSession(journal, turn.session) : step ? ofRunbook(journal, step.runbook) : null

/** The same failure, with the session that it is of. */
export const inHost =
  (companion: Companion | null) =>
  (reason: RuntimeFailure): RuntimeFailure =>
    companion && "session" in companion.of ? inSession(companion.of.session)(reason) : reason
