/** Holds the check by several threads to saying what the check in order says, and to saying nothing where something is false. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Result } from "effect"
import { existsSync } from "node:fs"
import { checkPart, type Share } from "../../../src/adapters/journal/PartCheck.ts"
import * as Threads from "../../../src/adapters/journal/Threads.ts"
import { Exports } from "../../../src/core/ledger/Exports.ts"
import { itself } from "../../../src/core/ledger/RecordCheck.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { noPlaces, together } from "../../../src/domain/ledger/Parts.ts"
import { grow } from "../../../src/core/session/SessionStream.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { turnAt } from "../../../src/domain/session/Session.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { ParallelCheck } from "../../../src/ports/ParallelCheck.ts"
import { crimes } from "../../support/crimes.ts"
import { edit, using } from "../../support/journalFile.ts"
import { beginning, talking, talks } from "../../support/conversations.ts"
import { codeOf, folder } from "../../support/ledger.ts"
import { ask, on, threeRuns, verify } from "../../support/record.ts"

/** A thread that dies finds nothing. */
const attempt = (share: Share) => {
  try {
    return checkPart(share)
  } catch {
    return null
  }
}

/** What parts find of a folder's journal, one after the other. */
const inParts = (directory: string, of: number, last: number, mark = last) => {
  const parts = Array.from({ length: of }, (_, part) => attempt({ directory, part, of, last, mark }))
  const found = parts.filter((part) => part !== null)
  return found.length === of ? together(found, last) : null
}

/** Verification by threads alone: in order nothing is read. */
const byThreads = (directory: string, against = itself) =>
  Effect.gen(function* () {
    const inOrder = yield* Verifier.use((verifier) => verifier.journal(false, against)).pipe(
      Effect.provide(on(directory))
    )
    let scans = 0
    const watched = Layer.effect(
      Journal,
      Effect.map(Journal, (journal) => ({
        ...journal,
        scan: (after: number, limit: number) => {
          scans++
          return journal.scan(after, limit)
        }
      }))
    )
    const verifier = Layer.fresh(Verifier.layer).pipe(
      Layer.provide(Threads.layer({ directory, threads: 2, rows: 1 })),
      Layer.provide(watched),
      Layer.provideMerge(on(directory))
    )
    const atOnce = yield* Verifier.use((one) => one.journal(false, against)).pipe(Effect.provide(verifier))
    return { atOnce, inOrder, scans }
  })

/** From the sources a thread takes seconds to start on a machine that is busy. */
const STARTING_THREADS = 60_000

describe("a journal checked in parts", () => {
  for (const [name, sql, expected] of crimes) {
    it.effect(`${name}: ${expected ? "nothing is said" : "everything holds"}`, () =>
      Effect.gen(function* () {
        const { directory } = yield* threeRuns
        yield* edit(directory, sql)
        // Counters are not of rows: whoever has the whole holds them against it.
        const holds = expected === null || expected.endsWith("budget_counter")
        for (const of of [2, 3]) assert.strictEqual(inParts(directory, of, 22) !== null, holds, `${of} parts`)
      })
    )
  }

  it.effect("is never taken for sound where an ending is kept that is neither open nor closed", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      yield* edit(
        directory,
        `DELETE FROM rows WHERE position = 22;
         UPDATE streams SET seq = 6, head = (SELECT hash FROM rows WHERE position = 21), open = 2 WHERE first = 16`
      )
      assert.isNull(inParts(directory, 2, 21))
      assert.strictEqual(yield* codeOf(verify(directory)), "JOURNAL_CORRUPT")
    })
  )

  it.effect("sees that a session and a run do not say the same, whichever parts have them", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const session = yield* talking(talks["at work, two turns, titled and closed"]).pipe(
        Effect.provide(on(directory, { drafter: [{ say: "one" }, { say: "two" }] }))
      )
      const sound = yield* byThreads(directory)
      assert.isNull(sound.atOnce.broken)
      assert.deepStrictEqual(sound.atOnce, sound.inOrder)
      const { position } = sound.inOrder
      for (const of of [1, 2, 3]) assert.isNotNull(inParts(directory, of, position))
      // Up to a place between the two rows of a pair, one of them is missing.
      for (const of of [1, 2, 3]) assert.isNull(inParts(directory, of, 4))

      const place = yield* Sessions.use((sessions) => sessions.start({ ...beginning, mode: "work" })).pipe(
        Effect.andThen(({ session }) => Sessions.use((sessions) => sessions.place(session))),
        Effect.provide(on(directory))
      )
      assert.notStrictEqual(place.session.session, session)
      const { thresholds, expirySeconds } = place.session.terms
      const turn = { ...turnAt(place.session.after), session: place.session.session, mode: "work" as const }
      const facts = {
        _tag: "TurnStarted" as const,
        run: RunId.make("01900000-0000-7000-8000-00000000beef"),
        persona: place.session.persona,
        audit: false,
        turn: { ...turn, thresholds, expirySeconds },
        promptChars: 1
      }
      const { append } = Result.getOrThrow(grow(place, [facts]))
      yield* Journal.use((journal) => journal.commit({ appends: [append] })).pipe(
        Effect.provide(on(directory))
      )
      const { atOnce, inOrder } = yield* byThreads(directory)
      assert.deepInclude(inOrder.broken, { fault: "unpaired" })
      assert.deepStrictEqual(atOnce.broken, inOrder.broken)
      for (const of of [1, 2, 3]) assert.isNull(inParts(directory, of, inOrder.position))
    })
  )

  it.effect("is a stream's once, whichever part has it", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const whole = attempt({ directory, part: 0, of: 1, last: 22, mark: 22 }) ?? assert.fail()
      const none = { ...whole, places: noPlaces(22), charges: [] }
      assert.isNull(together([whole, none], 22))
      assert.isNotNull(together([whole, { ...none, heads: new Map(), marked: new Map() }], 22))
    })
  )

  it.effect("has the heads that were asked for, and what was charged until then", () =>
    Effect.gen(function* () {
      const { directory } = yield* threeRuns
      const early = inParts(directory, 2, 15, 8) ?? assert.fail()
      yield* ask(directory)
      const later = inParts(directory, 2, 15, 8) ?? assert.fail()
      assert.deepStrictEqual(later, early)
      assert.deepStrictEqual([later.marked.size, later.heads.size], [2, 3])
      const whole = inParts(directory, 2, 29) ?? assert.fail()
      assert.deepStrictEqual(yield* using(directory, (journal) => journal.spending(0)), whole.spendings)
    })
  )

  it.live(
    "by threads is verified as in order, against a checkpoint too",
    () =>
      Effect.gen(function* () {
        const { directory } = yield* threeRuns
        const checkpoint = yield* Exports.use((exports) => exports.checkpoint()).pipe(
          Effect.provide(on(directory))
        )
        yield* ask(directory)
        for (const against of [itself, { checkpoint, publicKey: null }]) {
          const { atOnce, inOrder, scans } = yield* byThreads(directory, against)
          assert.isNull(atOnce.broken)
          assert.deepStrictEqual(atOnce, inOrder)
          assert.strictEqual(scans, 0)
        }
        yield* edit(
          directory,
          "UPDATE rows SET payload = replace(payload, 'executor', 'explorer') WHERE seq = 1"
        )
        const { atOnce, inOrder, scans } = yield* byThreads(directory)
        assert.strictEqual(atOnce.broken?.fault, "altered")
        assert.deepStrictEqual(atOnce, inOrder)
        assert.isAbove(scans, 0)
      }),
    STARTING_THREADS
  )

  it.live(
    "says nothing of a small one, or of one that is not there",
    () =>
      Effect.gen(function* () {
        const { directory } = yield* threeRuns
        const upTo = (options: Threads.Options) =>
          Effect.flatMap(ParallelCheck, (many) => many.upTo(22, 22)).pipe(
            Effect.map(Option.isSome),
            Effect.provide(Threads.layer(options))
          )
        assert.isFalse(yield* upTo({ directory, threads: 2, rows: 12 }))
        assert.isFalse(yield* upTo({ directory, threads: 1, rows: 1 }))
        assert.isFalse(yield* upTo({ directory: `${directory}/none`, threads: 2, rows: 1 }))
        assert.isFalse(existsSync(`${directory}/none`))
        assert.isTrue(yield* upTo({ directory, threads: 2, rows: 11 }))
      }),
    STARTING_THREADS
  )
})
