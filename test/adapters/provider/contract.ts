/** Owns what every provider must do, whichever it is. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import type { Call, Provider } from "../../../src/ports/Provider.ts"
import { wordsOf } from "../../support/deltas.ts"
import { intentFor } from "../../support/intent.ts"
import { call } from "../../support/ollamaTalk.ts"

/** All deltas of one call that must succeed. */
export const collect = Effect.fnUntraced(function* (
  provider: Provider,
  outputTokens: number,
  fields?: Partial<Call>
) {
  const intent = yield* intentFor({ outputTokens, wallMillis: 15_000 })
  return yield* Stream.runCollect(provider.generate(intent, call(fields)))
})

export const providerContract = (name: string, open: Effect.Effect<Provider, never, Scope.Scope>): void => {
  describe(`provider contract: ${name}`, () => {
    it.effect("streams text in several pieces and ends with exactly one End", () =>
      Effect.gen(function* () {
        const deltas = yield* collect(yield* open, 100)
        assert.isAbove(deltas.filter((delta) => delta._tag === "Text").length, 1)
        assert.deepStrictEqual(
          deltas.flatMap((delta, index) => (delta._tag === "End" ? [index] : [])),
          [deltas.length - 1]
        )
      }).pipe(Effect.scoped)
    )

    it.effect("counts tokens, or says that it does not know", () =>
      Effect.gen(function* () {
        const end = (yield* collect(yield* open, 100)).at(-1)
        assert(end?._tag === "End")
        for (const count of [end.inputTokens, end.outputTokens]) {
          assert.isTrue(count === null || (Number.isSafeInteger(count) && count > 0))
        }
        assert.strictEqual(end.finish, "stop")
      }).pipe(Effect.scoped)
    )

    it.effect("stops at the permitted number of tokens and says so", () =>
      Effect.gen(function* () {
        const provider = yield* open
        const whole = yield* collect(provider, 100)
        const cut = yield* collect(provider, 2)
        const end = cut.at(-1)
        assert(end?._tag === "End")
        assert.strictEqual(end.finish, "length")
        assert.strictEqual(end.outputTokens, 2)
        assert.isTrue(wordsOf(whole).startsWith(wordsOf(cut)))
      }).pipe(Effect.scoped)
    )

    it.effect("gives the same answer to the same question at temperature 0", () =>
      Effect.gen(function* () {
        const provider = yield* open
        const first = yield* collect(provider, 100)
        const second = yield* collect(provider, 100)
        assert.isNotEmpty(wordsOf(first))
        assert.strictEqual(wordsOf(second), wordsOf(first))
        assert.deepStrictEqual(second.at(-1), first.at(-1))
      }).pipe(Effect.scoped)
    )

    it.effect("can be left after the first piece", () =>
      Effect.gen(function* () {
        const provider = yield* open
        const intent = yield* intentFor({ outputTokens: 100, wallMillis: 15_000 })
        const first = yield* provider.generate(intent, call()).pipe(Stream.take(1), Stream.runCollect)
        assert.strictEqual(first[0]?._tag, "Text")
      }).pipe(Effect.scoped)
    )

    it.effect("is healthy, and has a window to ask for", () =>
      Effect.gen(function* () {
        const provider = yield* open
        yield* provider.health
        assert.isAbove(provider.window, 0)
      }).pipe(Effect.scoped)
    )
  })
}
