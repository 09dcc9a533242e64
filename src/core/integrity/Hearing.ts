/**
 * Owns what the check has told to a receiver outside: by somebody who is gone in the middle of it, by another one while the
 * receiver takes nothing, and once more when it does.
 */
import { Clock, Context, Deferred, Effect, Layer, Option, Ref, Schema } from "effect"
import { wordNames } from "../../domain/integrity/Canary.ts"
import { namesIn } from "../../domain/integrity/Forms.ts"
import type { Heard, Owed } from "../../domain/integrity/Telling.ts"
import type { Event } from "../../domain/Event.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { messageId } from "../../domain/webhook/Delivery.ts"
import { Payload, payloadOf } from "../../domain/webhook/Payload.ts"
import { toldOf } from "../../domain/webhook/Webhook.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Journal } from "../../ports/Journal.ts"
import { Notifier } from "../../ports/Notifier.ts"
import { type Arrived, Receiver } from "../../ports/Receiver.ts"
import { Sandbox } from "../../ports/Sandbox.ts"
import { Sessions } from "../session/Sessions.ts"
import { Webhooks } from "../webhook/Webhooks.ts"
import { Canary } from "./Canary.ts"
import { principal } from "./Scenery.ts"

const SESSIONS = 100
const HOUR = 3_600_000
const [OK, UNAVAILABLE] = [200, 503]

/** What was to be told and what arrived; null where that could not be done. */
export const hearing = Effect.gen(function* () {
  const { words } = yield* Canary
  const clock = yield* Clock.Clock
  const configuration = yield* Configuration
  const journal = yield* Journal
  const notifier = yield* Notifier
  const receiver = yield* Receiver
  const sandbox = yield* Sandbox
  const sessions = yield* Sessions

  /** By somebody who begins with what is in the files, and with nothing of those who wrote it. */
  const deliver = Layer.build(
    Layer.fresh(
      Webhooks.layer.pipe(
        Layer.provide(sandbox.reopened),
        Layer.provide(Layer.succeed(Configuration, configuration)),
        Layer.provide(Layer.succeed(Notifier, notifier))
      )
    )
  ).pipe(
    Effect.flatMap((built) => Context.get(built, Webhooks).deliver),
    Effect.scoped
  )

  const names = wordNames.map((name) => [name, words[name]] as const)
  const heard = ({ id, body, signed, bytes }: Arrived): Heard => ({
    id,
    body,
    signed,
    words: namesIn(bytes, names)
  })

  /** What arrives while something is done, at a receiver that answers so. */
  const during = Effect.fnUntraced(function* <A, E>(
    answer: Effect.Effect<number>,
    work: Effect.Effect<A, E>
  ) {
    yield* Ref.set(receiver.answer, answer)
    const { length } = yield* Ref.get(receiver.arrived)
    yield* work
    return (yield* Ref.get(receiver.arrived)).slice(length).map(heard)
  })

  return Effect.gen(function* () {
    const begun = yield* sessions.list(SESSIONS, null)
    // A session that was asked about and is closed then has told two things.
    for (const { session } of begun.sessions) yield* sessions.close(session, principal)
    const rows = yield* journal.scan(0, Number.MAX_SAFE_INTEGER)
    const written = rows.at(-1)?.at ?? 0
    const arrived = yield* Deferred.make<void>()
    const silence = Effect.andThen(Deferred.succeed(arrived, undefined), Effect.never)
    const now = Effect.provideService(deliver, Clock.Clock, standing(clock, written))
    const later = Effect.provideService(deliver, Clock.Clock, standing(clock, written + HOUR))
    return {
      owed: owedBy(rows),
      unanswered: yield* during(silence, Effect.raceFirst(now, Deferred.await(arrived))),
      refused: yield* during(Effect.succeed(UNAVAILABLE), now),
      hurried: yield* during(Effect.succeed(OK), now),
      taken: yield* during(Effect.succeed(OK), Effect.andThen(later, later))
    }
  }).pipe(Effect.orElseSucceed(() => null))
})

const encode = Schema.encodeSync(Schema.fromJsonString(Payload))

/** What is to be told follows from the record alone. */
const owedBy = (rows: ReadonlyArray<Row>): ReadonlyArray<Owed> => {
  const firsts = new Map<string, Event>()
  return rows.flatMap((row): ReadonlyArray<Owed> => {
    const { stream, seq, at } = row
    const event = Option.getOrNull(decode(row.payload))
    if (event && seq === 1) firsts.set(stream, event)
    const told = event && toldOf(event)
    const first = firsts.get(stream)
    const payload = event && first && payloadOf({ stream, event, first, at })
    return told ? [{ stream, event: told, id: messageId(row), body: payload ? encode(payload) : null }] : []
  })
}

/** A clock that stands, so that nothing depends on how long the check takes. */
const standing = (clock: Clock.Clock, millis: number): Clock.Clock => ({
  currentTimeMillisUnsafe: () => millis,
  currentTimeMillis: Effect.succeed(millis),
  currentTimeNanosUnsafe: () => BigInt(millis) * 1_000_000n,
  currentTimeNanos: Effect.succeed(BigInt(millis) * 1_000_000n),
  monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
  monotonicTimeNanos: clock.monotonicTimeNanos,
  sleep: (duration) => clock.sleep(duration)
})
