/** Owns the handlers of runs. */
import { Effect, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { runOutput } from "../api/results/RunResults.ts"
import { cursorIn, START } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { Receipts } from "../core/ledger/Receipts.ts"
import { Runs as Core } from "../core/run/Runs.ts"
import { failure } from "../domain/Failure.ts"
import { RunId } from "../domain/Ids.ts"
import { respond } from "./EventStream.ts"
import { Gate, needsText, ofRun } from "./Gate.ts"
import { Lives } from "./Lives.ts"
import { orProblem, requestOf, wantsEvents } from "./Requests.ts"
import { following, recorded } from "./RunEvents.ts"

const PAGE = 20

export const Runs = HttpApiBuilder.group(
  Api,
  "runs",
  Effect.fn(function* (handlers) {
    const { isOpen } = yield* Gate
    const history = yield* History
    const lives = yield* Lives
    const receipts = yield* Receipts
    const runs = yield* Core

    const told = (
      events: Stream.Stream<
        Parameters<typeof respond>[0] extends Stream.Stream<infer A> ? A : never,
        unknown,
        History
      >
    ) => respond(Stream.provideService(Stream.orDie(events), History, history))

    /** The run of an id, or of how exactly one begins. */
    const named = (prefix: string) => Effect.map(history.find(prefix), ({ run }) => RunId.make(run))

    return handlers.handleAll({
      run: ({ payload, request }) =>
        Effect.gen(function* () {
          const asked = { ...(yield* requestOf(payload)), mode: payload.mode }
          const live = yield* lives.begin((watcher) => runs.run(asked, watcher))
          const leaving = payload.detach === true ? Effect.void : live.cancel
          if (!wantsEvents(request.headers["accept"])) {
            const result = yield* Effect.onInterrupt(live.result, () => leaving)
            return ofRun(isOpen, runOutput(result))
          }
          const facts = yield* Effect.onInterrupt(live.accepted, () => leaving)
          return yield* told(
            following(facts.run, facts, live, START, isOpen).pipe(
              Stream.onExit((exit) => (exit._tag === "Success" ? Effect.void : leaving))
            )
          )
        }).pipe(orProblem),
      list: ({ query: { limit = PAGE, cursor = null, standing = null, mode = null } }) =>
        orProblem(history.page({ standing, mode, since: null, until: null, limit, cursor })),
      find: ({ params }) => orProblem(history.find(params.run)),
      text: ({ params }) =>
        Effect.gen(function* () {
          yield* needsText(isOpen)
          return runOutput(yield* history.text(params.run))
        }).pipe(orProblem),
      receipt: ({ params }) => orProblem(receipts.find(params.run)),
      stream: ({ params, headers }) =>
        Effect.gen(function* () {
          const run = yield* named(params.run)
          const cursor = cursorIn(headers["last-event-id"] ?? "") ?? START
          const live = lives.find(run)
          if (!live)
            return yield* told(
              Stream.fromIterable(
                yield* recorded(run, cursor, isOpen).pipe(Effect.provideService(History, history))
              )
            )
          const facts = yield* live.accepted
          // What it comes to is read from the record: a turn has another result than a run by itself.
          const result = Effect.andThen(live.result, history.text(run))
          return yield* told(following(run, facts, { pieces: live.pieces, result }, cursor, isOpen))
        }).pipe(orProblem),
      cancel: ({ params }) =>
        Effect.gen(function* () {
          const run = yield* named(params.run)
          const live = lives.find(run)
          if (!live) return yield* failure("RUN_TRANSITION_INVALID", "setup")
          yield* live.cancel
          return { run_id: run, cancelled: true as const }
        }).pipe(orProblem)
    })
  })
)
