/** Owns the handlers that clients of OpenAI ask. Each answer is a run as any other, in their shapes. */
import { Effect, Option, Result, Schema, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { Api } from "../api/Api.ts"
import { type ChatBody, Chunk, Completion, type Model, PREFIX } from "../api/OpenAi.ts"
import { openAiErrorOf } from "../api/OpenAiError.ts"
import { History } from "../core/ledger/History.ts"
import { Router } from "../core/run/Router.ts"
import { type RunResult, Runs } from "../core/run/Runs.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import { mayAnswer, type Route, standIn } from "../domain/run/Route.ts"
import { beginningOf, chunksOf, completionOf, type Ended, headersOf, isKeptIn } from "./ChatAnswers.ts"
import { chatRuns, modeOf, type Refusal } from "./ChatRequests.ts"
import { respondLines } from "./EventStream.ts"
import { Gate, needsText } from "./Gate.ts"
import { left, Lives, type Speaking, type Undertaking } from "./Lives.ts"
import { refused } from "./Refusals.ts"
import { asker } from "./Requests.ts"

/** How long nothing may have been said before it is said that something will be: an error has no status from then on. */
const PATIENCE = "15 seconds"

const encodeCompletion = Schema.encodeEffect(Completion)
const encodeChunk = Schema.encodeEffect(Schema.fromJsonString(Chunk))

const dataOf = (text: string): string => `data: ${text}\n\n`
const DONE = dataOf("[DONE]")

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
    const { isOpen } = yield* Gate
    const history = yield* History
    const lives = yield* Lives
    const router = yield* Router
    const runs = yield* Runs
    const runOf = yield* chatRuns

    /** An answer, or that an audit let none out; anything else has failed. */
    const endedOf = (
      outcome: Result.Result<RunResult, RuntimeFailure>
    ): Effect.Effect<Ended, RuntimeFailure> => {
      if (Result.isSuccess(outcome)) return Effect.succeed({ _tag: "Answered", result: outcome.success })
      const { failure: reason } = outcome
      if (!isKeptIn(reason) || reason.run === undefined) return Effect.fail(reason)
      return Effect.map(history.find(reason.run), ({ usage }) => ({ _tag: "Refused", reason, cost: usage }))
    }
    const ended = (live: Undertaking<RunResult>) => Effect.flatMap(Effect.result(live.result), endedOf)

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
      speaking: Speaking,
      live: Undertaking<RunResult>,
      { model, stream_options }: ChatBody
    ): Stream.Stream<string> => {
      const { facts } = speaking
      const chunks = chunksOf(facts, model, stream_options?.include_usage === true)
      const line = (chunk: Chunk) => Effect.map(Effect.orDie(encodeChunk(chunk)), dataOf)
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
        Effect.flatMap((all) => Effect.forEach(all, line)),
        Effect.map((lines) => [...lines, DONE]),
        // Their client takes such a line for the end, and throws it.
        Effect.catch((reason) => Effect.succeed([dataOf(JSON.stringify(openAiErrorOf(reason)))]))
      )
      return Stream.make(chunks.first).pipe(
        Stream.concat(pieces),
        Stream.mapEffect(line),
        Stream.concat(Stream.unwrap(Effect.map(end, (lines) => Stream.fromIterable(lines))))
      )
    }

    const streamed = Effect.fnUntraced(function* (live: Undertaking<RunResult>, body: ChatBody) {
      const speaking = yield* live.accepted
      const { run, route } = speaking.facts
      // Until something was said, what goes wrong has a status of its own.
      if (!(yield* hasSpoken(speaking, live))) yield* ended(live)
      return yield* respondLines(
        events(speaking, live, body),
        beginningOf({ run, route: (route.selected ?? standIn).target })
      )
    })

    const whole = Effect.fnUntraced(function* (live: Undertaking<RunResult>, { model }: ChatBody) {
      const { facts } = yield* live.accepted
      const completion = completionOf(facts, model, yield* ended(live))
      const body = yield* Effect.orDie(encodeCompletion(completion))
      return HttpServerResponse.jsonUnsafe(body, { headers: headersOf(completion.io3) })
    })

    return handlers.handleAll({
      chat: ({ payload, request }) =>
        Effect.gen(function* () {
          yield* Effect.mapError(needsText(isOpen), plain)
          const asked = yield* runOf(yield* asker, payload)
          const begun = lives.begin((watcher) => runs.run(asked, watcher))
          return yield* Effect.mapError(
            Effect.flatMap(Effect.acquireRelease(begun, left), (live) =>
              payload.stream === true ? streamed(live, payload) : whole(live, payload)
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
