/** Owns the handlers that clients of OpenAI ask. Each answer is a run as any other, in their shapes. */
import { Effect, Option, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { type ChatBody, type Model, PREFIX } from "../api/OpenAi.ts"
import { openAiErrorOf } from "../api/OpenAiError.ts"
import { History } from "../core/ledger/History.ts"
import { Router } from "../core/run/Router.ts"
import { type RunResult, Runs } from "../core/run/Runs.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { mayAnswer, type Route, standIn } from "../domain/run/Route.ts"
import { answered, chunksOf, dataOf, endedOf, lineOf, linesOf, streamed } from "./ChatAnswers.ts"
import { places } from "./Streaming.ts"
import { chatRuns, modeOf, type Refusal } from "./ChatRequests.ts"
import { Gate, needsText, type Open } from "./Gate.ts"
import { left, Lives, type Speaking, type Undertaking, whole as asWhole } from "./Lives.ts"
import { refused } from "./Refusals.ts"
import { asker } from "./Requests.ts"
import type { StreamPlace } from "./Room.ts"
import { untilOver } from "./UntilOver.ts"

/** How long nothing may have been said before it is said that something will be: an error has no status from then on. */
const PATIENCE = "15 seconds"

const modelOf = (route: Route): Model => {
  const { target, provider, model } = route.selected ?? standIn
  return {
    id: PREFIX + route.mode,
    object: "model",
    created: 0,
    owned_by: "io-iii",
    io3: { mode: route.mode, route: target, provider, model }
  }
}

const plain = (reason: RuntimeFailure): Refusal => ({ reason })

/** What is refused is answered as all that is refused here. */
const orError =
  (url: string) =>
  <R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal, R>) =>
    Effect.catch(answer, ({ reason, places }) => Effect.succeed(refused(url, reason, { places })))

export const OpenAi = HttpApiBuilder.group(
  Api,
  "openai",
  Effect.fn(function* (handlers) {
    const { open } = yield* Gate
    const history = yield* History
    const lives = yield* Lives
    const placed = yield* places
    const router = yield* Router
    const runs = yield* Runs
    const runOf = yield* chatRuns

    const ended = (live: Undertaking<RunResult>) =>
      Effect.flatMap(Effect.result(live.result), (outcome) => endedOf(history, outcome))

    /** Whether anything has been said, once that is known or has taken long. */
    const hasSpoken = (speaking: Speaking, live: Undertaking<RunResult>) =>
      Effect.raceFirst(
        Stream.runHead(speaking.pieces(0)),
        Effect.as(Effect.exit(live.result), Option.none())
      ).pipe(
        Effect.timeoutOption(PATIENCE),
        Effect.map(Option.match({ onNone: () => true, onSome: Option.isSome }))
      )

    const events = (
      text: Open,
      speaking: Speaking,
      live: Undertaking<RunResult>,
      { model, stream_options }: ChatBody
    ): Stream.Stream<string> => {
      const { facts } = speaking
      const chunks = chunksOf(text, facts, model, stream_options?.include_usage === true)
      let said = 0
      const pieces = speaking.pieces(0).pipe(
        Stream.map(({ text }) => {
          said += text.length
          return chunks.piece(text)
        })
      )
      const end = ended(live).pipe(
        Effect.map((how) => {
          const text = how._tag === "Answered" ? how.result.released.text.slice(said) : ""
          return [...(text === "" ? [] : [chunks.piece(text)]), ...chunks.last(how)]
        }),
        Effect.flatMap(linesOf),
        // Their client takes such a line for the end, and throws it.
        Effect.catch((reason) => Effect.succeed([dataOf(JSON.stringify(openAiErrorOf(reason)))]))
      )
      return Stream.make(chunks.first).pipe(
        Stream.concat(pieces),
        Stream.mapEffect(lineOf),
        Stream.concat(Stream.unwrap(Effect.map(end, (lines) => Stream.fromIterable(lines))))
      )
    }

    const inPieces = Effect.fnUntraced(function* (
      place: StreamPlace,
      text: Open,
      live: Undertaking<RunResult>,
      body: ChatBody
    ) {
      const speaking = yield* live.accepted
      // Until something was said, what goes wrong has a status of its own.
      if (!(yield* hasSpoken(speaking, live))) yield* ended(live)
      return yield* streamed(place, speaking.facts, events(text, speaking, live, body))
    })

    const whole = Effect.fnUntraced(function* (
      text: Open,
      live: Undertaking<RunResult>,
      { model }: ChatBody
    ) {
      const { facts } = yield* live.accepted
      return yield* answered(text, facts, model, yield* ended(live))
    })

    return handlers.handleAll({
      chat: ({ payload, request }) =>
        Effect.gen(function* () {
          const text = yield* Effect.mapError(needsText(open), plain)
          const asked = yield* runOf(yield* asker, payload)
          const place = payload.stream === true ? yield* Effect.mapError(placed, plain) : null
          const begun = lives.begin((watcher) => runs.run(asked, place ? watcher : asWhole(watcher)))
          return yield* Effect.mapError(
            Effect.flatMap(untilOver(begun, left), (live) =>
              place ? inPieces(place, text, live, payload) : whole(text, live, payload)
            ),
            plain
          )
        }).pipe(orError(request.url)),
      models: ({ request }) =>
        Effect.forEach(router.modes.filter(mayAnswer), router.resolveAnswer).pipe(
          Effect.map((routes) =>
            HttpServerResponse.jsonUnsafe({ object: "list", data: routes.map(modelOf) })
          ),
          Effect.mapError(plain),
          orError(request.url)
        ),
      model: ({ params, request }) =>
        Effect.flatMap(modeOf(params.model), (mode) =>
          Effect.mapError(router.resolveAnswer(mode), plain)
        ).pipe(
          Effect.map((route) => HttpServerResponse.jsonUnsafe(modelOf(route))),
          orError(request.url)
        )
    })
  })
)
