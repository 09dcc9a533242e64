import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { calibrate, estimate, observed } from "../../../src/domain/run/Calibration.ts"
import { ModelName, ProviderName } from "../../../src/domain/Ids.ts"
import { lives } from "../../support/lives.ts"

const [provider, other] = [ProviderName.make("ollama"), ProviderName.make("elsewhere")]
const [model, stranger] = [ModelName.make("one"), ModelName.make("two")]
const Size = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
const Pairs = Schema.Array(Schema.Tuple([Size, Size]))

const of = (pairs: typeof Pairs.Type) => pairs.map(([bytes, tokens]) => ({ provider, model, bytes, tokens }))

describe("calibrate", () => {
  it.prop("stays between one and twelve bytes a token, whatever was counted", [Pairs], ([pairs]) => {
    const { bytesPerToken, calls } = calibrate(of(pairs), provider, model)
    assert.isAtLeast(bytesPerToken, 1)
    assert.isAtMost(bytesPerToken, 12)
    assert.strictEqual(calls, pairs.filter(([, tokens]) => tokens > 0).length)
  })

  it.prop(
    "learns nothing from other models, and guesses four bytes before there is anything",
    [Pairs],
    ([pairs]) => {
      const guess = { bytesPerToken: 4, calls: 0 }
      const others = of(pairs)
      assert.deepStrictEqual(calibrate(others, other, model), guess)
      assert.deepStrictEqual(calibrate(others, provider, stranger), guess)
    }
  )

  it("is not moved by fewer wrong counts than right ones", () => {
    const right = of([
      [3000, 1000],
      [3300, 1100],
      [6000, 2000]
    ])
    const wrong = of([
      [3000, 1],
      [3000, 3000]
    ])
    assert.deepStrictEqual(calibrate([...right, ...wrong], provider, model), { bytesPerToken: 3, calls: 5 })
  })

  it.prop("the order in which calls are read does not matter", [Pairs], ([pairs]) => {
    assert.deepStrictEqual(
      calibrate(of(pairs), provider, model),
      calibrate(of(pairs.toReversed()), provider, model)
    )
  })
})

describe("what a run tells", () => {
  it.prop("is the count of its answered draft against the bytes of its context", [lives], ([{ state }]) => {
    const answered = state.calls.find(
      ({ intended, settled }) => intended.purpose === "draft" && settled?.outcome === "ok"
    )
    const tokens = answered?.settled?.inputTokens ?? 0
    assert.deepStrictEqual(
      observed(state),
      answered && tokens > 0
        ? [
            {
              provider: answered.intended.provider,
              model: answered.intended.model,
              bytes: state.context?.bytes ?? 0,
              tokens
            }
          ]
        : []
    )
  })
})

describe("estimate", () => {
  it.prop(
    "more bytes are never fewer tokens, and never more tokens than bytes",
    [Size, Size, Pairs],
    ([bytes, more, pairs]) => {
      const calibration = calibrate(of(pairs), provider, model)
      assert.isAtMost(estimate(bytes, calibration), estimate(bytes + more, calibration))
      assert.isAtMost(estimate(bytes, calibration), bytes)
    }
  )
})
