/** Tells the page of conversations in every order there is, in pieces, twice and from the middle on. */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import {
  type Conversation,
  openTurn,
  textOf,
  type Transcript,
  type Turn,
  unknown,
  withEvents,
  withHistory
} from "../../src/web/chat/conversation.ts"
import { factsOf } from "../../src/web/chat/facts.ts"
import type { StreamEvent } from "../../src/web/server/contract.ts"
import { nothingSaid, saying } from "../../src/web/chat/said.ts"
import { told } from "../support/conversationTold.ts"

type Step = { readonly events: ReadonlyArray<StreamEvent> } | { readonly record: Transcript }

const fold = (steps: ReadonlyArray<Step>, from: Conversation = unknown): Conversation =>
  steps.reduce(
    (known, step) => ("record" in step ? withHistory(known, step.record) : withEvents(known, step.events)),
    from
  )

const one = (event: StreamEvent): Step => ({ events: [event] })

/** In the order of their turns, whichever was heard of first. */
const seen = ({ turns, ...rest }: Conversation) => ({
  ...rest,
  turns: [...turns.values()].toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
})

/** What is shown of a turn. */
const shown = (turn: Turn) => [
  turn.run,
  textOf(turn),
  turn.standing,
  turn.error,
  turn.decided,
  factsOf(turn).filter(({ value }) => value !== null && value !== undefined && value !== "")
]

/** Everything that was said, in any order and some of it again, among what was on record at some time. */
const scene = told.chain(({ events, records }) => {
  const last = records.at(-1)!
  const again = fc.subarray([...events])
  const before = fc.subarray([...records], { maxLength: Math.min(5, records.length) })
  return fc
    .tuple(again, before)
    .chain(([more, old]) => {
      const steps: Array<Step> = [
        ...events.map(one),
        ...more.map(one),
        ...old.map((record) => ({ record })),
        { record: last }
      ]
      return fc.shuffledSubarray(steps, { minLength: steps.length, maxLength: steps.length })
    })
    .map((steps) => ({ events, records, last, steps }))
})

describe("a conversation", () => {
  it("is known as the same, in whatever order and however often it is told of", () => {
    fc.assert(
      fc.property(scene, ({ events, last, steps }) => {
        const inOrder = fold([{ events }, { record: last }])
        assert.deepStrictEqual(seen(fold(steps)), seen(inOrder))
      }),
      { seed: 8, numRuns: 300 }
    )
  })

  it("is known as the same by whoever hears of it, whoever comes later, and whoever lost the connection", () => {
    const cuts = fc.array(fc.nat({ max: 80 }), { maxLength: 4 })
    fc.assert(
      fc.property(told, fc.nat({ max: 80 }), cuts, ({ events, records }, joined, lost) => {
        const last = { record: records.at(-1)! }
        const always = fold([{ events }, last])
        const at = joined % events.length
        const later = fold([{ record: records[at]! }, ...events.slice(at).map(one), last])
        // What a stream says again after it was resumed begins at any event before.
        const broken = lost.flatMap((cut) => events.slice(cut % events.length).map(one))
        assert.deepStrictEqual(seen(fold([...events.map(one), ...broken, last])), seen(always))
        // Whoever has only the record shows the same, certified bounds and decision too.
        for (const other of [later, fold([last])])
          assert.deepStrictEqual(seen(other).turns.map(shown), seen(always).turns.map(shown))
      }),
      { seed: 8, numRuns: 300 }
    )
  })

  it("reads in pieces what it reads whole", () => {
    fc.assert(
      fc.property(told, ({ events, records }) => {
        const pieces = events.filter(({ event }) => event !== "turn_output")
        const whole = events.filter(({ event }) => event !== "turn_delta")
        const heard = withEvents(unknown, pieces)
        for (const turn of records.at(-1)!.turns) {
          if (turn.threshold_key !== null) continue
          assert.strictEqual(textOf(heard.turns.get(turn.run_id)!), turn.message ?? "")
        }
        const both = seen(fold([{ events }, { record: records.at(-1)! }])).turns
        const one = seen(fold([{ events: whole }, { record: records.at(-1)! }])).turns
        assert.deepStrictEqual(both.map(textOf), one.map(textOf))
      }),
      { seed: 8, numRuns: 200 }
    )
  })

  it("never goes back: what was over is not open again", () => {
    fc.assert(
      fc.property(scene, ({ steps }) => {
        const over = new Set<string>()
        let known = unknown
        for (const step of steps) {
          known = fold([step], known)
          for (const { run, standing } of known.turns.values()) {
            const isOver = standing === "ok" || standing === "error"
            assert.isTrue(isOver || !over.has(run))
            if (isOver) over.add(run)
          }
        }
        assert.isNull(openTurn(known))
      }),
      { seed: 8, numRuns: 100 }
    )
  })
})

/** A turn that let nothing out, as the record has it; `facts` is what its run says of it. */
const refused = (facts: object): Turn =>
  ({ standing: "error", receipt: null, accepted: null, past: null, facts }) as unknown as Turn

const valueOf = (turn: Turn, name: string) => factsOf(turn).find((fact) => fact.name === name)?.value ?? ""

describe("what is known of a turn that let nothing out", () => {
  const certificate = { calls: 4, inputTokens: 900, outputTokens: 400 }
  const count = fc.option(fc.nat(), { nil: null })

  it("is said in words and numbers; what nobody knows is not said", () => {
    fc.assert(
      fc.property(count, count, fc.boolean(), (input, output, isCertified) => {
        const turn = refused({
          provider: "ollama",
          model: "writer",
          audit: false,
          calls: 1,
          certificate: isCertified ? certificate : null,
          input_tokens: input,
          output_tokens: output,
          latency_ms: 30,
          first_token_ms: null,
          memory_context: null
        })
        for (const { value } of factsOf(turn)) assert.notMatch(String(value ?? ""), /\?|null|undefined|NaN/u)
        const said = String(valueOf(turn, "tokens"))
        assert.deepStrictEqual(
          [/\d in/u.test(said), /\d out/u.test(said), said === ""],
          [input !== null, output !== null, input === null && output === null]
        )
        assert.strictEqual(valueOf(turn, "calls"), isCertified ? "1 of 4" : "1")
        assert.strictEqual(valueOf(turn, "certified at most"), isCertified ? "4 calls, 900 in / 400 out" : "")
      }),
      { seed: 8, numRuns: 100 }
    )
  })

  it("has what the auditor has named, the gravest first and each once, or why there is no verdict", () => {
    const rest = { audit: true, calls: 2, certificate, input_tokens: 1, output_tokens: 1, latency_ms: 1 }
    const issues = [
      { code: "format", severity: 1 },
      { code: "unsafe", severity: 3 },
      { code: "format", severity: 0 }
    ]
    const rejected = refused({ ...rest, verdict: { decision: "reject", issues }, unavailable: null })
    assert.strictEqual(valueOf(rejected, "verdict"), "rejected")
    assert.strictEqual(valueOf(rejected, "issues"), "unsafe, format")
    const unheard = refused({ ...rest, verdict: null, unaudited: true, unavailable: "unparsable" })
    assert.strictEqual(valueOf(unheard, "verdict"), "no verdict: it could not be read")
    assert.strictEqual(valueOf(unheard, "issues"), "")
  })
})

describe("what is known of a turn", () => {
  const certificate = { calls: 4, inputTokens: 900, outputTokens: 400 }
  const facts = { audit: true, calls: 2, certificate, input_tokens: 1, output_tokens: 1, latency_ms: 3400 }
  const released = (audit: string, more: object = {}): Turn =>
    ({
      standing: "ok",
      decided: null,
      receipt: { audit, auditor: { independent: false }, certificate, complete: true },
      accepted: null,
      past: null,
      facts: { ...facts, first_token_ms: 3340, ...more }
    }) as unknown as Turn
  const issues = [
    { code: "format", severity: 1 },
    { code: "unsupported_claim", severity: 2 }
  ]

  it("has what an auditor has named that let it pass all the same, and nothing that was mended since", () => {
    const passed = released("pass", { verdict: { decision: "pass", issues } })
    assert.strictEqual(valueOf(passed, "verdict"), "passed, with 2 issues, by the same model")
    assert.strictEqual(valueOf(passed, "issues"), "unsupported claim, format")
    const faultless = released("pass", { verdict: { decision: "pass", issues: [] } })
    assert.strictEqual(valueOf(faultless, "verdict"), "passed, by the same model")
    assert.strictEqual(valueOf(faultless, "issues"), "")
    const held = { ...released("pass"), receipt: null, standing: "held" } as Turn
    const waiting = { ...held, facts: { ...held.facts!, ...passed.facts! } }
    assert.strictEqual(valueOf(waiting, "verdict"), "passed, with 2 issues")
    const revised = released("revised", { verdict: { decision: "needs_work", issues } })
    assert.strictEqual(valueOf(revised, "issues"), "")
  })

  it("has its times as they are written everywhere, and none where nobody knows when a call was over", () => {
    const answered = released("none", { audit: false })
    assert.strictEqual(valueOf(answered, "time"), "3.4 s, first word after 3.3 s")
    for (const latency_ms of [0, null])
      assert.strictEqual(valueOf(refused({ ...facts, latency_ms }), "time"), "")
  })
})

describe("a text in pieces", () => {
  it("has each of its bytes once, whatever overlaps and whatever comes first", () => {
    const texts = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(texts, fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 }), (text, cuts) => {
        const letters = [...text]
        const until = (count: number) => letters.slice(0, count).join("")
        const spans = cuts.map(([a, b]) => {
          const start = a % letters.length
          return [start, start + 1 + (b % (letters.length - start))] as const
        })
        const each = letters.map((_, at) => [at, at + 1] as const)
        const said = [...spans, ...each.toReversed(), ...spans].reduce(
          (known, [start, end]) =>
            saying(known, letters.slice(start, end).join(""), Buffer.byteLength(until(end))),
          nothingSaid
        )
        assert.deepStrictEqual(said, { text, bytes: Buffer.byteLength(text), ahead: [] })
      }),
      { seed: 8, numRuns: 300 }
    )
  })
})
