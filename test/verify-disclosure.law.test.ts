/** Holds both verifiers to judging the run of a disclosure by the law, and not by its links and its signature alone. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { sha256 } from "../src/adapters/journal/Plan.ts"
import { Receipts } from "../src/core/ledger/Receipts.ts"
import { Runs } from "../src/core/run/Runs.ts"
import { Content } from "../src/domain/Content.ts"
import { type Disclosure, write } from "../src/domain/ledger/Disclosure.ts"
import { type Checkpoint, leaf } from "../src/domain/ledger/Head.ts"
import { Count } from "../src/domain/Ids.ts"
import type { Row } from "../src/domain/ledger/Ledger.ts"
import { type Change, DIGEST, ended, type Event, first, purpose, set } from "./support/changes.ts"
import { entriesOf, hand, rowsOf } from "./support/exports.ts"
import { audited, codeOf, lastRun, scene, verdict } from "./support/runs.ts"
import { verifyDisclosure } from "./support/verifier.ts"

const ANSWER = "An answer."
const asked = { plain: Runs.request("executor", "question"), audited }
type Kind = keyof typeof asked

/** What such a run hands out, and whoever checks it. */
const disclosed = (kind: Kind) =>
  Effect.gen(function* () {
    yield* (yield* Runs).run(asked[kind])
    const receipts = yield* Receipts
    return { receipts, disclosure: yield* receipts.disclose((yield* lastRun).run) }
  }).pipe(Effect.provide(scene({ drafter: [{ say: ANSWER }], judge: [verdict("pass")] }).layer))

/** The same with other rows, under a head that somebody signed for them. */
const withRows = Effect.fnUntraced(function* (disclosure: Disclosure, rows: ReadonlyArray<Row>) {
  const last = rows.at(-1) ?? assert.fail("there are rows")
  const root = leaf(sha256, last.stream, last)
  const head = { at: 1, format: "io3/checkpoint/v1", position: 1000, root, streams: 1 }
  const checkpoint = JSON.parse(yield* (yield* hand("11".repeat(32))).sign(head)) as Checkpoint
  return { ...disclosure, checkpoint, proof: [], rows }
})

/** What both say of it; of ours, the code. */
const said = Effect.fnUntraced(function* (receipts: Receipts["Service"], disclosure: Disclosure) {
  const found = verifyDisclosure(Buffer.from(`${write(disclosure)}\n`), Buffer.from(ANSWER))
  const ours = yield* Effect.exit(receipts.check(disclosure, Content.of(ANSWER), null))
  return [found.ok || found.falsehood, Exit.isSuccess(ours) || codeOf(ours)]
})

/** Less was certified, also by the receipt. */
const certifying =
  (member: string): Change =>
  (entries) =>
    first(
      "Released",
      set(`receipt.certificate.${member}`, 0)
    )(first("BoundsCertified", set(`certificate.${member}`, 0))(entries))

const receiptOf = (event: Event) => event["receipt"] as Readonly<Record<string, unknown>>
/** The run ended in another way, with what its receipt would be then. */
const endedAs =
  (to: Event, some: Readonly<Record<string, unknown>>): Change =>
  (entries) =>
    entries.map(({ stream, event }) =>
      event._tag === "Released"
        ? { stream, event: { ...to, receipt: { ...receiptOf(event), ...some } } }
        : { stream, event }
    )
const cancelled: Event = { _tag: "RunCancelled", phase: "release" }
const failed: Event = { _tag: "RunFailed", ...ended("RUN_INTERRUPTED", "recovery", true) }
const partial = { complete: false, audit: "none" }
const issue = [{ code: "unsafe", severity: 3 }]

const lies: ReadonlyArray<readonly [what: string, kind: Kind, falsehood: string, change: Change]> = [
  ...Object.entries({
    model: "gpt-5",
    auditor: { provider: "x", model: "y", independent: true },
    "usage.calls": 2,
    chars: 3,
    promptHash: DIGEST,
    "certificate.calls": 99,
    provenance: "stand_in",
    digest: DIGEST
  }).map(
    ([member, value]) =>
      [
        `another ${member} in the receipt`,
        "plain" as const,
        "receipt",
        first("Released", set(`receipt.${member}`, value))
      ] as const
  ),
  [
    "a receipt over another text than that of the audited draft",
    "audited",
    "receipt",
    first("CallSettled", set("digest", DIGEST), purpose("draft"))
  ],
  ["a code for what went well", "plain", "settlement", first("CallSettled", set("code", "PROVIDER_TIMEOUT"))],
  ["a pass of what must not ship", "audited", "audit", first("AuditConcluded", set("verdict.issues", issue))],
  [
    "an auditor of the drafter's model that is another",
    "audited",
    "audit",
    first("AuditConcluded", set("independent", false))
  ],
  ["an auditor who was not asked", "audited", "audit", first("AuditConcluded", set("model", "another"))],
  [
    "another prompt than the one that was accepted",
    "plain",
    "context",
    first("ContextAssembled", (event) => ({
      segments: (event["segments"] as ReadonlyArray<object>).map((segment) => ({
        ...segment,
        digest: DIGEST
      }))
    }))
  ],
  ["a run that was cancelled, and all of it complete", "plain", "receipt", endedAs(cancelled, {})],
  ["part of an audited draft", "audited", "receipt", endedAs(failed, partial)],
  [
    "a failure that no second attempt helps, and it does",
    "plain",
    "transition",
    endedAs({ ...failed, retryable: false }, partial)
  ],
  ...["calls", "inputTokens", "outputTokens", "wallMillis"].map(
    (member) =>
      [`more ${member} than were certified`, "plain" as const, "transition", certifying(member)] as const
  ),
  [
    "an answer in the mode that audits",
    "plain",
    "accepted",
    (entries) =>
      first(
        "Released",
        set("receipt.mode", "challenger")
      )(first("RunAccepted", set("mode", "challenger"))(entries))
  ],
  [
    "another run's name",
    "plain",
    "accepted",
    first("RunAccepted", set("run", "01900000-0000-7000-8000-00000000beef"))
  ]
]

describe("what somebody with a signing key discloses", { timeout: 60_000 }, () => {
  for (const [what, kind, falsehood, change] of lies) {
    it.effect(`${what}: neither takes it`, () =>
      Effect.gen(function* () {
        const { receipts, disclosure } = yield* disclosed(kind)
        const entries = entriesOf(disclosure.rows)
        const truth = yield* withRows(disclosure, rowsOf(entries))
        assert.deepStrictEqual(yield* said(receipts, truth), [true, true])
        const lie = yield* withRows(disclosure, rowsOf(change(entries)))
        assert.deepStrictEqual(yield* said(receipts, lie), [falsehood, "LEDGER_BROKEN"])
      })
    )
  }

  it.effect("rows that do not come one after the other: neither takes them", () =>
    Effect.gen(function* () {
      const { receipts, disclosure } = yield* disclosed("plain")
      const rows = disclosure.rows.map((row, index, all) => ({
        ...row,
        position: Count.make(all.length - index)
      }))
      const fallen = yield* withRows(disclosure, rows)
      assert.deepStrictEqual(yield* said(receipts, fallen), ["rows_missing", "LEDGER_BROKEN"])
    })
  )
})
