import { assert, describe, it } from "@effect/vitest"
import { anatomy } from "../../src/domain/Defect.ts"

describe("a bug", () => {
  it("tells its kind and where it arose, and nothing that it was about", () => {
    const secret = "CANARY-7f3a"
    const told = anatomy(new RangeError(`${secret}\n    at f (${secret}:1:1)`))
    assert.match(told, /^RangeError\n {2}at /)
    assert.include(told, "Defect.test.ts:")
    assert.notInclude(told, "/")
  })

  it("that is no error is a defect", () => {
    assert.strictEqual(anatomy("CANARY-7f3a"), "Defect")
    assert.strictEqual(anatomy({ stack: "CANARY-7f3a" }), "Defect")
  })
})
