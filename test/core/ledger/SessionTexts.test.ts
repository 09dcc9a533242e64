/** Holds the check of sealed texts to those of sessions: titles, and what a steward has put in the place of an answer. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SessionErasure } from "../../../src/core/session/SessionErasure.ts"
import { sessionStream } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { principal, talks, talking } from "../../support/conversations.ts"
import { edit } from "../../support/journalFile.ts"
import { folder } from "../../support/ledger.ts"
import { on, verify } from "../../support/record.ts"
import { TestRuntime } from "../../../src/testing.ts"

const settings = {
  ...TestRuntime.settings,
  runtime: { ...TestRuntime.settings.runtime, ...talks["held and edited"].runtime }
}
const script = { drafter: [{ say: "a draft" }, { say: "another" }], settings }

/** A folder with a titled session of two turns: the first was edited, the second approved. */
const edited = Effect.gen(function* () {
  const directory = yield* folder
  const session = yield* talking({
    ...talks["held and edited"],
    start: talks["erased with its turns"].start
  }).pipe(Effect.provide(on(directory, script)))
  return { directory, session }
})

const row = (kind: string) =>
  `(SELECT stream FROM rows WHERE payload LIKE '{"_tag":"${kind}"%' ORDER BY position LIMIT 1)`

/** What is done to a text, and the kind of event that it is missed at. */
const forgeries: ReadonlyArray<readonly [string, string, string]> = [
  [
    "a title is gone",
    `DELETE FROM sealed WHERE stream = ${row("SessionTitled")} AND id = 'title.1'`,
    "SessionTitled"
  ],
  [
    "a title has one bit changed",
    `UPDATE sealed SET bytes = CAST(substr(bytes, 1, 20) || x'00' AS BLOB) WHERE stream = ${row("SessionTitled")}`,
    "SessionTitled"
  ],
  [
    "the steward's text is gone",
    `DELETE FROM sealed WHERE stream = ${row("StewardDecided")} AND id = 'edit'`,
    "StewardDecided"
  ],
  [
    "the steward's text is the draft that it replaced",
    `UPDATE sealed SET bytes = (SELECT bytes FROM sealed WHERE stream = ${row("StewardDecided")} AND id = 'draft.1')
     WHERE stream = ${row("StewardDecided")} AND id = 'edit'`,
    "StewardDecided"
  ]
]

describe("ledger: sealed texts of sessions", () => {
  for (const [name, sql, kind] of forgeries) {
    it.effect(`${name}: found where texts are looked at`, () =>
      Effect.gen(function* () {
        const { directory } = yield* edited
        const sound = yield* verify(directory, true)
        assert.deepStrictEqual(sound.texts, {
          checked: 6,
          erased: 0,
          erasedSessions: 0,
          erasedRunbooks: 0,
          forgotten: 0
        })
        yield* edit(directory, sql)
        assert.isNull((yield* verify(directory)).broken)
        const { broken } = yield* verify(directory, true)
        assert.strictEqual(broken?.fault, "text")
        const before = (broken?.position ?? 0) - 1
        const rows = yield* Journal.use((journal) => journal.scan(before, 1)).pipe(
          Effect.provide(on(directory))
        )
        assert.match(rows[0]?.payload ?? "", new RegExp(`^\\{"_tag":"${kind}"`))
      })
    )
  }

  it.effect("of one that was erased are counted as gone, with those of its turns", () =>
    Effect.gen(function* () {
      const { directory, session } = yield* edited
      yield* SessionErasure.use((erasure) => erasure.erase(session, principal)).pipe(
        Effect.provide(on(directory, script))
      )
      const { broken, texts } = yield* verify(directory, true)
      assert.isNull(broken)
      assert.deepStrictEqual(texts, {
        checked: 0,
        erased: 2,
        erasedSessions: 1,
        erasedRunbooks: 0,
        forgotten: 0
      })
    })
  )

  it.effect("a title's keys are gone, and no erasure is on record: found", () =>
    Effect.gen(function* () {
      const { directory, session } = yield* edited
      yield* edit(directory, `DELETE FROM keys WHERE stream = ${row("SessionTitled")}`)
      const { broken } = yield* verify(directory, true)
      assert.deepInclude(broken, { fault: "text", stream: sessionStream(session) })
    })
  )
})
