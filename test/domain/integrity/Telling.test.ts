/** What a receiver was told, as it has to be, and each thing that may be wrong with it. */
import { assert, describe, it } from "@effect/vitest"
import { Digest, runbookStream, RunId } from "../../../src/domain/Ids.ts"
import { type Heard, isTelling, type Owed, type Told } from "../../../src/domain/integrity/Telling.ts"
import { messageId } from "../../../src/domain/webhook/Delivery.ts"
import type { WebhookEvent } from "../../../src/domain/webhook/Webhook.ts"
import { session, streamOf } from "../../support/webhooks.ts"

const owe = (n: number, stream: Owed["stream"], event: WebhookEvent): Owed => ({
  stream,
  event,
  id: messageId({ hash: Digest.make(String(n).padStart(64, "0").split("").toReversed().join("")) }),
  body: `{"n":${n}}`
})
const hear = ({ id, body }: Owed): Heard => ({ id, body: String(body), signed: true, words: [] })

const gate = owe(1, streamOf(1), "steward_gate_triggered")
const other = owe(2, streamOf(2), "steward_gate_triggered")
const runbook = owe(3, runbookStream(RunId.make(session(3))), "runbook_complete")
const complete = owe(4, streamOf(1), "session_complete")
const owed = [gate, other, runbook, complete]

const well: Told = {
  owed,
  unanswered: [hear(gate)],
  refused: [gate, runbook, other].map(hear),
  hurried: [],
  taken: [other, gate, complete, runbook].map(hear)
}
const [first, ...rest] = well.taken as readonly [Heard, ...ReadonlyArray<Heard>]

describe("what is told outside", () => {
  it("is what is on record, in the order of each stream, whichever of them comes first", () => {
    assert.isTrue(isTelling(well))
    assert.isTrue(isTelling({ ...well, taken: [runbook, gate, complete, other].map(hear) }))
  })

  const wrong: ReadonlyArray<readonly [title: string, told: Told | null]> = [
    ["nobody could be told", null],
    ["nothing was to be told", { owed: [], unanswered: [], refused: [], hurried: [], taken: [] }],
    ["a kind of event is told to nobody", { ...well, owed: owed.slice(0, 3), taken: well.taken.slice(0, 2) }],
    [
      "nothing has an order",
      {
        ...well,
        owed: [gate, runbook, { ...complete, stream: streamOf(2) }],
        refused: [gate, runbook, complete].map(hear),
        taken: [gate, runbook, complete].map(hear)
      }
    ],
    ["whoever was cut off had told nothing", { ...well, unanswered: [] }],
    ["what was cut off is not told again", { ...well, refused: well.refused.slice(1) }],
    ["what is refused is followed by the next one", { ...well, refused: [...well.refused, hear(complete)] }],
    ["the next one is told first", { ...well, refused: [complete, runbook, other].map(hear) }],
    ["what is refused is told again at once", { ...well, hurried: [hear(gate)] }],
    ["something never arrives", { ...well, taken: rest }],
    ["something arrives again after it was taken", { ...well, taken: [...well.taken, first] }],
    ["one arrives twice in the place of another", { ...well, taken: [...rest, rest[0] ?? first] }],
    ["a session is told the other way round", { ...well, taken: well.taken.toReversed() }],
    ["something arrives that is not on record", { ...well, unanswered: [{ ...first, id: "msg_0" }] }],
    ["something else is said than is on record", { ...well, taken: [{ ...first, body: "{}" }, ...rest] }],
    [
      "the record does not say what is to be said",
      { ...well, owed: [...owed.slice(0, 3), { ...complete, body: null }] }
    ],
    ["something is not signed", { ...well, taken: [{ ...first, signed: false }, ...rest] }],
    ["a word is in what was cut off", { ...well, unanswered: [{ ...hear(gate), words: ["prompt"] }] }],
    [
      "a word is in what was refused",
      { ...well, refused: [{ ...hear(gate), words: ["answer"] }, ...well.refused.slice(1)] }
    ]
  ]
  for (const [title, told] of wrong) {
    it(`is not as it has to be where ${title}`, () => {
      assert.isFalse(isTelling(told))
    })
  }
})
