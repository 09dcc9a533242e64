/**
 * Owns what is answered to whoever sends a key again: the answer that was kept, with the words that are on record; and where its
 * process ended before it could keep one, how what it has begun stands by now.
 */
import { Effect, Option, Schema, Stream } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { REPLAYED } from "../api/Once.ts"
import { CONTENT_TYPE } from "../api/Problem.ts"
import { START } from "../api/Streams.ts"
import { History } from "../core/ledger/History.ts"
import { Claims } from "../core/run/Claims.ts"
import { Content } from "../domain/Content.ts"
import { RUN_PREFIX, RunId } from "../domain/Ids.ts"
import type { Work } from "../domain/server/Idempotency.ts"
import type { Claimed } from "../ports/Journal.ts"
import { chatRetold } from "./ChatRetold.ts"
import { places, respond } from "./Streaming.ts"
import { Gate } from "./Gate.ts"
import { recounted } from "./Recounted.ts"
import { refused } from "./Refusals.ts"
import { wantsEvents } from "./Requests.ts"
import { runEvents } from "./RunEvents.ts"
import { sessionEvents } from "./SessionEvents.ts"
import { without, withWords } from "./Words.ts"

/** An answer as it is kept: without its words. */
export const Kept = Schema.Struct({ status: Schema.Int, body: Schema.Json })
export type Kept = typeof Kept.Type

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Kept))
const encode = Schema.encodeSync(Schema.fromJsonString(Kept))

const again = { [REPLAYED]: "true" }

export const retold = Effect.gen(function* () {
  const { open } = yield* Gate
  const claims = yield* Claims
  const history = yield* History
  const tell = yield* recounted
  const chat = yield* chatRetold
  const placed = yield* places
  const runs = yield* runEvents
  const sessions = yield* sessionEvents
  const whole = withWords(open, history)

  const json = ({ status, body }: Kept) =>
    HttpServerResponse.jsonUnsafe(body, {
      status,
      contentType: status < 400 ? "application/json" : CONTENT_TYPE,
      headers: again
    })

  const eventsOf = Effect.fnUntraced(function* (run: RunId) {
    const turn = (yield* history.find(run)).state?.accepted?.turn
    const all = turn ? sessions.turnAgain(turn.session, run, open) : runs.after(run, START, open)
    return HttpServerResponse.setHeaders(yield* respond(yield* placed, Stream.orDie(all)), again)
  })

  return Effect.fnUntraced(function* (claimed: Claimed, work: Work, accept: string | undefined) {
    const { subject } = claimed
    if (work === "chat") {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      const told = yield* Effect.catchIf(
        chat(RunId.make(subject.slice(RUN_PREFIX.length))),
        // What the run has failed with is what was answered.
        (reason) => reason.run !== undefined,
        (reason) => Effect.succeed(refused(url, reason))
      )
      return HttpServerResponse.setHeaders(told, again)
    }
    const stored = yield* claims.answer(claimed)
    if (wantsEvents(accept) && (work === "run" || work === "turn"))
      return yield* eventsOf(RunId.make(subject.slice(RUN_PREFIX.length)))
    const kept = Option.flatMap(Option.fromNullOr(stored), decode)
    if (Option.isSome(kept)) return json({ ...kept.value, body: yield* whole(kept.value.body) })
    const answer = yield* tell(subject, work)
    // From now on it is this one.
    const bare = { ...answer, body: without(answer.body) }
    yield* Effect.ignore(claims.keep(claimed, subject, Content.of(encode(bare))))
    return json(answer)
  })
})
