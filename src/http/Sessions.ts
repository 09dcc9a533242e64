/** Owns the handlers of sessions. */
import { Effect, type Schema, Stream } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import type { range, TurnBody } from "../api/Sessions.ts"
import {
  pastOutput,
  sessionOutput,
  sessionsOutput,
  titlesOutput,
  transcriptOutput
} from "../api/results/SessionResults.ts"
import { turnOutput } from "../api/results/TurnResults.ts"
import { cursorIn } from "../api/Streams.ts"
import { Sessions as Core, type TurnResult } from "../core/session/Sessions.ts"
import { Steward } from "../core/session/Steward.ts"
import { waitingOf } from "../core/session/Waiting.ts"
import { Transcripts } from "../core/session/Transcripts.ts"
import { Content } from "../domain/Content.ts"
import { Gate, needsText, ofTurn } from "./Gate.ts"
import { Lives } from "./Lives.ts"
import { asker, EXECUTOR, orProblem, PAGE, requests, wantsEvents } from "./Requests.ts"
import { sessionEvents } from "./SessionEvents.ts"
import { places, respond, watching } from "./Streaming.ts"

const rangeOf = ({ limit, before, after }: Schema.Struct<typeof range>["Type"]) => ({
  limit: limit ?? null,
  before: before ?? null,
  after: after ?? null
})

export const Sessions = HttpApiBuilder.group(
  Api,
  "sessions",
  Effect.fn(function* (handlers) {
    const { open } = yield* Gate
    const requestOf = yield* requests
    const events = yield* sessionEvents
    const lives = yield* Lives
    const placed = yield* places
    const sessions = yield* Core
    const steward = yield* Steward
    const transcripts = yield* Transcripts

    const output = Effect.fnUntraced(function* (turn: TurnResult) {
      const pending = yield* waitingOf(steward, turn)
      return ofTurn(open, turnOutput({ turn, status: turn.status, pending }))
    })

    /** A turn goes on when whoever has asked for it goes away. */
    const begin = Effect.fnUntraced(function* (session: string, body: TurnBody) {
      const about = { mode: body.persona_mode ?? null, insteadOf: body.instead_of ?? null }
      const request = { ...(yield* requestOf(yield* asker, body)), ...about }
      return yield* lives.begin((watcher) => sessions.turn(session, request, watcher))
    })

    const turn = Effect.fnUntraced(function* (prefix: string, body: TurnBody, accept: string | undefined) {
      if (!wantsEvents(accept)) return yield* output(yield* (yield* begin(prefix, body)).result)
      const place = yield* placed
      const { session, sequence } = yield* sessions.place(prefix)
      const live = yield* begin(session.session, body)
      const { run } = (yield* live.accepted).facts
      return yield* respond(place, Stream.orDie(events.turnFrom(session.session, run, sequence, open)))
    })

    return handlers.handleAll({
      start: ({ payload }) =>
        Effect.gen(function* () {
          const {
            mode = "work",
            persona_mode = EXECUTOR,
            audit = false,
            title,
            memory_packs,
            prompt
          } = payload
          const by = yield* asker
          const about = {
            mode,
            persona: persona_mode,
            audit,
            title: title === undefined ? null : Content.of(title),
            packs: memory_packs ?? null,
            ...by
          }
          // What cannot be asked begins no session.
          yield* lives.open
          const request = prompt === undefined ? null : { ...(yield* requestOf(by, { prompt })), mode: null }
          const begun = yield* (yield* lives.begin(() => sessions.start(about))).result
          if (!request) return sessionOutput(begun)
          const live = yield* lives.begin((watcher) => sessions.turn(begun.session, request, watcher))
          return yield* output(yield* live.result)
        }).pipe(orProblem),
      list: ({ query: { limit = PAGE, cursor = null } }) =>
        orProblem(Effect.map(sessions.list(limit, cursor), sessionsOutput)),
      titles: ({ query: { limit = PAGE, cursor = null } }) =>
        Effect.gen(function* () {
          const text = yield* needsText(open)
          return text.pass(titlesOutput(yield* transcripts.titles(limit, cursor)))
        }).pipe(orProblem),
      show: ({ params, query }) =>
        orProblem(Effect.map(transcripts.turns(params.session, rangeOf(query)), pastOutput)),
      state: ({ params }) => orProblem(Effect.map(sessions.status(params.session), sessionOutput)),
      history: ({ params, query }) =>
        Effect.gen(function* () {
          const text = yield* needsText(open)
          return text.pass(transcriptOutput(yield* transcripts.text(params.session, rangeOf(query))))
        }).pipe(orProblem),
      stream: ({ params, headers }) =>
        Effect.gen(function* () {
          const place = yield* placed
          const lastSeen = cursorIn(headers["last-event-id"] ?? "")
          const all = yield* events.watched(params.session, lastSeen, open)
          return yield* watching(place, Stream.orDie(all))
        }).pipe(orProblem),
      turn: ({ params, payload, request }) =>
        orProblem(turn(params.session, payload, request.headers["accept"])),
      mode: ({ params, payload }) =>
        Effect.flatMap(asker, ({ principal }) =>
          sessions.changeMode(params.session, payload.mode, principal)
        ).pipe(Effect.map(sessionOutput), orProblem),
      title: ({ params, payload }) =>
        Effect.flatMap(asker, ({ principal }) =>
          sessions.retitle(params.session, Content.of(payload.title), principal)
        ).pipe(Effect.map(sessionOutput), orProblem),
      close: ({ params }) =>
        Effect.flatMap(asker, ({ principal }) => sessions.close(params.session, principal)).pipe(
          Effect.map(sessionOutput),
          orProblem
        )
    })
  })
)
