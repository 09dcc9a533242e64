/**
 * Owns a chat completion that is made from the record of its run: for whoever sends a key again. It is the answer that was given,
 * as one piece where it was given in pieces, and needs no copy of it.
 */
import { Effect, Option, Result, Schema, type Scope, Stream } from "effect"
import { HttpServerRequest } from "effect/http"
import type { Caller } from "../api/Access.ts"
import { ChatBody } from "../api/OpenAi.ts"
import { History } from "../core/ledger/History.ts"
import { acceptedIn } from "../core/run/Request.ts"
import { Resumption } from "../core/run/Resumption.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import type { RunState } from "../domain/run/Run.ts"
import { answered, chunksOf, type Ended, endedOf, linesOf, streamed } from "./ChatAnswers.ts"
import { places } from "./Streaming.ts"
import { Gate, needsText } from "./Gate.ts"
import { reasonOf } from "./Recounted.ts"

type Asked = HttpServerRequest.HttpServerRequest | Caller | Scope.Scope

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(ChatBody))

export const chatRetold = Effect.gen(function* () {
  const { open } = yield* Gate
  const history = yield* History
  const placed = yield* places
  const resumption = yield* Resumption

  const outcomeOf = Effect.fnUntraced(function* (run: RunId, state: RunState) {
    if (state.ending === null) return yield* failure("IDEMPOTENCY_IN_PROGRESS", "setup")
    return state.ending._tag === "Released"
      ? Result.succeed(yield* history.text(run))
      : Result.fail(reasonOf(run, state))
  })

  /** `CONTENT_RELEASE_DISABLED`, `IDEMPOTENCY_IN_PROGRESS`, `RUN_ERASED`, or what the run has failed with. */
  return Effect.fnUntraced(function* (run: RunId) {
    const gate = yield* needsText(open)
    const { text } = yield* HttpServerRequest.HttpServerRequest
    // It is the body of the first request: its digest says so.
    const body = Option.getOrNull(decode(yield* Effect.orElseSucceed(text, () => "")))
    const place = body?.stream === true ? yield* placed : null
    yield* resumption.recoverOne(run)
    const { state } = yield* history.find(run)
    const facts = state && acceptedIn(run, state)
    if (!body || !state) return yield* failure("LEDGER_BROKEN", "setup")
    const ended: Ended = yield* endedOf(history, yield* outcomeOf(run, state))
    if (!facts) return yield* failure("LEDGER_BROKEN", "setup")
    if (!place) return yield* answered(gate, facts, body.model, ended)
    const chunks = chunksOf(gate, facts, body.model, body.stream_options?.include_usage === true)
    const said = ended._tag === "Answered" ? ended.result.released.text : ""
    const all = [chunks.first, ...(said === "" ? [] : [chunks.piece(said)]), ...chunks.last(ended)]
    return yield* streamed(place, facts, Stream.fromIterable(yield* linesOf(all)))
  }) satisfies (run: RunId) => Effect.Effect<unknown, RuntimeFailure, Asked>
})
