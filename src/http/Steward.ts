/** Owns the handlers of stewards. */
import { Effect, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { InboxEvent } from "../api/InboxEvents.ts"
import { cursorIn } from "../api/Streams.ts"
import { failureOutput } from "../api/results/RunResults.ts"
import { decisionOutput, inboxOutput, viewOutput } from "../api/results/StewardResults.ts"
import { turnOutput } from "../api/results/TurnResults.ts"
import type { Watcher } from "../core/run/Request.ts"
import { Runbooks } from "../core/runbook/Runbooks.ts"
import { Sessions } from "../core/session/Sessions.ts"
import { Steward as Core } from "../core/session/Steward.ts"
import { waitingOf } from "../core/session/Waiting.ts"
import { Content } from "../domain/Content.ts"
import { failure } from "../domain/Failure.ts"
import { Gate, ofDecision } from "./Gate.ts"
import { inboxEvents } from "./Inbox.ts"
import { Lives } from "./Lives.ts"
import { asker, orProblem, requests } from "./Requests.ts"
import { places, watchingAs } from "./Streaming.ts"

export const Steward = HttpApiBuilder.group(
  Api,
  "steward",
  Effect.fn(function* (handlers) {
    const { open } = yield* Gate
    const requestOf = yield* requests
    const inbox = yield* inboxEvents
    const placed = yield* places
    const lives = yield* Lives
    const runbooks = yield* Runbooks
    const sessions = yield* Sessions
    const steward = yield* Core

    return handlers.handleAll({
      pending: () => orProblem(Effect.map(steward.pending, inboxOutput)),
      stream: ({ headers }) =>
        Effect.gen(function* () {
          const place = yield* placed
          const all = yield* inbox(cursorIn(headers["last-event-id"] ?? ""))
          return yield* watchingAs(place, InboxEvent, Stream.orDie(all))
        }).pipe(orProblem),
      view: ({ params }) =>
        Effect.flatMap(asker, ({ principal }) => steward.show(params.turn, principal)).pipe(
          Effect.map(viewOutput),
          orProblem
        ),
      decide: ({ params, payload }) =>
        Effect.gen(function* () {
          const { action, digest, sequence, text, prompt = "", reason } = payload
          const by = yield* asker
          const about = {
            principal: by.principal,
            by: "person",
            turn: params.turn,
            digest,
            sequence,
            reason: reason ?? (action === "approve" ? "acceptable" : "other")
          } as const
          const decide = Effect.fnUntraced(function* (watcher: Watcher) {
            if (action === "edit") {
              if (text === undefined || text === "") return yield* failure("STEWARD_TEXT_REQUIRED", "gate")
              return yield* steward.decide({ ...about, action, text: Content.of(text) })
            }
            if (action !== "redirect") return yield* steward.decide({ ...about, action })
            const { persona } = yield* steward.find(params.turn)
            const request = { ...(yield* requestOf(by, { ...payload, prompt })), mode: persona }
            return yield* steward.decide({ ...about, action, request, watcher })
          })
          // What was decided, and what a redirection begins, goes on without whoever has decided.
          const decided = yield* (yield* lives.begin(decide)).result
          const status = decided.session && (yield* sessions.status(decided.session))
          const runbook = decided.runbook && (yield* runbooks.place(decided.runbook)).execution.after.status
          const { next } = decided
          const shown =
            next &&
            ("code" in next
              ? failureOutput(next)
              : turnOutput({ turn: next, status, pending: yield* waitingOf(steward, next) }))
          return ofDecision(open, decisionOutput(about, decided, { status, runbook }, shown))
        }).pipe(orProblem)
    })
  })
)
