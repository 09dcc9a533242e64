/** How long a run took is what it worked: the days that a held turn waits for a steward are not its latency. */
import { assert, describe, it } from "@effect/vitest"
import type { RunEvent } from "../../../src/domain/Event.ts"
import { Digest, Principal, Timestamp } from "../../../src/domain/Ids.ts"
import { initial } from "../../../src/domain/run/Run.ts"
import { elapsed, type Timeline } from "../../../src/domain/run/Timeline.ts"

const digest = Digest.make("0".repeat(64))
const principal = Principal.make("local")
const gate = (threshold: "always" | null): RunEvent => ({
  _tag: "GateEvaluated",
  threshold,
  step: 1,
  tokens: 0,
  digest,
  chars: 0
})
const viewed: RunEvent = { _tag: "HeldViewed", principal, digest }
const decided: RunEvent = {
  _tag: "StewardDecided",
  action: "approve",
  reason: "acceptable",
  principal,
  by: "person",
  digest,
  sequence: 1,
  edited: null
}

/** A run from 1,000 to its last event. */
const line = (...moments: ReadonlyArray<readonly [at: number, event: RunEvent]>): Timeline => ({
  accepted: {} as Timeline["accepted"],
  state: initial,
  moments: moments.map(([at, event]) => ({ at: Timestamp.make(at), event })),
  startedAt: Timestamp.make(1000),
  lastAt: Timestamp.make(moments.at(-1)?.[0] ?? 1000)
})

describe("Timeline.elapsed", () => {
  it("leaves out the time between the pause and its decision", () => {
    assert.strictEqual(elapsed(line([1500, gate("always")], [2000, viewed], [86_401_500, decided])), 500)
    assert.strictEqual(
      elapsed(line([1500, gate("always")], [9000, decided], [9002, gate(null)])),
      502,
      "what comes after the decision counts"
    )
  })

  it("counts up to the pause while nobody has decided", () => {
    assert.strictEqual(elapsed(line([1500, gate("always")], [9000, viewed])), 500)
  })

  it("leaves out nothing where nothing was held", () => {
    assert.strictEqual(elapsed(line([1500, gate(null)], [9000, gate(null)])), 8000)
  })
})
