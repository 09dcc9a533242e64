import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Event } from "../../../src/domain/Event.ts"
import { Digest } from "../../../src/domain/Ids.ts"
import { begunBy, isKey, repeated, type Work } from "../../../src/domain/server/Idempotency.ts"
import { cancelled, certified, run } from "../../support/ledger.ts"

const works: ReadonlyArray<Work> = ["run", "turn", "start", "runbook", "resume", "replay", "decide"]

/** Events by their tags: nothing else of them is asked for, but who has decided. */
const tagged = (...tags: ReadonlyArray<string>): ReadonlyArray<Event> =>
  tags.map((_tag) => ({ _tag, by: "person" }) as unknown as Event)
const one = (...tags: ReadonlyArray<string>) => ({ stream: run("one"), events: tagged(...tags) })
const overdue = [
  { stream: run("one"), events: [{ _tag: "StewardDecided", by: "deadline" } as unknown as Event] }
]

describe("a key of a request", () => {
  it("is visible ASCII, and little of it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const isVisible = [...text].every((letter) => letter > " " && letter < "\x7f")
        assert.strictEqual(isKey(text), isVisible && text.length >= 1 && text.length <= 255)
      })
    )
    assert.isTrue(isKey("x".repeat(255)))
    for (const wrong of ["", "x".repeat(256), "a b", "a\n", "é", "a, b"]) assert.isFalse(isKey(wrong), wrong)
  })

  it("is used up by what its request begins, and by nothing before", () => {
    for (const work of works) {
      assert.isNull(begunBy(work, [one("ConfigLoaded"), { stream: run("two"), events: [cancelled] }]), work)
      assert.isNull(begunBy(work, [{ stream: run("one"), events: [certified(1)] }]), work)
      assert.isNull(begunBy(work, []), work)
    }
    assert.strictEqual(begunBy("run", [one("RunAccepted", "CallIntended")]), run("one"))
    // A turn before it that is gone on with is not what was asked for.
    assert.isNull(begunBy("turn", [one("RunResumed")]))
    assert.strictEqual(begunBy("resume", [one("RunResumed")]), run("one"))
    assert.isNull(begunBy("runbook", [one("RunAccepted", "CallIntended")]))
    // A redirection: the decision, and the run that it begins.
    const both = [one("StewardDecided", "RunRefused"), { stream: run("two"), events: tagged("RunAccepted") }]
    assert.strictEqual(begunBy("decide", both), run("one"))
    assert.isNull(begunBy("decide", overdue))
  })

  it("is still free where a run was over before anybody was called", () => {
    for (const ending of ["RunRefused", "RunFailed", "RunCancelled"]) {
      assert.isNull(begunBy("run", [one("RunAccepted", "RouteResolved", ending)]), ending)
      assert.isNotNull(begunBy("run", [one("RunAccepted", "CallIntended", ending)]), ending)
      assert.isNotNull(begunBy("run", [one("RunAccepted", "CapabilityInvoked", ending)]), ending)
    }
    assert.isNotNull(begunBy("replay", [one("RunAccepted", "CapabilityInvoked", "Released")]))
  })

  it("gives another request nothing, whatever became of the first", () => {
    const [mine, other] = [1, 2].map((of) => Digest.make(String(of).padStart(64, "0")))
    if (!mine || !other) return assert.fail()
    for (const isUnderWay of [true, false])
      assert.strictEqual(repeated({ request: mine }, other, isUnderWay), "IDEMPOTENCY_KEY_REUSED")
    assert.strictEqual(repeated({ request: mine }, mine, true), "IDEMPOTENCY_IN_PROGRESS")
    assert.strictEqual(repeated({ request: mine }, mine, false), "again")
  })
})
