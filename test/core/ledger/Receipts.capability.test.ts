/** Holds the receipt of a run with a capability to both texts that left it: the answer, and what the capability has made. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema } from "effect"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { History } from "../../../src/core/ledger/History.ts"
import { DisclosedMatch, Match, Receipts } from "../../../src/core/ledger/Receipts.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Content } from "../../../src/domain/Content.ts"
import { type Disclosure, read, write } from "../../../src/domain/ledger/Disclosure.ts"
import { CapabilityId, ContentId, Principal, type RunId } from "../../../src/domain/Ids.ts"
import { codeOf } from "../../support/ledger.ts"
import { scene } from "../../support/runs.ts"

const ANSWER = "It says hello."
const capability = {
  id: CapabilityId.make("cap.json_pretty"),
  payload: Content.of('{"json_string":"[1, 2]"}')
}
const principal = Principal.make("local")

/** A run with its model, one without, and one that invokes nothing; each is called the same. */
const runs = Effect.gen(function* () {
  const all = yield* Runs
  const asked = yield* all.run(Runs.request("executor", "question", { capability }))
  const alone = yield* all.invoke(capability, { principal, surface: "program" })
  const plain = yield* all.run(Runs.request("executor", "question"))
  return { asked, alone, plain }
})

const over = <A, E>(test: Effect.Effect<A, E, Erasure | History | Receipts | Runs | Verifier>) =>
  test.pipe(
    Effect.provide(
      Layer.provideMerge(
        Erasure.layer,
        scene({ drafter: Array.from({ length: 4 }, () => ({ say: ANSWER })) }).layer
      )
    )
  )

describe("the receipt of a run with a capability", () => {
  it.effect("is over the answer and over what the capability has made, and says which a text is", () =>
    over(
      Effect.gen(function* () {
        const receipts = yield* Receipts
        const { asked } = yield* runs
        const output = asked.released.output ?? assert.fail("a capability was invoked")
        assert.notStrictEqual(output, ANSWER)
        assert.strictEqual(asked.released.receipt.capability?.chars, [...output].length)
        for (const [text, part, lineBreak] of [
          [ANSWER, "answer", false],
          [`${ANSWER}\n`, "answer", true],
          [output, "output", false],
          [`${output}\n`, "output", true]
        ] as const) {
          const match = yield* receipts.verify(asked.run, Content.of(text))
          assert.deepInclude(match, { part, lineBreak, text: "given", chars: [...text.trimEnd()].length })
          yield* Schema.encodeEffect(Match)(match)
        }
        assert.strictEqual((yield* receipts.verify(asked.run, null)).text, "sealed")
        for (const text of [ANSWER + output, `${output}\n\n`, output.slice(1), "{}", ""]) {
          assert.strictEqual(yield* codeOf(receipts.verify(asked.run, Content.of(text))), "RECEIPT_MISMATCH")
        }
      })
    )
  )

  it.effect("is over what the capability has made alone, where no model was asked", () =>
    over(
      Effect.gen(function* () {
        const receipts = yield* Receipts
        const { alone } = yield* runs
        const { receipt } = yield* receipts.find(alone.run)
        assert.deepInclude(receipt, { provenance: "capability", complete: true, finish: null })
        assert.deepInclude(receipt.usage, { calls: 0 })
        assert.isUndefined(receipt.capability, "it is the answer itself")
        const match = yield* receipts.verify(alone.run, Content.of(alone.released.text))
        assert.strictEqual(match.part, "answer")
        assert.strictEqual((yield* receipts.verify(alone.run, null)).text, "sealed")
        assert.strictEqual(yield* codeOf(receipts.verify(alone.run, Content.of(ANSWER))), "RECEIPT_MISMATCH")
      })
    )
  )

  it.effect("gives both back to whoever reads the run again", () =>
    over(
      Effect.gen(function* () {
        const { asked, alone } = yield* runs
        for (const { run, released } of [asked, alone]) {
          const again = yield* (yield* History).text(run)
          assert.deepStrictEqual(
            [again.released.text, again.released.output, again.released.receipt],
            [released.text, released.output, released.receipt]
          )
        }
        assert.isNotNull(asked.released.output)
        assert.isNull(alone.released.output)
      })
    )
  )
})

describe("the disclosure of what a capability has made", () => {
  const disclosed = (of: "asked" | "alone", part: "answer" | "output") =>
    Effect.gen(function* () {
      const { [of]: result } = yield* runs
      const disclosure = yield* (yield* Receipts).disclose(result.run, part)
      return { ...result, disclosure }
    })
  /** As somebody else has it: read from its file. */
  const handed = (disclosure: Disclosure) =>
    Option.getOrElse(read(write(disclosure)), () => assert.fail("it is not as it was written"))

  it.effect("proves that one, and opens no other text", () =>
    over(
      Effect.gen(function* () {
        const { check } = yield* Receipts
        const { disclosure, released } = yield* disclosed("asked", "output")
        const output = released.output ?? assert.fail("a capability was invoked")
        assert.strictEqual(disclosure.content, ContentId.make("capability"))
        const { key } = disclosure.checkpoint
        const match = yield* check(handed(disclosure), Content.of(`${output}\n`), key)
        assert.deepInclude(match, {
          part: "output",
          lineBreak: true,
          chars: [...output].length,
          vouched: true
        })
        yield* Schema.encodeEffect(DisclosedMatch)(match)
        for (const text of [ANSWER, output.slice(1), ""]) {
          assert.strictEqual(yield* codeOf(check(disclosure, Content.of(text), key)), "RECEIPT_MISMATCH")
        }
        const renamed = { ...disclosure, content: ContentId.make("draft.1") }
        assert.strictEqual(
          yield* codeOf(check(renamed, Content.of(output), key)),
          "RECEIPT_MISMATCH",
          "the answer is another text"
        )
        const other = { ...disclosure, content: ContentId.make("payload") }
        assert.strictEqual(
          yield* codeOf(check(other, capability.payload, key)),
          "LEDGER_BROKEN",
          "a payload has not left"
        )
      })
    )
  )

  it.effect("of an answer stays the answer's, and where no model was asked both are one", () =>
    over(
      Effect.gen(function* () {
        const { check } = yield* Receipts
        const { disclosure, released } = yield* disclosed("asked", "answer")
        const answer = yield* check(disclosure, Content.of(ANSWER), null)
        assert.deepInclude(answer, { part: "answer", vouched: false })
        assert.strictEqual(
          yield* codeOf(check(disclosure, Content.of(released.output ?? ""), null)),
          "RECEIPT_MISMATCH"
        )
        const alone = yield* disclosed("alone", "output")
        const match = yield* check(handed(alone.disclosure), Content.of(alone.released.text), null)
        assert.strictEqual(match.part, "answer")
      })
    )
  )

  it.effect("is not to be had of a run that has invoked none, nor of one that was erased", () =>
    over(
      Effect.gen(function* () {
        const receipts = yield* Receipts
        const { plain, asked } = yield* runs
        assert.strictEqual(yield* codeOf(receipts.disclose(plain.run, "output")), "RECEIPT_NOT_FOUND")
        const erase = (run: RunId) => Erasure.use((erasure) => erasure.erase(run, principal))
        yield* erase(asked.run)
        assert.strictEqual(yield* codeOf(receipts.disclose(asked.run, "output")), "RUN_ERASED")
        assert.isNull((yield* (yield* Verifier).journal(true)).broken)
      })
    )
  )
})
