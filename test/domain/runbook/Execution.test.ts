import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { Count, Digest, Mode, Principal, RunbookId, RunId, TaskSpecId } from "../../../src/domain/Ids.ts"
import { type Certificate, isIn } from "../../../src/domain/run/Bounds.ts"
import {
  begin,
  begun,
  consequence,
  decide,
  type Execution,
  type Facts,
  isToRun,
  mayResume,
  stepAt
} from "../../../src/domain/runbook/Execution.ts"
import type { RunbookEvent } from "../../../src/domain/runbook/RunbookEvent.ts"
import type { TurnStatus } from "../../../src/domain/session/Turn.ts"

const principal = Principal.make("local")
const digest = Digest.make("0".repeat(64))
const id = RunId.make("01900000-0000-7000-8000-000000000000")
const runs = [1, 2].map((n) => RunId.make(`01900000-0000-7000-9000-00000000000${n}`))
const mode = Mode.make("executor")
const count = (n: number) => Count.make(n)
const certificate = (n: number): Certificate => ({
  calls: count(n),
  inputTokens: count(n),
  outputTokens: count(n),
  wallMillis: count(n),
  capabilityCalls: count(n),
  gates: count(n)
})

/** A runbook by which of its steps apply. */
const declared = (applies: ReadonlyArray<boolean>, most: number) =>
  begin({
    _tag: "RunbookStarted",
    run: id,
    runbook: RunbookId.make("rb-law"),
    principal,
    surface: "program",
    configDigest: digest,
    mode: "steward",
    persona: mode,
    audit: false,
    thresholds: { stepCount: null, tokenBudget: null, capabilityClasses: [], audit: false, always: true },
    expirySeconds: null,
    steps: applies.map((does, index) => ({
      task: TaskSpecId.make(`task-${index}`),
      mode,
      promptDigest: digest,
      promptChars: count(1),
      capability: null,
      packs: null,
      when: { key: "session_mode", op: does ? "eq" : "neq", value: Mode.make("steward") } as const
    })),
    certificate: certificate(most),
    source: null
  })

const statuses: ReadonlyArray<TurnStatus> = [
  "released",
  "refused",
  "failed",
  "cancelled",
  "rejected",
  "redirected"
]

/** What somebody might want to happen next; most of it fits where a runbook stands, or misses it by one thing. */
interface Wish {
  readonly what: "follow" | "begin" | "hold" | "end" | "resume" | "close" | "erase" | "skip" | "complete"
  readonly status: TurnStatus
  readonly wrong: "nothing" | "run" | "index" | "attempt" | "counts" | "code" | "chars" | "certified"
  readonly tokens: number
}
const wish: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom(
    ...([
      "follow",
      "follow",
      "follow",
      "begin",
      "begin",
      "begin",
      "hold",
      "hold",
      "end",
      "end",
      "end"
    ] as const),
    ...(["resume", "close", "erase", "skip", "complete"] as const)
  ),
  status: fc.constantFrom(...statuses, "released", "released"),
  wrong: fc.oneof(
    { weight: 8, arbitrary: fc.constant("nothing" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("run", "index", "attempt", "counts", "code", "chars", "certified")
    }
  ),
  tokens: fc.nat(9)
})

const factsOf = (execution: Execution, { what, status, wrong, tokens }: Wish): Facts | null => {
  const { after, steps } = execution
  const off = (is: Wish["wrong"]) => (wrong === is ? 1 : 0)
  const openRun = after.open?.run ?? runs[0] ?? assert.fail()
  const run = wrong === "run" ? (runs[1] ?? openRun) : openRun
  const index = count((after.open?.index ?? after.next) + off("index"))
  switch (what) {
    case "follow":
      return consequence(execution)
    case "skip":
      return { _tag: "StepSkipped", index: after.next }
    case "complete":
      return { _tag: "RunbookCompleted" }
    case "begin": {
      const at = stepAt(execution)
      const step = { ...at, index, attempt: count(at.attempt + off("attempt")) }
      const promptChars = count((steps[after.next]?.promptChars ?? 1) + off("chars"))
      return { _tag: "StepStarted", run: openRun, mode, audit: false, step, promptChars, capability: null }
    }
    case "hold":
      return { _tag: "StepHeld", run, index, threshold: "always", digest }
    case "end": {
      const counts = status === "released" || status === "rejected" || status === "redirected"
      const hasCode = status !== "released" && status !== "cancelled"
      return {
        _tag: "StepEnded",
        run,
        index,
        status,
        code: hasCode === (wrong !== "code") ? "INTERNAL_ERROR" : null,
        tokens: count(tokens),
        latencyMillis: count(0),
        counts: wrong === "counts" ? !counts : counts,
        certified:
          wrong === "certified" ? { ...after.left, calls: count(after.left.calls + 1) } : certificate(1)
      }
    }
    case "resume":
      return {
        _tag: "RunbookResumed",
        principal,
        surface: "program",
        configDigest: digest,
        certificate: certificate(2 * steps.length)
      }
    case "close":
      return {
        _tag: "RunbookTerminated",
        index: count(Math.max(0, after.next - 1)),
        code: "STEWARD_REJECTED"
      }
    case "erase":
      return { _tag: "RunbookErased", principal }
  }
}

const lives = fc.record({
  applies: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  most: fc.integer({ min: 0, max: 12 }),
  wishes: fc.array(wish, { maxLength: 40 })
})
type Life = typeof lives extends fc.Arbitrary<infer A> ? A : never

/** Lives it through; `look` sees each thing that happened, and what stood before and after. */
/** The same execution, standing there. */
const standing = (execution: Execution, after: Execution["after"]): Execution => ({ ...execution, after })

const walk = (
  { applies, most, wishes }: Life,
  look: (before: Execution, event: RunbookEvent, after: Execution, refused: ReadonlyArray<Wish>) => void
): Execution => {
  let execution = begun(declared(applies, most)) ?? assert.fail("it begins")
  let refused: ReadonlyArray<Wish> = []
  for (const one of wishes) {
    const facts = factsOf(execution, one)
    const decided = facts && decide(execution, facts)
    if (!decided || Result.isFailure(decided)) {
      refused = refused.concat(one)
      continue
    }
    const after = standing(execution, decided.success.after)
    look(execution, decided.success, after, refused)
    refused = []
    execution = after
  }
  return execution
}

const holds = (property: (life: Life) => void) => fc.assert(fc.property(lives, property), { numRuns: 1000 })

describe("Execution.decide", () => {
  it("gives every history one answer: where it stands is a function of what happened", () =>
    holds((life) => {
      const events: Array<RunbookEvent> = []
      const end = walk(life, (_, event) => events.push(event))
      let again = begun(declared(life.applies, life.most)) ?? assert.fail()
      for (const { after: said, ...facts } of events) {
        const { after } = Result.getOrThrow(decide(again, facts as Facts))
        assert.deepStrictEqual(after, said)
        again = standing(again, after)
      }
      assert.deepStrictEqual(again, end)
    }))

  it("lets nothing happen after its completion but to be erased, once", () =>
    holds(
      (life) =>
        void walk(life, (before, event) => {
          assert.isFalse(before.after.erased, event._tag)
          if (before.after.status === "completed") assert.strictEqual(event._tag, "RunbookErased")
        })
    ))

  it("lets what was terminated be gone on with or erased, and what a steward has closed only that", () =>
    holds(
      (life) =>
        void walk(life, (before, { _tag }) => {
          const { status, failed } = before.after
          if (status !== "terminated") return
          assert.include(["RunbookResumed", "RunbookErased"], _tag)
          if (failed?.code === "STEWARD_REJECTED") assert.strictEqual(_tag, "RunbookErased")
        })
    ))

  it("skips what does not apply and nothing else, in order, and passes no step over", () =>
    holds(
      (life) =>
        void walk(life, (before, event, { after }) => {
          const { next } = before.after
          const moved = after.next - next
          if (event._tag === "StepSkipped") {
            assert.strictEqual(life.applies[next], false)
            assert.strictEqual(event.index, next)
          }
          if (event._tag === "StepStarted") assert.isTrue(life.applies[next])
          const ends = event._tag === "StepEnded" && ["released", "rejected"].includes(event.status)
          assert.strictEqual(moved, event._tag === "StepSkipped" || ends ? 1 : 0)
          assert.strictEqual(after.next, after.completed + after.skipped)
          if (after.status === "completed") assert.strictEqual(after.next, life.applies.length)
        })
    ))

  it("gives no step more than is left, so that of one attempt nothing is certified twice", () =>
    holds((life) => {
      let [given, used] = [life.most, 0]
      walk(life, (before, event, { after }) => {
        if (event._tag === "RunbookResumed") [given, used] = [event.certificate.calls, 0]
        if (event._tag === "StepEnded" && event.certified) {
          assert.isTrue(isIn(event.certified, before.after.left))
          used += event.certified.calls
        }
        assert.isAtMost(used, given)
        assert.strictEqual(after.left.calls, given - used)
        assert.isAtLeast(Math.min(...Object.values(after.left)), 0)
      })
    }))

  it("redirects a step once, and counts its runs until it has ended well", () =>
    holds((life) => {
      let [begunTimes, redirected] = [0, 0]
      walk(life, (before, event, { after }) => {
        if (after.next !== before.after.next) [begunTimes, redirected] = [0, 0]
        if (event._tag === "StepStarted") {
          begunTimes += 1
          assert.strictEqual(event.step.attempt, begunTimes)
          assert.strictEqual(event.step.redirected, redirected === 1)
        }
        if (event._tag === "StepEnded" && event.status === "redirected") redirected += 1
        assert.isAtMost(redirected, 1)
        assert.deepInclude({ ...after }, { tries: begunTimes, redirected: redirected === 1 })
      })
    }))

  it("waits for one run at a time, and is paused while that is held", () =>
    holds(
      (life) =>
        void walk(life, (before, event, { after }) => {
          assert.strictEqual(after.status === "paused", after.open !== null && after.open.threshold !== null)
          if (before.after.open) assert.include(["StepHeld", "StepEnded"], event._tag)
          if (event._tag === "StepEnded" && before.after.status === "paused") {
            assert.include(["released", "rejected", "redirected"], event.status)
          }
          if (event._tag === "StepEnded" && before.after.status === "active") {
            assert.notInclude(["rejected", "redirected"], event.status)
          }
        })
    ))

  it("goes on by itself wherever nobody has to do something, and comes to rest", () =>
    holds((life) => {
      let execution = walk(life, () => {})
      for (let turns = 0; ; turns++) {
        const facts = consequence(execution)
        if (!facts) break
        assert.isBelow(turns, life.applies.length + 2)
        execution = standing(execution, Result.getOrThrow(decide(execution, facts)).after)
      }
      const { status, open } = execution.after
      if (status !== "active") return
      assert.isTrue(open !== null || isToRun(execution))
      assert.strictEqual(mayResume(execution), open === null)
    }))

  it("refuses what misses by one thing", () =>
    holds(
      (life) =>
        void walk(life, (before, event, _, refused) => {
          // What was refused was refused where this happened: it said another thing, or came at another time.
          for (const one of refused) {
            const facts = factsOf(before, one)
            if (facts) assert.isTrue(Result.isFailure(decide(before, facts)))
          }
          const { after: __, ...facts } = event
          if (facts._tag !== "StepEnded") return
          const wrongs: ReadonlyArray<Partial<typeof facts>> = [
            { run: runs[1] ?? id },
            { index: count(facts.index + 1) },
            { counts: !facts.counts },
            { code: facts.code === null ? "INTERNAL_ERROR" : null },
            { certified: { ...before.after.left, gates: count(before.after.left.gates + 1) } }
          ]
          for (const wrong of wrongs) {
            if (facts.status === "cancelled" && "code" in wrong) continue
            assert.isTrue(Result.isFailure(decide(before, { ...facts, ...wrong })), JSON.stringify(wrong))
          }
        })
    ))
})

describe("Execution.begun", () => {
  it("takes what it begins with, and nothing that stands elsewhere or names a step twice", () => {
    const event = declared([true, false], 4)
    assert.isNotNull(begun(event))
    assert.isNull(begun({ ...event, after: { ...event.after, next: count(1) } }))
    assert.isNull(begun({ ...event, after: { ...event.after, left: certificate(5) } }))
    assert.isNull(begun(declared([], 4)))
    assert.isNull(
      begun(
        declared(
          Array.from({ length: 21 }, () => true),
          4
        )
      )
    )
    const [step] = event.steps
    if (!step) assert.fail()
    assert.isNull(begun({ ...event, steps: [step, step] }))
  })
})
