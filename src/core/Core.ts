/** Owns which services of the core stand on which. Every port below them can be filled by something else. */
import { Layer } from "effect"
import { Assembly } from "./run/Assembly.ts"
import { Budgets } from "./run/Budgets.ts"
import { Calibrations } from "./run/Calibrations.ts"
import { Calls } from "./run/Calls.ts"
import { Challenger } from "./run/Challenger.ts"
import { claiming } from "./run/Claims.ts"
import { ConfigRecord } from "./run/ConfigRecord.ts"
import { Engine } from "./run/Engine.ts"
import { Exports } from "./ledger/Exports.ts"
import { History } from "./ledger/History.ts"
import { Ledgers } from "./ledger/Ledgers.ts"
import { Projections } from "./ledger/Projections.ts"
import { Receipts } from "./ledger/Receipts.ts"
import { Recovery } from "./run/Recovery.ts"
import { Rehearsal } from "./run/Rehearsal.ts"
import { Resumption } from "./run/Resumption.ts"
import { Router } from "./run/Router.ts"
import { Runs } from "./run/Runs.ts"
import { Runbooks } from "./runbook/Runbooks.ts"
import { ForeignReplays } from "./replay/ForeignReplays.ts"
import { Recordings } from "./replay/Recordings.ts"
import { Replays } from "./replay/Replays.ts"
import { RunbooksAgain } from "./replay/RunbooksAgain.ts"
import { RunsAgain } from "./replay/RunsAgain.ts"
import { Plan } from "./runbook/Plan.ts"
import { Steps } from "./runbook/Steps.ts"
import { Inputs } from "./run/Inputs.ts"
import { Memories } from "./memory/Memories.ts"
import { Recollections } from "./memory/Recollections.ts"
import { PolicyInForce } from "./run/PolicyInForce.ts"
import { RunbookErasure } from "./runbook/RunbookErasure.ts"
import { Conversations } from "./session/Conversations.ts"
import { SessionErasure } from "./session/SessionErasure.ts"
import { Sessions } from "./session/Sessions.ts"
import { Snapshots } from "./session/Snapshots.ts"
import { Steward } from "./session/Steward.ts"
import { Transcripts } from "./session/Transcripts.ts"
import { Turns } from "./session/Turns.ts"
import { Verifier } from "./ledger/Verifier.ts"
import * as Owing from "./webhook/Owing.ts"

/** What governs a run, top down. */
export const core = Layer.mergeAll(Transcripts.layer, Replays.layer, ForeignReplays.layer).pipe(
  Layer.provideMerge(Layer.mergeAll(RunsAgain.layer, RunbooksAgain.layer)),
  Layer.provideMerge(Layer.mergeAll(Runbooks.layer, Sessions.layer)),
  Layer.provideMerge(Layer.mergeAll(Steward.layer, Plan.layer)),
  Layer.provideMerge(Layer.mergeAll(Turns.layer, Steps.layer)),
  Layer.provideMerge(Layer.mergeAll(Runs.layer, Resumption.layer, Rehearsal.layer, History.layer)),
  Layer.provideMerge(Engine.layer),
  Layer.provideMerge(Conversations.layer),
  Layer.provideMerge(Layer.mergeAll(Assembly.layer, Calls.layer, Challenger.layer, ConfigRecord.layer)),
  Layer.provideMerge(Layer.mergeAll(Budgets.layer, Calibrations.layer, Projections.layer, Recovery.layer)),
  Layer.provideMerge(Layer.mergeAll(Router.layer, Ledgers.layer, Inputs.layer, Memories.layer)),
  Layer.provideMerge(Layer.mergeAll(Recollections.layer, PolicyInForce.layer)),
  Layer.provideMerge(Owing.layer),
  Layer.provideMerge(claiming)
)

/** What can be proven of a record, here and to others. */
export const proofs = Layer.merge(Receipts.layer, Recordings.layer).pipe(
  Layer.provideMerge(Exports.layer),
  Layer.provideMerge(Verifier.layer),
  Layer.provideMerge(Layer.mergeAll(Budgets.layer, Ledgers.layer))
)

/** What becomes of a whole session or runbook: it is erased, or a session's control state goes elsewhere. */
export const keeping = Layer.mergeAll(SessionErasure.layer, RunbookErasure.layer, Snapshots.layer)
