/** Owns a request with a key at the core, as a transport carries it out: begun once, and answered from the record after that. */
import { Effect, Option } from "effect"
import { type Carried, Carrying, Claims } from "../../src/core/run/Claims.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Content } from "../../src/domain/Content.ts"
import { Principal } from "../../src/domain/Ids.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"

/** No other question of a test is that long. */
export const QUESTION = "with a key ".repeat(31)

/** The stream of what it has begun, and the answer that was kept; null where the process that began it kept none. */
export const keyed = Effect.gen(function* () {
  const claims = yield* Claims
  const runs = yield* Runs
  const wanted = yield* claims.want(Principal.make("local"), Content.of("key"), Content.of(QUESTION))
  const known = Option.getOrNull(yield* claims.find(wanted))
  if (known) return { subject: known.subject, answer: yield* claims.answer(known) }
  const carried: Carried = { wanted, work: "run", begun: null }
  const { run } = yield* runs
    .run(Runs.request("executor", QUESTION))
    .pipe(Effect.provideService(Carrying, carried))
  const subject = carried.begun
  if (subject === null) return yield* Effect.die(new Error("what was carried out was begun"))
  const answer = JSON.stringify({ run })
  yield* claims.keep(wanted, subject, Content.of(answer))
  return { subject, answer }
})

/** The streams of all runs that were begun with it. */
export const begunWithKey = Effect.gen(function* () {
  const rows = yield* (yield* Journal).scan(0, 100_000)
  return rows.flatMap(({ stream, payload }) => {
    const event = Option.getOrNull(decode(payload))
    return event?._tag === "RunAccepted" && event.promptChars === QUESTION.length ? [stream] : []
  })
})
