/** Which turns a turn follows, told once more as a tree, and how many answers that gives it to read. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { ContentId, Count, Digest, Mode, Principal, RunId, SessionId } from "../../../src/domain/Ids.ts"
import { answersBefore, around, type Begun, branch, fromNewest } from "../../../src/domain/session/Lineage.ts"
import {
  begin,
  begun,
  decide,
  type Facts,
  moved,
  nothing,
  type Session,
  turnFrom
} from "../../../src/domain/session/Session.ts"

/** Turns, each in place of an earlier one or of none, and whether an answer of it left. */
const turns = fc
  .array(fc.record({ instead: fc.option(fc.nat(30), { freq: 2 }), isAnswered: fc.boolean() }), {
    maxLength: 30
  })
  .map((all) =>
    all.map(({ instead, isAnswered }, index) => ({
      index,
      insteadOf: instead === null || index === 0 ? null : instead % index,
      isAnswered
    }))
  )

/** The tree as anybody would draw it: whom each follows, and from there to the root. */
const followed = (all: ReadonlyArray<Begun>, index: number): number | null => {
  const instead = all[index]?.insteadOf ?? null
  return instead === null ? (index === 0 ? null : index - 1) : followed(all, instead)
}
const lineOf = (all: ReadonlyArray<Begun>, index: number | null): ReadonlyArray<number> =>
  index === null ? [] : [index, ...lineOf(all, followed(all, index))]

describe("lineage", () => {
  it("is the way back from a turn to the first, around whatever it stands in place of", () => {
    fc.assert(
      fc.property(turns, fc.nat(30), (all, at) => {
        assert.deepStrictEqual(branch(all, fromNewest(all.length)), lineOf(all, all.at(-1)?.index ?? null))
        if (all.length === 0) return
        const index = at % all.length
        assert.deepStrictEqual(branch(all, around(index)), lineOf(all, followed(all, index)))
        // What stands in another's place follows what that one followed, and nothing of what came of it.
        const other = [...all, { index: all.length, insteadOf: index }]
        const line = branch(other, fromNewest(other.length))
        assert.deepStrictEqual(line.slice(1), branch(all, around(index)))
        assert.isFalse(line.includes(index))
      })
    )
  })

  it("gives a turn the answers of its branch to read, and the session those of the newest", () => {
    const answered = new Set<string>()
    fc.assert(
      fc.property(turns, (all) => {
        let session = fresh
        for (const one of all) {
          const { index, insteadOf, isAnswered } = one
          const line = lineOf(all, followed(all, index))
          const readable = line.filter((at) => all[at]?.isAnswered).length
          session = take(session, startOf(session, index, insteadOf))
          assert.strictEqual(answersBefore(session.known, index), readable)
          assert.strictEqual(session.after.answers, readable)
          session = take(session, endOf(index, isAnswered))
          assert.strictEqual(session.after.answers, readable + (isAnswered ? 1 : 0))
          answered.add(`${insteadOf !== null} ${readable > 0}`)
        }
      })
    )
    assert.strictEqual(answered.size, 4)
  })

  it("knows no turn that was not begun, and none that it was not told of", () => {
    const session = take(take(fresh, startOf(fresh, 0, null)), endOf(0, true))
    assert.isNull(turnFrom(session, 1))
    assert.isNull(turnFrom({ ...session, known: null }, 0))
    const due = startOf(session, 1, 0)
    assert.isTrue(Result.isSuccess(decide(session, due)))
    assert.isTrue(Result.isFailure(decide({ ...session, known: null }, due)))
  })
})

const id = SessionId.make("01900000-0000-7000-8000-000000000000")
const digest = Digest.make("0".repeat(64))
const thresholds = {
  stepCount: null,
  tokenBudget: null,
  capabilityClasses: [],
  audit: false,
  always: false
}
const terms = { thresholds, expirySeconds: null, maxTurns: Count.make(100) }
const fresh: Session =
  begun(
    begin(
      {
        _tag: "SessionStarted",
        session: id,
        principal: Principal.make("local"),
        surface: "program",
        configDigest: digest,
        persona: Mode.make("executor"),
        audit: false,
        terms,
        origin: null
      },
      { ...nothing, mode: "work" }
    )
  ) ?? assert.fail("it begins")

const runOf = (index: number) =>
  RunId.make(`01900000-0000-7000-9000-0000000000${index.toString(16).padStart(2, "0")}`)

const startOf = (session: Session, index: number, insteadOf: number | null): Facts => ({
  _tag: "TurnStarted",
  run: runOf(index),
  persona: session.persona,
  audit: false,
  turn: {
    ...(turnFrom(session, insteadOf) ?? assert.fail("it is known")),
    session: id,
    mode: "work",
    thresholds,
    expirySeconds: null
  },
  promptChars: Count.make(1)
})

const endOf = (index: number, isAnswered: boolean): Facts => ({
  _tag: "TurnEnded",
  run: runOf(index),
  index: Count.make(index),
  status: isAnswered ? "released" : "failed",
  code: isAnswered ? null : "PROVIDER_TIMEOUT",
  tokens: Count.make(1),
  latencyMillis: Count.make(1),
  counts: isAnswered,
  answer: isAnswered ? { content: ContentId.make("draft.1"), digest, chars: Count.make(1) } : null
})

const take = (session: Session, facts: Facts): Session =>
  moved(session, Result.getOrThrow(decide(session, facts)))
