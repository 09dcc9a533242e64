import { assert, describe, it } from "@effect/vitest"
import { Runtime, Schema } from "effect"
import * as fc from "fast-check"
import { Code, codes, Exit, failure, Kind, Phase, RuntimeFailure } from "../../src/domain/Failure.ts"

describe("Failure", () => {
  it("leads on from what cannot be seen in it", () => {
    for (const code of ["PROVIDER_UNAVAILABLE", "PROVIDER_MODEL_NOT_FOUND"] as const) {
      assert.include(codes[code].advice, "io3 doctor")
    }
    assert.match(codes.TRUST_UNWRITABLE.advice, /written.*do not count until io3 trust/u)
    assert.include(codes.RECEIPT_NOT_FOUND.advice, "io3 runs show")
  })

  it.prop(
    "a failure is its code, phase, run, session, what was decided, limit, kind of file, keys, texts and places, and nothing else",
    [RuntimeFailure],
    ([made]) => {
      const json: unknown = JSON.parse(JSON.stringify(made))
      const keys = Object.keys(json as object)
      const known = [
        "_tag",
        "code",
        "phase",
        "run",
        "session",
        "decided",
        "limit",
        "fileKind",
        "changed",
        "required",
        "places"
      ]
      for (const key of keys) assert.include(known, key)
      const encoded = Schema.encodeSync(RuntimeFailure)(made)
      for (const key of Object.keys(encoded)) assert.include(known, key)
      assert.deepStrictEqual(Schema.decodeUnknownSync(RuntimeFailure)(encoded), made)
    }
  )

  it.prop("what a code means is fixed", [Code, Phase], ([code, phase]) => {
    const made = failure(code, phase)
    const meaning = codes[code]
    assert.strictEqual(made.message, `${code}: ${meaning.summary}`)
    assert.deepStrictEqual(
      [made.kind, made.status, made[Runtime.errorExitCode], made.retryable, made.summary],
      [meaning.kind, meaning.status, meaning.exit, meaning.retryable, meaning.summary]
    )
  })

  it("every code has a kind, a status, an exit and one sentence", () => {
    const kinds = new Set<string>(Kind.literals)
    assert.deepStrictEqual([...Code.literals].toSorted(), Object.keys(codes).toSorted())
    for (const [code, meaning] of Object.entries(codes)) {
      assert.match(code, /^[A-Z]+(_[A-Z]+)+$/)
      assert.isTrue(kinds.has(meaning.kind), code)
      assert.isTrue(meaning.status >= 400 && meaning.status < 600, code)
      assert.include([Exit.execution, Exit.usage, Exit.paused], meaning.exit)
      assert.match(meaning.advice, /^[A-Z][^\n[\]]{10,140}\.$/, code)
      assert.match(meaning.summary, /^[A-Z][^\n[\]]{10,140}\.$/, code)
      // Whoever asks over HTTP has no command line.
      assert.notMatch(meaning.summary, /\bio3 [a-z-]/, code)
    }
    const summaries = Object.values(codes).map((meaning) => meaning.summary)
    assert.strictEqual(new Set(summaries).size, summaries.length)
  })

  it("what may have been paid for is for nobody to repeat by themselves", () => {
    assert.isFalse(codes.PROVIDER_OUTCOME_UNKNOWN.retryable)
  })

  it("what a caller got wrong is never worth repeating", () => {
    for (const [code, { status, retryable, kind }] of Object.entries(codes)) {
      // A conflict, or a budget that others have used up, may be gone the next time.
      const passes = status === 409 || status === 429
      assert.isTrue(!retryable || status >= 500 || passes, code)
      assert.isFalse(
        retryable && !passes && (kind === "contract_violation" || kind === "route_resolution"),
        code
      )
    }
  })

  it("text cannot get in, whatever it is passed as", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (words) => {
        const canary = `canary ${words}`
        const sneak = { message: canary, cause: canary, places: [] } as object
        assert.notInclude(JSON.stringify(failure("INTERNAL_ERROR", "draft", sneak)), "canary")
        assert.throws(() => failure(canary as never, "draft"))
        assert.throws(() => failure("INTERNAL_ERROR", canary as never))
        const place = { file: "runtime.yaml", line: 1, column: 1, key: canary }
        assert.throws(() => failure("CONFIG_INVALID", "setup", { places: [place as never] }))
      })
    )
  })
})
