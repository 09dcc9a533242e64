import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as FastCheck from "fast-check"
import { format, isSampled, parse, SpanId, TraceId } from "../../../src/domain/observability/TraceContext.ts"

const hex = (digits: number) =>
  FastCheck.array(FastCheck.constantFrom(..."0123456789abcdef"), { minLength: digits, maxLength: digits })
    .map((all) => all.join(""))
    .filter((text) => /[^0]/.test(text))
const contexts = FastCheck.record({
  trace: hex(32).map((text) => TraceId.make(text)),
  span: hex(16).map((text) => SpanId.make(text)),
  sampled: FastCheck.boolean()
})

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const SPAN = "b7ad6b7169203331"

describe("a trace context", () => {
  it("is read as it was written", () => {
    FastCheck.assert(
      FastCheck.property(contexts, (context) => {
        assert.deepStrictEqual(parse(format(context)), Option.some(context))
      })
    )
  })

  it("is what W3C Trace Context has, and nothing else", () => {
    const good = { trace: TRACE, span: SPAN }
    const read: ReadonlyArray<readonly [header: string, sampled: boolean]> = [
      [`00-${TRACE}-${SPAN}-01`, true],
      [`00-${TRACE}-${SPAN}-00`, false],
      [`00-${TRACE}-${SPAN}-03`, true],
      [`cc-${TRACE}-${SPAN}-01`, true],
      [`cc-${TRACE}-${SPAN}-00-what-comes-later`, false]
    ]
    for (const [header, sampled] of read)
      assert.deepStrictEqual(parse(header), Option.some({ ...good, sampled } as never), header)
    const refused = [
      "",
      "00",
      `ff-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${TRACE}-${SPAN}-1`,
      `00-${TRACE}-${SPAN}-01 `,
      ` 00-${TRACE}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE.slice(1)}-${SPAN}-01`,
      `00_${TRACE}_${SPAN}_01`,
      `00-${TRACE}-${SPAN}-01\n`
    ]
    for (const header of refused) assert.isTrue(Option.isNone(parse(header)), header)
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (text) => {
        Option.match(parse(text), {
          onNone: () => {},
          onSome: ({ trace, span }) => assert.isTrue(Schema.is(TraceId)(trace) && Schema.is(SpanId)(span))
        })
      })
    )
  })

  it("is kept by whoever began it, and else by a share of the traces that only grows", () => {
    const shares = FastCheck.double({ min: 0, max: 1, noNaN: true })
    FastCheck.assert(
      FastCheck.property(contexts, shares, shares, (parent, one, other) => {
        const { trace } = parent
        const [less, more] = one < other ? [one, other] : [other, one]
        const by = (ratio: number, parentBased = false) => isSampled({ parentBased, ratio }, trace, parent)
        assert.strictEqual(by(one, true), parent.sampled)
        assert.isTrue(!by(less) || by(more))
        assert.isTrue(by(1))
        assert.isFalse(by(0))
        assert.strictEqual(isSampled({ parentBased: true, ratio: one }, trace, null), by(one))
      })
    )
  })
})
