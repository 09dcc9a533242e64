import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import {
  type CallLimits,
  type CallPermit,
  Certificate,
  certify,
  inputBound,
  isPermit,
  MAX_AUDIT_PASSES,
  MAX_DRAFTS,
  MAX_REVISION_PASSES,
  permitFor,
  Purpose,
  unintended,
  type Wish
} from "../../../src/domain/run/Bounds.ts"

const Size = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 }))
const Tokens = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40_000 }))
const Limits = Schema.Struct({ window: Tokens, maxOutputTokens: Tokens, wallMillis: Size })
const Wishes = Schema.Struct({
  inputBytes: Size,
  messages: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  draft: Limits,
  alternate: Schema.NullOr(Limits),
  audit: Schema.NullOr(Limits),
  gates: Schema.Literals([0, 1]),
  capability: Schema.NullOr(Schema.Struct({ wallMillis: Size }))
})

const places = (wish: Wish): ReadonlyArray<CallLimits> =>
  [wish.draft, wish.alternate, wish.audit].filter((place) => place !== null)
/** Makes every place of a wish one that can be certified. */
const roomy = (wish: Wish): Wish => {
  const widen = (limits: CallLimits) => ({
    ...limits,
    maxOutputTokens: limits.maxOutputTokens + 1,
    window: limits.maxOutputTokens + 2 + limits.window
  })
  return {
    ...wish,
    draft: wish.draft && widen(wish.draft),
    alternate: wish.alternate && widen(wish.alternate),
    audit: wish.audit && widen(wish.audit)
  }
}
const certified = (wish: Wish) => Result.getOrThrow(certify(roomy(wish)))

describe("Bounds.certify", () => {
  it.prop("refuses exactly when an answer has no room beside its question", [Wishes], ([wish]) => {
    const fits = places(wish).every(
      (place) => place.maxOutputTokens >= 1 && place.maxOutputTokens < place.window
    )
    const result = certify(wish)
    assert.strictEqual(Result.isSuccess(result), fits)
    if (Result.isFailure(result)) {
      const { code, limit } = result.failure
      assert.strictEqual(code, "BOUNDS_EXCEEDED")
      assert.isTrue(places(wish).some(({ maxOutputTokens }) => maxOutputTokens === limit?.actual))
    }
  })

  it.prop("the certificate is the sum of its permits, and recordable", [Wishes], ([wish]) => {
    const { certificate, permits } = certified(wish)
    const total = (pick: (permit: (typeof permits)[number]) => number) =>
      permits.reduce((sum, permit) => sum + pick(permit), 0)
    assert.deepStrictEqual(certificate, {
      calls: permits.length,
      inputTokens: total((permit) => permit.reservation.inputTokens),
      outputTokens: total((permit) => permit.reservation.outputTokens),
      wallMillis: total((permit) => permit.reservation.wallMillis) + (wish.capability?.wallMillis ?? 0),
      capabilityCalls: wish.capability ? 1 : 0,
      gates: wish.gates
    })
    assert.deepStrictEqual(Schema.decodeUnknownSync(Certificate)(certificate), certificate)
  })

  it.prop("one permit per call that may be made, and none twice", [Wishes], ([wish]) => {
    const { permits } = certified(wish)
    const named = permits.map(({ purpose, attempt }) => `${purpose} ${attempt}`)
    assert.deepStrictEqual(named, [
      "draft 1",
      ...(wish.alternate ? ["draft 2"] : []),
      ...(wish.audit ? ["audit 1", "revision 1"] : [])
    ])
    assert.strictEqual(new Set(permits).size, permits.length)
    for (const permit of permits) {
      assert.isTrue(isPermit(permit))
      assert.strictEqual(permitFor(permits, permit.purpose, permit.attempt), permit)
      assert.isFalse(isPermit({ ...permit }))
      assert.isFalse(isPermit(structuredClone(permit)))
    }
  })

  it.prop("passes are bounded, whatever is wished", [Wishes], ([wish]) => {
    const { permits } = certified(wish)
    const passes = (purpose: Purpose) => permits.filter((permit) => permit.purpose === purpose).length
    assert.deepStrictEqual([MAX_DRAFTS, MAX_AUDIT_PASSES, MAX_REVISION_PASSES], [1, 1, 1])
    assert.isAtMost(passes("draft"), MAX_DRAFTS + 1)
    assert.isAtMost(passes("audit"), MAX_AUDIT_PASSES)
    assert.isAtMost(passes("revision"), MAX_REVISION_PASSES)
    for (const purpose of Purpose.literals) assert.isUndefined(permitFor(permits, purpose, 3))
  })

  it.prop("wishing more never certifies less", [Wishes, Size], ([wish, more]) => {
    const small = certified(wish).certificate
    const wider = { ...wish, inputBytes: wish.inputBytes + more, messages: wish.messages + 1 }
    const full = certified({
      ...wider,
      alternate: wish.alternate ?? wish.draft,
      audit: wish.audit ?? wish.draft
    }).certificate
    for (const key of ["calls", "inputTokens", "outputTokens", "wallMillis"] as const) {
      assert.isAtLeast(full[key], small[key], key)
    }
  })

  it.prop("no call is certified for more than its window", [Wishes], ([wish]) => {
    const largest = Math.max(...places(roomy(wish)).map((place) => place.window))
    for (const { reservation } of certified(wish).permits) assert.isAtMost(reservation.inputTokens, largest)
  })
})

describe("Bounds.unintended", () => {
  it.prop(
    "leaves exactly the permits of calls that were not intended yet",
    [Wishes, Tokens],
    ([wish, dice]) => {
      const { permits } = certified(wish)
      const intended = permits.filter((_, index) => (dice >> index) % 2 === 1)
      const left = unintended(
        permits,
        intended.map(({ purpose, attempt }) => ({ purpose, attempt }))
      )
      assert.deepStrictEqual([...left, ...intended].toSorted(byPlace), permits.toSorted(byPlace))
      for (const permit of left) assert.notInclude(intended, permit)
    }
  )
})
const byPlace = (one: CallPermit, other: CallPermit) =>
  `${one.purpose} ${one.attempt}` < `${other.purpose} ${other.attempt}` ? -1 : 1

describe("Bounds.inputBound", () => {
  it.prop(
    "is never below the bytes, short of the window",
    [Size, Size, Tokens],
    ([bytes, window, messages]) => {
      const bound = inputBound(bytes, messages, window)
      assert.strictEqual(bound === window || bound >= bytes, true)
      assert.isAtMost(bound, window)
      assert.isAtLeast(inputBound(bytes + 1, messages, window), bound)
      assert.isAtLeast(inputBound(bytes, messages + 1, window), bound)
    }
  )
})

describe("a permit", () => {
  it("cannot be had by knowing the class of one", () => {
    const [permit] = certified({
      inputBytes: 1,
      gates: 0,
      capability: null,
      messages: 1,
      draft: { window: 9, maxOutputTokens: 1, wallMillis: 1 },
      alternate: null,
      audit: null
    }).permits
    assert.isDefined(permit)
    assert.isFalse(isPermit(Object.create(Object.getPrototypeOf(permit) as object) as object))
    assert.isFalse(isPermit(JSON.parse(JSON.stringify(permit)) as object))
  })
})
