/** Owns the handlers of runs. */
import { Effect, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { runOutput } from "../api/results/RunResults.ts"
import type { RunBody } from "../api/Runs.ts"
import { type Cursor, cursorIn, START } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { Receipts } from "../core/ledger/Receipts.ts"
import { Runs as Core } from "../core/run/Runs.ts"
import { failure } from "../domain/Failure.ts"
import { RunId } from "../domain/Ids.ts"
import { Gate, needsText, ofRun } from "./Gate.ts"
import { left, Lives, whole } from "./Lives.ts"
import { asker, orProblem, PAGE, requests, wantsEvents } from "./Requests.ts"
import { runEvents } from "./RunEvents.ts"
import { sessionEvents } from "./SessionEvents.ts"
import { places, respond, watching } from "./Streaming.ts"
import { untilOver } from "./UntilOver.ts"

export const Runs = HttpApiBuilder.group(
  Api,
  "runs",
  Effect.fn(function* (handlers) {
    const { open } = yield* Gate
    const requestOf = yield* requests
    const history = yield* History
    const lives = yield* Lives
    const placed = yield* places
    const receipts = yield* Receipts
    const runs = yield* Core
    const events = yield* runEvents
    const turns = yield* sessionEvents

    /** The run of an id, or of how exactly one begins. */
    const named = (prefix: string) => Effect.map(history.find(prefix), ({ run }) => RunId.make(run))

    /** A turn is told as its session tells it: its events have one number each, wherever they are read. */
    const follow = Effect.fnUntraced(function* (prefix: string, lastSeen: Cursor) {
      const { run, state } = yield* history.find(prefix)
      const turn = state?.accepted?.turn
      const id = RunId.make(run)
      return turn ? turns.turnAfter(turn.session, id, lastSeen, open) : events.after(id, lastSeen, open)
    })

    const run = Effect.fnUntraced(function* (payload: RunBody, accept: string | undefined) {
      const asked = { ...(yield* requestOf(yield* asker, payload)), mode: payload.mode }
      const isWhole = !wantsEvents(accept)
      const place = isWhole ? null : yield* placed
      // Of an answer that is wanted whole nothing leaves before all of it does.
      const begun = lives.begin((watcher) => runs.run(asked, isWhole ? whole(watcher) : watcher))
      const live = yield* payload.detach === true ? begun : untilOver(begun, left)
      if (!place) return ofRun(open, runOutput(yield* live.result))
      const { run } = (yield* live.accepted).facts
      return yield* respond(place, Stream.orDie(events.after(run, START, open)))
    }, orProblem)

    return handlers.handleAll({
      run: ({ payload, request }) => run(payload, request.headers["accept"]),
      list: ({ query: { limit = PAGE, cursor = null, standing = null, mode = null } }) =>
        orProblem(history.page({ standing, mode, since: null, until: null, limit, cursor })),
      find: ({ params }) => orProblem(history.find(params.run)),
      text: ({ params }) =>
        Effect.gen(function* () {
          const text = yield* needsText(open)
          return text.pass(runOutput(yield* history.text(params.run)))
        }).pipe(orProblem),
      receipt: ({ params }) => orProblem(receipts.find(params.run)),
      stream: ({ params, headers }) =>
        Effect.gen(function* () {
          const place = yield* placed
          const all = yield* follow(params.run, cursorIn(headers["last-event-id"] ?? "") ?? START)
          return yield* watching(place, Stream.orDie(all))
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
