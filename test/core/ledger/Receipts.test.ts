/** Holds receipts to the exact bytes that left, and disclosures to proving one text and opening no other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Schema, Stream } from "effect"
import { createHmac } from "node:crypto"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { DisclosedMatch, Match, Receipts } from "../../../src/core/ledger/Receipts.ts"
import { Release } from "../../../src/domain/ledger/Records.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Content } from "../../../src/domain/Content.ts"
import { type Disclosure, Opening, read, write } from "../../../src/domain/ledger/Disclosure.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { ContentId, Principal, PublicKey, Timestamp } from "../../../src/domain/Ids.ts"
import type { Reply } from "../../../src/testing.ts"
import { codeOf } from "../../support/ledger.ts"
import { audited, lastRun, scene, type Script, verdict } from "../../support/runs.ts"

const ANSWER = "Hello there, ä€😀"
const request = Runs.request("executor", "question")
const erase = (run: string) => Erasure.use((erasure) => erasure.erase(run, Principal.make("local")))

/** A runtime in which a run was asked for, whatever came of it; the test gets receipts and the run's id. */
const after = <A, E>(
  script: Script,
  asked: Effect.Effect<unknown, RuntimeFailure, Runs>,
  test: (receipts: Receipts["Service"], run: string) => Effect.Effect<A, E, Erasure | Verifier>
) =>
  Effect.gen(function* () {
    yield* Effect.exit(asked)
    const { run } = yield* lastRun
    return yield* test(yield* Receipts, run)
  }).pipe(Effect.provide(Layer.provideMerge(Erasure.layer, scene(script).layer)))

const released = <A, E>(test: Parameters<typeof after<A, E>>[2]) =>
  after(
    { drafter: [{ say: ANSWER }] },
    Runs.use((runs) => runs.run(request)),
    test
  )

/** Takes so many frames of a streamed run and leaves. */
const streamed = (frames: number) =>
  Runs.use((runs) => runs.stream(request).pipe(Stream.take(frames), Stream.runDrain))

describe("receipt", () => {
  it.effect("is over exactly the bytes that left", () =>
    released((receipts, run) =>
      Effect.gen(function* () {
        const match = yield* receipts.verify(run, Content.of(ANSWER))
        assert.deepStrictEqual([match.text, match.lineBreak, match.release.run], ["given", false, run])
        assert.strictEqual((yield* receipts.verify(run.slice(0, 36), null)).text, "sealed")
        for (const other of [
          "",
          " ",
          ANSWER.slice(1),
          `${ANSWER} `,
          ` ${ANSWER}`,
          ANSWER.normalize("NFD"),
          ANSWER.toLowerCase(),
          `${ANSWER}\r\n`,
          `${ANSWER}\n\n`,
          `\uFEFF${ANSWER}`
        ]) {
          assert.strictEqual(
            yield* codeOf(receipts.verify(run, Content.of(other))),
            "RECEIPT_MISMATCH",
            JSON.stringify(other)
          )
        }
        yield* Schema.encodeEffect(Match)(match)
      })
    )
  )

  it.effect("lets one line break at the end be what a program put there, and says so", () =>
    released((receipts, run) =>
      Effect.gen(function* () {
        assert.isTrue((yield* receipts.verify(run, Content.of(`${ANSWER}\n`))).lineBreak)
      })
    )
  )

  it.effect("of an audited and revised answer is over the revision", () =>
    after(
      {
        drafter: [{ say: "a draft" }, { say: "a revision" }],
        judge: [verdict("needs_work", [{ code: "factual_error", severity: 2 }])]
      },
      Runs.use((runs) => runs.run(audited)),
      (receipts, run) =>
        Effect.gen(function* () {
          const found = yield* receipts.find(run)
          assert.deepStrictEqual([String(found.content), found.receipt.audit], ["revision.1", "revised"])
          assert.isFalse((yield* receipts.verify(run, Content.of("a revision"))).lineBreak)
          assert.strictEqual(yield* codeOf(receipts.verify(run, Content.of("a draft"))), "RECEIPT_MISMATCH")
          assert.strictEqual((yield* receipts.verify(run, null)).text, "sealed")
          yield* Schema.encodeEffect(Release)(found)
        })
    )
  )

  it.effect("of a second attempt is over that one's text", () =>
    after(
      {
        drafter: [{ fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }],
        reserve: [{ say: "from the reserve" }]
      },
      Runs.use((runs) => runs.run(request)),
      (receipts, run) =>
        Effect.gen(function* () {
          assert.strictEqual((yield* receipts.find(run)).content, "draft.2")
          assert.isFalse((yield* receipts.verify(run, Content.of("from the reserve"))).lineBreak)
          assert.strictEqual((yield* receipts.verify(run, null)).text, "sealed")
        })
    )
  )

  const pieces = ["part of ", "an answer, ", "and more"]
  const partials: ReadonlyArray<readonly [string, Reply, number, string]> = [
    ["a run that was cancelled", { hang: true, after: pieces }, 2, "part of"],
    ["a run that was cancelled later", { hang: true, after: pieces }, 3, "part of an answer,"],
    ["a run that failed", { fail: "PROVIDER_BAD_RESPONSE", after: pieces }, 99, "part of an answer, and more"]
  ]
  for (const [name, reply, frames, left] of partials) {
    it.effect(`of ${name} is over what had left, and says that it is partial`, () =>
      after({ drafter: [reply] }, streamed(frames), (receipts, run) =>
        Effect.gen(function* () {
          const { receipt } = yield* receipts.find(run)
          assert.deepStrictEqual([receipt.complete, receipt.chars], [false, left.length])
          assert.isFalse((yield* receipts.verify(run, Content.of(left))).lineBreak)
          assert.strictEqual((yield* receipts.verify(run, null)).text, "sealed")
          const disclosure = yield* receipts.disclose(run)
          assert.isFalse((yield* receipts.check(disclosure, Content.of(left), null)).release.receipt.complete)
          assert.strictEqual(
            yield* codeOf(receipts.verify(run, Content.of(left.slice(0, -1)))),
            "RECEIPT_MISMATCH"
          )
        })
      )
    )
  }

  const none: ReadonlyArray<readonly [string, Script, Effect.Effect<unknown, RuntimeFailure, Runs>]> = [
    ["failed before its first word", { drafter: [{ fail: "PROVIDER_TIMEOUT" }] }, streamed(99)],
    [
      "was refused",
      { drafter: [{ say: "draft" }], judge: [verdict("reject")] },
      Runs.use((runs) => runs.run(audited))
    ],
    ["was cancelled before its first word", { drafter: [{ hang: true }] }, streamed(1)]
  ]
  for (const [name, script, asked] of none) {
    it.effect(`there is none where a run ${name}`, () =>
      after(script, asked, (receipts, run) =>
        Effect.gen(function* () {
          const codes = [
            yield* codeOf(receipts.find(run)),
            yield* codeOf(receipts.verify(run, Content.of("draft"))),
            yield* codeOf(receipts.disclose(run))
          ]
          assert.deepStrictEqual(codes, ["RECEIPT_NOT_FOUND", "RECEIPT_NOT_FOUND", "RECEIPT_NOT_FOUND"])
          assert.strictEqual(yield* codeOf(receipts.find("ffff")), "RUN_NOT_FOUND")
        })
      )
    )
  }

  it.effect("stands after an erasure, and nothing can be held against it", () =>
    released((receipts, run) =>
      Effect.gen(function* () {
        const before = yield* receipts.find(run)
        const disclosure = yield* receipts.disclose(run)
        yield* erase(run)
        assert.deepStrictEqual(yield* receipts.find(run), { ...before, erased: true })
        const codes = [
          yield* codeOf(receipts.verify(run, Content.of(ANSWER))),
          yield* codeOf(receipts.verify(run, null)),
          yield* codeOf(receipts.disclose(run))
        ]
        assert.deepStrictEqual(codes, ["RUN_ERASED", "RUN_ERASED", "RUN_ERASED"])
        const { broken, texts } = yield* (yield* Verifier).journal(true)
        assert.deepStrictEqual(
          { broken, texts },
          {
            broken: null,
            texts: { checked: 0, erased: 1, erasedSessions: 0, erasedRunbooks: 0, forgotten: 0 }
          }
        )
        assert.isFalse(
          (yield* receipts.check(disclosure, Content.of(ANSWER), null)).lineBreak,
          "what was handed out is out"
        )
      })
    )
  )
})

describe("disclosure", () => {
  it.effect("proves one text to whoever has it, without a journal", () =>
    Effect.gen(function* () {
      const { disclosure, run } = yield* released((receipts, run) =>
        Effect.map(receipts.disclose(run), (disclosure) => ({ disclosure, run }))
      )
      const { key } = disclosure.checkpoint
      const elsewhere = scene({}).layer
      const match = yield* Receipts.use((receipts) =>
        receipts.check(disclosure, Content.of(`${ANSWER}\n`), key)
      ).pipe(Effect.provide(elsewhere))
      assert.deepStrictEqual(
        [match.release.run, match.lineBreak, match.key, match.vouched],
        [run, true, key, true]
      )
      yield* Schema.encodeEffect(DisclosedMatch)(match)
      assert.strictEqual(
        createHmac("sha256", Buffer.from(disclosure.opening, "hex")).update(ANSWER).digest("hex"),
        match.release.receipt.digest
      )
      const other = Receipts.use((receipts) => receipts.check(disclosure, Content.of("another"), key)).pipe(
        Effect.provide(elsewhere)
      )
      assert.strictEqual(yield* codeOf(other), "RECEIPT_MISMATCH")
      assert.deepStrictEqual(Option.map(read(write(disclosure)), write), Option.some(write(disclosure)))
      assert.notInclude(write(disclosure), "Hello")
    })
  )

  it.effect("opens the released text and no other of the run", () =>
    after(
      {
        drafter: [{ say: "a draft" }, { say: "a revision" }],
        judge: [verdict("needs_work", [{ code: "factual_error", severity: 2 }])]
      },
      Runs.use((runs) => runs.run(audited)),
      (receipts, run) =>
        Effect.gen(function* () {
          const { opening, rows } = yield* receipts.disclose(run)
          const under = (text: string) =>
            createHmac("sha256", Buffer.from(opening, "hex")).update(text).digest("hex")
          const recorded = rows.map(({ payload }) => payload).join("\n")
          assert.include(recorded, under("a revision"))
          for (const text of ["a draft", "question", JSON.stringify(verdict("needs_work"))])
            assert.notInclude(recorded, under(text))
        })
    )
  )

  it.effect("that was altered anywhere proves nothing", () =>
    released((receipts, run) =>
      Effect.gen(function* () {
        const disclosure = yield* receipts.disclose(run)
        const { checkpoint, proof, rows } = disclosure
        const [first, last] = [rows[0] ?? assert.fail("no rows"), rows.at(-1) ?? assert.fail("no rows")]
        const altered: ReadonlyArray<readonly [string, Partial<Disclosure>]> = [
          ["another time of signing", { checkpoint: { ...checkpoint, at: Timestamp.make(1) } }],
          ["another position", { checkpoint: { ...checkpoint, position: 4 } }],
          ["another key", { checkpoint: { ...checkpoint, key: PublicKey.make("0".repeat(64)) } }],
          ["another text", { content: ContentId.make("prompt") }],
          ["no proof", { proof: [] }],
          ["a longer proof", { proof: [...proof, ...proof] }],
          ["no rows", { rows: [] }],
          ["no first row", { rows: rows.slice(1) }],
          ["no last row", { rows: rows.slice(0, -1) }],
          [
            "a changed row",
            {
              rows: rows.with(rows.length - 1, {
                ...last,
                payload: last.payload.replace('"chars":', '"chars":1')
              })
            }
          ],
          ["a first row twice", { rows: [first, ...rows] }]
        ]
        for (const [name, change] of altered) {
          const check = receipts.check({ ...disclosure, ...change }, Content.of(ANSWER), null)
          assert.strictEqual(yield* codeOf(check), "LEDGER_BROKEN", name)
        }
        const opened = { ...disclosure, opening: Opening.make("0".repeat(64)) }
        assert.strictEqual(
          yield* codeOf(receipts.check(opened, Content.of(ANSWER), null)),
          "RECEIPT_MISMATCH"
        )
        const stranger = PublicKey.make("ab".repeat(32))
        assert.strictEqual(
          yield* codeOf(receipts.check(disclosure, Content.of(ANSWER), stranger)),
          "LEDGER_BROKEN"
        )
      })
    )
  )
})
