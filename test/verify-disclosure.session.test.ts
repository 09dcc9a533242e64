/** Holds both verifiers to what a disclosed turn of a session says: whose text left, and that a steward let it out. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { sha256 } from "../src/adapters/journal/Plan.ts"
import { Receipts } from "../src/core/ledger/Receipts.ts"
import { Content } from "../src/domain/Content.ts"
import { type Disclosure, write } from "../src/domain/ledger/Disclosure.ts"
import { type Checkpoint, leaf } from "../src/domain/ledger/Head.ts"
import { ContentId } from "../src/domain/Ids.ts"
import type { Row } from "../src/domain/ledger/Ledger.ts"
import { Journal } from "../src/ports/Journal.ts"
import { ScriptedProvider, TestRuntime } from "../src/testing.ts"
import { type Change, DIGEST, first, set, without } from "./support/changes.ts"
import { type Talk, talking, talks } from "./support/conversations.ts"
import { entriesOf, hand, rowsOf } from "./support/exports.ts"
import { codeOf } from "./support/runs.ts"
import { verifyDisclosure } from "./support/verifier.ts"

/** What the first turn of such a session hands out, and whoever checks it. */
const disclosed = (talk: Talk) => {
  const { runtime } = TestRuntime.settings
  const settings = { ...TestRuntime.settings, runtime: { ...runtime, ...talk.runtime } }
  const providers = [ScriptedProvider.make("drafter", talk.drafter).provider]
  return Effect.gen(function* () {
    yield* talking(talk)
    const rows = yield* (yield* Journal).scan(0, 1000)
    const run = rows.find(({ stream }) => stream.startsWith("run/"))?.stream.slice("run/".length)
    const receipts = yield* Receipts
    return { receipts, disclosure: yield* receipts.disclose(run ?? "") }
  }).pipe(Effect.provide(TestRuntime.layer({ providers, settings })))
}

/** The same with other rows, under a head that somebody signed for them. */
const withRows = Effect.fnUntraced(function* (disclosure: Disclosure, rows: ReadonlyArray<Row>) {
  const last = rows.at(-1) ?? assert.fail("there are rows")
  const root = leaf(sha256, last.stream, last)
  const head = { at: 1, format: "io3/checkpoint/v1", position: 1000, root, streams: 1 }
  const checkpoint = JSON.parse(yield* (yield* hand("11".repeat(32))).sign(head)) as Checkpoint
  return { ...disclosure, checkpoint, proof: [], rows }
})

/** What both say of it; of ours, the code. */
const said = Effect.fnUntraced(function* (
  receipts: Receipts["Service"],
  disclosure: Disclosure,
  text: string
) {
  const found = verifyDisclosure(Buffer.from(`${write(disclosure)}\n`), Buffer.from(text))
  const ours = yield* Effect.exit(receipts.check(disclosure, Content.of(text), null))
  return [found.ok || found.falsehood, Exit.isSuccess(ours) || codeOf(ours)]
})

const texts: ReadonlyArray<readonly [keyof typeof talks, content: string, left: string]> = [
  ["at work, two turns, titled and closed", "draft.1", "a draft in pieces"],
  ["held, looked at and approved", "draft.1", "a draft in pieces"],
  ["held and edited", "edit", "what the steward wrote"]
]

const lies: ReadonlyArray<readonly [what: string, falsehood: string, change: Change]> = [
  ["the text is said to be a model's", "receipt", first("Released", set("receipt.provenance", "model"))],
  ["it is in the place of another text", "receipt", first("Released", set("receipt.basis", DIGEST))],
  ["the steward wrote less", "receipt", first("StewardDecided", set("edited.chars", 1))],
  ["the decision is about another row", "steward", first("StewardDecided", set("sequence", 1))],
  ["the decision is about another text", "transition", first("StewardDecided", set("digest", DIGEST))],
  ["the steward only approved", "steward", first("StewardDecided", set("action", "approve"))],
  ["nobody decided", "transition", without("StewardDecided")],
  ["another threshold fired", "gate", first("GateEvaluated", set("threshold", "audit"))],
  ["nothing was held", "gate", first("GateEvaluated", set("threshold", null))],
  ["other tokens were counted", "gate", first("GateEvaluated", set("tokens", 1))],
  ["it was at work", "transition", first("RunAccepted", set("turn.mode", "work"))]
]

describe("a disclosed turn", { timeout: 60_000 }, () => {
  for (const [name, content, left] of texts) {
    it.effect(`${name}: it is that text, and no other`, () =>
      Effect.gen(function* () {
        const { receipts, disclosure } = yield* disclosed(talks[name])
        assert.strictEqual(disclosure.content, content)
        assert.deepStrictEqual(yield* said(receipts, disclosure, left), [true, true])
        const other = yield* said(receipts, disclosure, `${left}!`)
        assert.deepStrictEqual(other, ["text", "RECEIPT_MISMATCH"])
        const misnamed = { ...disclosure, content: ContentId.make(content === "edit" ? "draft.1" : "edit") }
        assert.deepStrictEqual(yield* said(receipts, misnamed, left), ["content", "LEDGER_BROKEN"])
      })
    )
  }

  for (const [what, falsehood, change] of lies) {
    it.effect(`${what}: neither takes it`, () =>
      Effect.gen(function* () {
        const { receipts, disclosure } = yield* disclosed(talks["held and edited"])
        const entries = entriesOf(disclosure.rows)
        const text = "what the steward wrote"
        const truth = yield* withRows(disclosure, rowsOf(entries))
        assert.deepStrictEqual(yield* said(receipts, truth, text), [true, true])
        const lie = yield* withRows(disclosure, rowsOf(change(entries)))
        assert.deepStrictEqual(yield* said(receipts, lie, text), [falsehood, "LEDGER_BROKEN"])
      })
    )
  }

  it.effect("rows of a session are those of no run: neither takes them", () =>
    Effect.gen(function* () {
      const { receipts, disclosure } = yield* disclosed(talks["held and edited"])
      const moved = entriesOf(disclosure.rows).map((entry) => ({
        ...entry,
        stream: entry.stream.replace("run/", "session/")
      }))
      const lie = yield* withRows(disclosure, rowsOf(moved))
      assert.deepStrictEqual(yield* said(receipts, lie, "what the steward wrote"), [
        "wrong_stream",
        "LEDGER_BROKEN"
      ])
    })
  )
})
