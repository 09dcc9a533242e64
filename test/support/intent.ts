/** Owns a real intent for tests of providers: minted by the bounds, committed to a journal that keeps nothing. */
import { Effect, Result } from "effect"
import { certify } from "../../src/domain/run/Bounds.ts"
import { ModelName, OwnerId, ProviderName, StreamId, Timestamp } from "../../src/domain/Ids.ts"
import { type Intent, intend, Journal } from "../../src/ports/Journal.ts"

const unused = () => Effect.die(new Error("this journal only commits"))

const journal = Journal.of({
  owner: OwnerId.make("01900000-0000-7000-8000-000000000000"),
  commit: ({ appends }) =>
    Effect.succeed({
      position: 1,
      sequences: appends.map((append) => append.expected + append.events.length),
      at: Timestamp.make(0)
    }),
  head: Effect.succeed(0),
  read: unused,
  follow: () => {
    throw new Error("this journal only commits")
  },
  followAll: () => {
    throw new Error("this journal only commits")
  },
  streams: unused,
  info: unused,
  ends: unused,
  scan: unused,
  spending: unused,
  claimed: unused,
  scrub: Effect.succeed(true),
  sealed: unused,
  key: unused,
  adopt: unused,
  backup: unused
})

/** The right to make one draft of at most this size. */
export const intentFor = Effect.fnUntraced(function* (limits: {
  readonly outputTokens: number
  readonly wallMillis: number
}): Effect.fn.Return<Intent> {
  const { permits } = Result.getOrThrow(
    certify({
      inputBytes: 100,
      messages: 1,
      draft: { window: 1_000_000, maxOutputTokens: limits.outputTokens, wallMillis: limits.wallMillis },
      alternate: null,
      audit: null,
      gates: 0,
      capability: null
    })
  )
  const permit = permits[0]!
  const { intent } = yield* Effect.orDie(
    intend(journal, permit, {
      appends: [
        {
          stream: StreamId.make("run/test"),
          expected: 0,
          events: [
            {
              _tag: "CallIntended",
              purpose: permit.purpose,
              attempt: permit.attempt,
              provider: ProviderName.make("ollama"),
              model: ModelName.make("smollm2:135m"),
              reserved: permit.reservation,
              fallbackReason: null
            }
          ],
          sealed: [],
          key: null
        }
      ]
    })
  )
  return intent
})
