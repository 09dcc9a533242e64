import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"
import { ContentId, Count, Digest, Mode, Principal, RunId, SessionId } from "../../../src/domain/Ids.ts"
import {
  begin,
  begun,
  decide,
  evolve,
  type Facts,
  moved,
  nextTitle,
  nothing,
  refusal,
  type Session,
  turnAt
} from "../../../src/domain/session/Session.ts"
import type { SessionEvent } from "../../../src/domain/session/SessionEvent.ts"
import { toldOf } from "../../../src/domain/webhook/Webhook.ts"
import type { SessionMode, Terms, TurnStatus } from "../../../src/domain/session/Turn.ts"

const principal = Principal.make("local")
const digest = Digest.make("0".repeat(64))
const id = SessionId.make("01900000-0000-7000-8000-000000000000")
const runs = [1, 2, 3].map((n) => RunId.make(`01900000-0000-7000-9000-00000000000${n}`))
const terms = (maxTurns: number): Terms => ({
  thresholds: {
    stepCount: null,
    tokenBudget: null,
    capabilityClasses: [],
    audit: false,
    always: true
  },
  expirySeconds: null,
  maxTurns: Count.make(maxTurns)
})
const startedFacts = (maxTurns: number) => ({
  _tag: "SessionStarted" as const,
  session: id,
  principal,
  surface: "program" as const,
  configDigest: digest,
  persona: Mode.make("executor"),
  audit: false,
  terms: terms(maxTurns),
  origin: null
})
const fresh = (maxTurns: number, mode: SessionMode = "steward"): Session =>
  begun(begin(startedFacts(maxTurns), { ...nothing, mode })) ?? assert.fail("it begins")

const statuses: ReadonlyArray<TurnStatus> = [
  "released",
  "refused",
  "failed",
  "cancelled",
  "rejected",
  "redirected"
]

/** What somebody might want to happen next; most of it fits where a session stands, or misses it by one thing. */
interface Wish {
  readonly what: "mode" | "title" | "begin" | "hold" | "end" | "close" | "erase"
  readonly mode: SessionMode
  readonly run: number
  readonly status: TurnStatus
  readonly wrong: "nothing" | "run" | "index" | "step" | "tokens" | "counts" | "code" | "answer" | "title"
  readonly tokens: number
}
const wish: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom(
    "begin",
    "begin",
    "hold",
    "hold",
    "end",
    "end",
    "end",
    "mode",
    "title",
    "close",
    "erase"
  ),
  mode: fc.constantFrom("work", "steward"),
  run: fc.nat(2),
  status: fc.constantFrom(...statuses),
  wrong: fc.oneof(
    { weight: 8, arbitrary: fc.constant("nothing" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("run", "index", "step", "tokens", "counts", "code", "answer", "title")
    }
  ),
  tokens: fc.nat(9)
})

const factsOf = (
  { session, terms, after }: Session,
  { what, mode, run, status, wrong, tokens }: Wish
): Facts => {
  const off = (is: Wish["wrong"]) => Count.make(wrong === is ? 1 : 0)
  const openRun = after.open?.run ?? runs[run] ?? assert.fail()
  const named = wrong === "run" ? (runs.find((one) => one !== openRun) ?? openRun) : openRun
  const index = Count.make((after.open?.index ?? 0) + off("index"))
  switch (what) {
    case "mode":
      return { _tag: "SessionModeChanged", mode, principal }
    case "title": {
      const content = wrong === "title" ? ContentId.make("title.0") : nextTitle(after)
      return { _tag: "SessionTitled", content, digest, chars: Count.make(1), principal }
    }
    case "begin": {
      const at = turnAt(after)
      const turn = {
        session,
        index: Count.make(at.index + off("index")),
        step: Count.make(at.step + off("step")),
        tokens: Count.make(at.tokens + off("tokens")),
        answers: at.answers,
        mode: after.mode,
        thresholds: terms.thresholds,
        expirySeconds: null
      }
      return {
        _tag: "TurnStarted",
        run: openRun,
        persona: Mode.make("executor"),
        audit: false,
        turn,
        promptChars: Count.make(1)
      }
    }
    case "hold":
      return { _tag: "TurnHeld", run: named, index, threshold: "always", digest }
    case "end": {
      const isReleased = status === "released"
      const counts = isReleased || status === "rejected" || status === "redirected"
      const answer = { content: ContentId.make("draft.1"), digest, chars: Count.make(1) }
      const hasCode = !isReleased && status !== "cancelled"
      return {
        _tag: "TurnEnded",
        run: named,
        index,
        status,
        code: hasCode === (wrong !== "code") ? "INTERNAL_ERROR" : null,
        tokens: Count.make(tokens),
        latencyMillis: Count.make(0),
        counts: wrong === "counts" ? !counts : counts,
        answer: isReleased === (wrong !== "answer") ? answer : null
      }
    }
    case "close":
      return { _tag: "SessionClosed", principal }
    case "erase":
      return { _tag: "SessionErased", principal }
  }
}

/** Whether it may happen, as a person would say it who knows nothing of how a session is kept. */
const mayHappen = ({ after }: Session, { what, mode, status, wrong }: Wish): boolean => {
  const is = (...flaws: ReadonlyArray<Wish["wrong"]>) => flaws.includes(wrong)
  const isClosed = after.status === "closed"
  switch (what) {
    case "mode":
      return !isClosed && mode !== after.mode
    case "title":
      return !after.erased && !is("title")
    case "begin":
      return (
        !isClosed && after.open === null && after.steps < after.maxTurns && !is("index", "step", "tokens")
      )
    case "hold":
      return after.open !== null && after.open.threshold === null && !is("run", "index")
    case "end": {
      if (after.open === null || is("run", "index", "counts", "code", "answer")) return false
      const isByDecision = status === "rejected" || status === "redirected"
      return after.open.threshold === null ? !isByDecision : isByDecision || status === "released"
    }
    case "close":
      return !isClosed && after.open === null
    case "erase":
      return isClosed && !after.erased
  }
}

const lives = fc.record({
  maxTurns: fc.integer({ min: 1, max: 4 }),
  wishes: fc.array(wish, { maxLength: 40 })
})

/** Walks through what may happen, and shows each step. */
const walk = (
  { maxTurns, wishes }: { readonly maxTurns: number; readonly wishes: ReadonlyArray<Wish> },
  look: (before: Session, wish: Wish, facts: Facts, after: Session | null) => void
) => {
  let session = fresh(maxTurns)
  for (const wish of wishes) {
    const facts = factsOf(session, wish)
    const decided = decide(session, facts)
    const after = Result.isSuccess(decided) ? moved(session, decided.success) : null
    look(session, wish, facts, after)
    session = after ?? session
  }
}

describe("Session.decide", () => {
  it("is told as complete once, with the turn that was its last one or when it is closed before that", () => {
    fc.assert(
      fc.property(lives, (life) => {
        const told: Array<string> = []
        let last = fresh(life.maxTurns)
        walk(life, (_before, _wish, facts, after) => {
          if (!after) return
          last = after
          const event = toldOf({ ...facts, after: after.after } as SessionEvent)
          if (event) told.push(`${event} ${after.after.status}`)
        })
        const complete = told.filter((one) => one.startsWith("session_complete"))
        const isOver = last.after.status === "closed" || last.after.status === "at_limit"
        assert.strictEqual(complete.length, isOver || last.after.steps >= life.maxTurns ? 1 : 0)
        assert.isTrue(complete.every((one) => /closed|at_limit/.test(one)))
      })
    )
  })

  it("lets happen what may, and nothing else", () => {
    fc.assert(
      fc.property(lives, (life) =>
        walk(life, (before, wish, _, after) => {
          assert.strictEqual(after !== null, mayHappen(before, wish), JSON.stringify([before.after, wish]))
        })
      ),
      { numRuns: 1000 }
    )
  })

  it("says of every session where it stands: closed, paused, at its limit or active, one of them and why", () => {
    fc.assert(
      fc.property(lives, (life) =>
        walk(life, (_, __, ___, session) => {
          if (!session) return
          const { status, open, steps, maxTurns } = session.after
          const isHeld = open !== null && open.threshold !== null
          assert.strictEqual(status === "paused", isHeld)
          if (status === "closed") assert.isNull(open)
          else assert.strictEqual(status === "at_limit", open === null && steps >= maxTurns)
          assert.isAtMost(steps, maxTurns)
        })
      ),
      { numRuns: 500 }
    )
  })

  it("counts every turn once, and against the ceiling those that came to an answer", () => {
    fc.assert(
      fc.property(lives, (life) => {
        let [turns, steps, answers, tokens] = [0, 0, 0, 0]
        walk(life, (_, __, facts, session) => {
          if (!session) return
          if (facts._tag === "TurnStarted") turns++
          if (facts._tag === "TurnEnded") {
            if (["released", "rejected", "redirected"].includes(facts.status)) steps++
            if (facts.status === "released") answers++
            tokens += facts.tokens
          }
          assert.deepInclude({ ...session.after }, { turns, steps, answers, tokens })
        })
      }),
      { numRuns: 500 }
    )
  })

  it("is paused on its last turn first, and at its limit once that is decided", () => {
    const step = (session: Session, what: Wish["what"], status: TurnStatus = "released"): Session => {
      const decided = decide(
        session,
        factsOf(session, { what, status, mode: "work", run: 0, wrong: "nothing", tokens: 1 })
      )
      return { ...session, after: Result.getOrThrow(decided).after }
    }
    const paused = step(step(fresh(1), "begin"), "hold")
    assert.strictEqual(paused.after.status, "paused")
    assert.strictEqual(refusal(paused), "SESSION_PAUSED")
    for (const status of ["released", "rejected", "redirected"] as const) {
      const ended = step(paused, "end", status)
      assert.strictEqual(ended.after.status, "at_limit")
      assert.strictEqual(refusal(ended), "SESSION_AT_LIMIT")
    }
    const running = step(fresh(1), "begin")
    assert.strictEqual(refusal(running), "SESSION_CONFLICT")
    const failed = step(running, "end", "failed")
    assert.deepInclude({ ...failed.after }, { status: "active", turns: 1, steps: 0 })
    const closed = step(failed, "close")
    assert.strictEqual(refusal(closed), "SESSION_NOT_ACTIVE")
    assert.strictEqual(refusal(step(closed, "erase")), "SESSION_ERASED")
  })

  it("a mode that changes meanwhile is the next turn's", () => {
    const begin = factsOf(fresh(2), {
      what: "begin",
      status: "failed",
      mode: "work",
      run: 0,
      wrong: "nothing",
      tokens: 1
    })
    const started = { ...fresh(2), after: Result.getOrThrow(decide(fresh(2), begin)).after }
    const changed = decide(started, { _tag: "SessionModeChanged", mode: "work", principal })
    assert.deepInclude({ ...Result.getOrThrow(changed).after }, { mode: "work", open: started.after.open })
    // A turn that says another mode than its session is in cannot begin.
    assert.isTrue(
      Result.isFailure(decide({ ...fresh(2), after: { ...fresh(2).after, mode: "work" } }, begin))
    )
  })
})

describe("Session.evolve", () => {
  it("takes what was decided, and nothing that says another thing of what follows", () => {
    fc.assert(
      fc.property(lives, fc.constantFrom("turns", "steps", "answers", "tokens", "maxTurns"), (life, field) =>
        walk(life, (before, _, facts, after) => {
          if (!after) return
          const event = Result.getOrThrow(decide(before, facts))
          assert.deepStrictEqual(evolve(before, event), after)
          const wrong = { ...event.after, [field]: Count.make(event.after[field] + 1) }
          assert.isNull(evolve(before, { ...event, after: wrong }))
          assert.isNull(evolve(before, { ...event, after: { ...event.after, erased: !event.after.erased } }))
        })
      )
    )
  })

  it("begins where nothing was, or where a snapshot says", () => {
    const event = begin(startedFacts(3), { ...nothing, mode: "work" })
    const [turns, steps, tokens] = [4, 3, 9].map((n) => Count.make(n)) as [Count, Count, Count]
    const brought = { turns, steps, tokens, mode: "work" as const }
    const origin = { session: id, sequence: Count.make(9), head: digest }
    assert.isNotNull(begun(event))
    assert.isNull(begun(begin(startedFacts(3), brought)), "nobody begins with turns of his own")
    const come = begun(begin({ ...startedFacts(3), origin }, brought))
    assert.deepInclude({ ...come?.after }, { ...brought, answers: 0, status: "at_limit" })
    assert.isNull(begun({ ...event, after: { ...event.after, status: "closed" } }))
    assert.isNull(begun({ ...event, after: { ...event.after, maxTurns: Count.make(4) } }))
  })
})
