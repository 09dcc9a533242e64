/** Holds the port to its promise that a call is recorded before it can be made, and made once. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Result } from "effect"
import * as Memory from "../../src/adapters/journal/Memory.ts"
import { type CallPermit, certify } from "../../src/domain/run/Bounds.ts"
import type { Event } from "../../src/domain/Event.ts"
import { ModelName, ProviderName } from "../../src/domain/Ids.ts"
import { intend, isIntent, Journal } from "../../src/ports/Journal.ts"
import { append, certified, codeOf, commitOf, run } from "../support/ledger.ts"

const limits = { window: 1000, maxOutputTokens: 10, wallMillis: 10 }

const permit = (): CallPermit =>
  Result.getOrThrow(
    certify({
      inputBytes: 1,
      messages: 1,
      draft: limits,
      alternate: null,
      audit: null,
      gates: 0,
      capability: null
    })
  ).permits[0]!

const intended = ({ purpose, attempt, reservation }: CallPermit): Event => ({
  _tag: "CallIntended",
  purpose,
  attempt,
  provider: ProviderName.make("null"),
  model: ModelName.make("stand-in"),
  reserved: reservation,
  fallbackReason: null
})

const recording = (given: CallPermit, expected = 0) =>
  commitOf(append(run("a"), expected, { events: [intended(given)] }))

const withJournal = <A, E>(body: (journal: Journal["Service"]) => Effect.Effect<A, E>) =>
  Journal.use(body).pipe(Effect.provide(Memory.layer))

describe("intend", () => {
  it.effect("gives the right to call once the call is recorded", () =>
    withJournal((journal) =>
      Effect.gen(function* () {
        const given = permit()
        const { committed, intent } = yield* intend(journal, given, recording(given))
        assert.isTrue(isIntent(intent))
        assert.strictEqual(intent.permit, given)
        assert.deepStrictEqual(committed.sequences, [1])
        assert.strictEqual((yield* journal.read(run("a"))).length, 1)
      })
    )
  )

  it.effect("turns a permit in once", () =>
    withJournal((journal) =>
      Effect.gen(function* () {
        const given = permit()
        yield* intend(journal, given, recording(given))
        assert.isTrue(Exit.hasDies(yield* Effect.exit(intend(journal, given, recording(given, 1)))))
        assert.strictEqual((yield* journal.read(run("a"))).length, 1)
      })
    )
  )

  it.effect("refuses a commit that does not record this very call", () =>
    withJournal((journal) =>
      Effect.gen(function* () {
        const given = permit()
        const another = { ...intended(given), attempt: 2 } as Event
        for (const event of [certified(1), another]) {
          const commit = commitOf(append(run("a"), 0, { events: [event] }))
          assert.isTrue(Exit.hasDies(yield* Effect.exit(intend(journal, given, commit))))
        }
        assert.deepStrictEqual(yield* journal.read(run("a")), [])
      })
    )
  )

  it.effect("takes nothing for a permit that the bounds did not mint", () =>
    withJournal((journal) =>
      Effect.gen(function* () {
        const forged = { ...permit() } as CallPermit
        assert.isTrue(Exit.hasDies(yield* Effect.exit(intend(journal, forged, recording(forged)))))
      })
    )
  )

  it.effect("gives no right when the commit conflicts, and the permit is gone", () =>
    withJournal((journal) =>
      Effect.gen(function* () {
        const given = permit()
        assert.strictEqual(yield* codeOf(intend(journal, given, recording(given, 7))), "JOURNAL_CONFLICT")
        assert.isTrue(Exit.hasDies(yield* Effect.exit(intend(journal, given, recording(given)))))
      })
    )
  )
})
