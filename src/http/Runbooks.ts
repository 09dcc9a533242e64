/** Owns the handlers of runbooks, and of what is gone on with or done again. */
import { Effect, Schema } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import type { RunbookBody } from "../api/Runbooks.ts"
import {
  type Doing,
  runAgainOutput,
  runbookAgainOutput,
  turnAgainOutput
} from "../api/results/ReplayResults.ts"
import { pastOutput, runbooksOutput, textsOutput } from "../api/results/RunbookHistoryResults.ts"
import { boundsOutput, runbookOutput, stepOutput } from "../api/results/RunbookResults.ts"
import type { Again } from "../core/replay/Again.ts"
import { Replays } from "../core/replay/Replays.ts"
import { RunbookHistory } from "../core/runbook/RunbookHistory.ts"
import { fittingHere } from "../core/runbook/RunbookFit.ts"
import { Runbooks as Core, type RunbookResult, unwatched } from "../core/runbook/Runbooks.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { Steward } from "../core/session/Steward.ts"
import { pausedOf, waitingOf } from "../core/session/Waiting.ts"
import { failure } from "../domain/Failure.ts"
import { Capabilities } from "../ports/Capability.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Providers } from "../ports/Provider.ts"
import { RunbookReader } from "../ports/RunbookReader.ts"
import { Gate, needsText, ofRun, ofRunbook, ofTurn } from "./Gate.ts"
import { Lives } from "./Lives.ts"
import { type Asker, asker, EXECUTOR, orProblem, PAGE } from "./Requests.ts"

const written = Schema.encodeSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))
const encoder = new TextEncoder()

export const Runbooks = HttpApiBuilder.group(
  Api,
  "runbooks",
  Effect.fn(function* (handlers) {
    const { open } = yield* Gate
    const context = yield* Effect.context<Configuration | Providers | Capabilities>()
    const history = yield* RunbookHistory
    const lives = yield* Lives
    const reader = yield* RunbookReader
    const replays = yield* Replays
    const runbooks = yield* Core
    const sessions = yield* Sessions
    const steward = yield* Steward

    const checks = { constellation: true, health: false }
    const startOf = (by: Asker, { session_mode, persona_mode, audit }: RunbookBody) => ({
      sessionMode: session_mode ?? ("work" as const),
      personaMode: persona_mode ?? EXECUTOR,
      by: { ...by, checks, audit: audit ?? false }
    })

    const read = Effect.fnUntraced(function* ({ runbook, persona_mode }: RunbookBody) {
      const found = yield* reader.decode(encoder.encode(written(runbook)))
      return yield* Effect.provideContext(fittingHere(found, persona_mode ?? EXECUTOR), context)
    })

    /** How it stands, and what became of the steps of this request. */
    const standing = Effect.fnUntraced(function* ({ execution, steps }: RunbookResult) {
      const place = yield* runbooks.place(execution.run)
      const waiting = yield* pausedOf(steward, place)
      const told = steps.map((outcome) => stepOutput(outcome, waiting?.run === outcome.run ? waiting : null))
      return runbookOutput(place, told)
    })

    /** Goes on without whoever asked. */
    const again = Effect.fnUntraced(function* (
      doing: Doing,
      kind: "Run" | "Runbook",
      run: string,
      audit = false,
      acceptConfig = false
    ) {
      const by = yield* asker
      const target = yield* replays.target(run, doing)
      if (target._tag !== kind) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
      const options = { by: { ...by, checks, audit }, acceptConfig }
      const live = yield* lives.begin((watcher) => replays[doing](target.run, { ...options, watcher }))
      return yield* live.result
    })

    const ofRunbooks = (doing: Doing, made: Again) =>
      made._tag === "Runbook"
        ? Effect.map(standing(made.result), (whole) => ofRunbook(open, runbookAgainOutput(doing, whole)))
        : Effect.fail(failure("CHECKPOINT_NOT_FOUND", "setup"))

    const ofRuns = Effect.fnUntraced(function* (doing: Doing, made: Again) {
      if (made._tag === "Runbook") return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
      const alone = made.session === null ? runAgainOutput(doing, made) : null
      if (alone) return ofRun(open, alone)
      const status = made.session === null ? null : yield* sessions.status(made.session)
      const pending = yield* waitingOf(steward, made)
      const turn = ofTurn(open, turnAgainOutput(doing, made, { turn: made, status, pending }))
      return turn.status === "held"
        ? { ...turn, status: "held" as const }
        : { ...turn, status: "success" as const }
    })

    return handlers.handleAll({
      run: ({ payload }) =>
        Effect.gen(function* () {
          const start = startOf(yield* asker, payload)
          const runbook = yield* read(payload)
          const live = yield* lives.begin(({ accepted }) =>
            runbooks.run(runbook, start, { ...unwatched, run: { accepted, outlet: null } })
          )
          return ofRunbook(open, yield* standing(yield* live.result))
        }).pipe(orProblem),
      bounds: ({ payload }) =>
        Effect.gen(function* () {
          const runbook = yield* read(payload)
          const start = startOf(yield* asker, payload)
          return boundsOutput(runbook, start, yield* runbooks.bounds(runbook, start))
        }).pipe(orProblem),
      list: ({ query: { limit = PAGE, cursor = null } }) =>
        orProblem(Effect.map(history.page(limit, cursor), runbooksOutput)),
      show: ({ params }) => orProblem(Effect.map(history.find(params.run), pastOutput)),
      texts: ({ params }) =>
        Effect.gen(function* () {
          const text = yield* needsText(open)
          const { past, said } = yield* history.texts(params.run)
          return text.pass(textsOutput(past, said))
        }).pipe(orProblem),
      resume: ({ params, payload: { audit, accept_config } }) =>
        again("resume", "Runbook", params.run, audit, accept_config).pipe(
          Effect.flatMap((made) => ofRunbooks("resume", made)),
          orProblem
        ),
      replay: ({ params, payload: { audit } }) =>
        again("replay", "Runbook", params.run, audit, true).pipe(
          Effect.flatMap((made) => ofRunbooks("replay", made)),
          orProblem
        ),
      resumeRun: ({ params, payload: { audit, accept_config } }) =>
        again("resume", "Run", params.run, audit, accept_config).pipe(
          Effect.flatMap((made) => ofRuns("resume", made)),
          orProblem
        ),
      replayRun: ({ params, payload: { audit } }) =>
        again("replay", "Run", params.run, audit, true).pipe(
          Effect.flatMap((made) => ofRuns("replay", made)),
          orProblem
        )
    })
  })
)
