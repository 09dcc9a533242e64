/** Checks that the stand-in says what it is and nothing of what it was asked. */
import { wordsOf } from "../../support/deltas.ts"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Null from "../../../src/adapters/provider/Null.ts"
import { Content } from "../../../src/domain/Content.ts"
import { collect } from "./contract.ts"

describe("the stand-in", () => {
  it.effect("says that no model is configured and how to get one", () =>
    Effect.gen(function* () {
      const text = wordsOf(yield* collect(Null.make, 1000))
      assert.match(text, /^No model is configured/)
      assert.include(text, "`io3 init`")
      assert.isFalse(Null.make.canAudit)
    })
  )

  it.effect.prop("knows of a prompt only how long it is", [Schema.String], ([prompt]) =>
    Effect.gen(function* () {
      const content = Content.of(`canary-7f3a ${prompt}`)
      const ask = (asked: Content) =>
        collect(Null.make, 1000, { messages: [{ role: "user", content: asked }] })
      const text = wordsOf(yield* ask(content))
      const another = wordsOf(yield* ask(Content.of("x".repeat(content.length))))
      assert.strictEqual(text, another)
      assert.include(text, `${content.length} characters`)
    })
  )
})
