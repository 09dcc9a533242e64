/** Holds the check of a journal to sessions and runbooks: every decision of their runs, and what both say together. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sha256 as hash } from "../../../src/adapters/journal/Plan.ts"
import * as Evidence from "../../../src/domain/ledger/Evidence.ts"
import type { StreamId } from "../../../src/domain/Ids.ts"
import type { Row } from "../../../src/domain/ledger/Ledger.ts"
import {
  addPlace,
  type Found,
  noPlaces,
  type PlacedCharge,
  type PlacedSide,
  together
} from "../../../src/domain/ledger/Parts.ts"
import { type Talk, talkOf, talks } from "../../support/conversations.ts"
import { changed, eventOf, relink } from "../../support/relink.ts"
import { type Work, workOf, works } from "../../support/works.ts"

const found = (rows: ReadonlyArray<Row>) => {
  const check = Evidence.open({ hash })
  for (const row of rows) {
    const falsehood = check.row(row)
    if (falsehood) return falsehood.fault
  }
  return check.isWhole() ? null : "unpaired"
}

/** What checks of some of the streams find, each of its own. */
const inParts = (rows: ReadonlyArray<Row>, of: number) => {
  const streams = [...new Set(rows.map(({ stream }) => stream))]
  const isMine = (stream: StreamId, part: number) => streams.indexOf(stream) % of === part
  const parts: Array<Found> = []
  for (let part = 0; part < of; part++) {
    const charges: Array<PlacedCharge> = []
    const sides: Array<PlacedSide> = []
    const check = Evidence.open({
      hash,
      part: { charged: (charge) => charges.push(charge), sided: (side) => sides.push(side) }
    })
    const places = noPlaces(rows.length)
    for (const row of rows) {
      if (!isMine(row.stream, part) && row.stream !== "config") continue
      if (check.row(row)) return null
      if (isMine(row.stream, part)) addPlace(places, row.position)
    }
    const heads = new Map([...check.heads()].filter(([stream]) => isMine(stream, part)))
    parts.push({ places, heads, marked: heads, charges, sides })
  }
  return together(parts, rows.length)
}

const told = [
  ...Object.entries<Talk>(talks).map(([name, talk]) => [name, talkOf(talk)] as const),
  ...Object.entries<Work>(works).map(([name, work]) => [name, workOf(work)] as const)
]

describe("evidence of a session, or of a runbook", () => {
  for (const [name, history] of told) {
    it.effect(`${name}: every decision is that of the law`, () =>
      Effect.gen(function* () {
        const rows = yield* history
        assert.isNull(found(rows))
        const runs = new Set(rows.flatMap(({ stream }) => (stream.startsWith("run/") ? [stream] : [])))
        for (const run of runs) {
          const { findings, falsehood } = Evidence.ofRun(
            hash,
            rows.filter(({ stream }) => stream === "config"),
            rows.filter(({ stream }) => stream === run)
          )
          assert.isNull(falsehood)
          assert.isTrue(findings.every(({ holds }) => holds))
        }
        for (const of of [1, 2, 3]) assert.isNotNull(inParts(rows, of), `${of} parts`)
      })
    )
  }

  for (const [name, history] of [
    ["a session", talkOf(talks["held, looked at and approved"])],
    ["a runbook", workOf(works["a runbook, held and redirected"])],
    ["one that stops", workOf(works["an audited runbook that is refused"])]
  ] as const) {
    it.effect(`misses any row of ${name} that is gone, and any pair that is torn`, () =>
      Effect.gen(function* () {
        const rows = yield* history
        for (const [at, row] of rows.entries()) {
          const event = eventOf(row)
          // What a steward looked at is a record of its own.
          if (event._tag === "HeldViewed") continue
          const without = relink(rows.toSpliced(at, 1))
          assert.isNotNull(found(without), event._tag)
          for (const of of [1, 2, 3]) assert.isNull(inParts(without, of), event._tag)
          const config = rows[0] ?? assert.fail()
          const torn = relink(rows.toSpliced(at, 0, config))
          const before = rows[at - 1] && eventOf(rows[at - 1]!)
          const isTorn =
            ["RunAccepted", "TurnHeld", "TurnEnded", "StepHeld", "StepEnded", "RunbookTerminated"].includes(
              event._tag
            ) || before?.["status"] === "redirected"
          assert.strictEqual(found(torn), isTorn ? "unpaired" : null, event._tag)
          for (const of of [1, 2, 3]) assert.strictEqual(inParts(torn, of) === null, isTorn, event._tag)
        }
      })
    )
  }

  it.effect("sees in whatever part it is what a session says otherwise than its run", () =>
    Effect.gen(function* () {
      const rows = yield* talkOf(talks["held and edited"])
      const lies = [
        ["TurnStarted", { promptChars: 99 }],
        ["TurnHeld", { digest: "ab".repeat(32) }],
        ["TurnEnded", { latencyMillis: 99 }]
      ] as const
      for (const [kind, some] of lies) {
        const at = rows.findIndex((row) => eventOf(row)._tag === kind)
        const lie = changed(rows, at, (event) => ({ ...event, ...some }))
        assert.strictEqual(found(lie), "unpaired")
        for (const of of [1, 2, 3]) assert.isNull(inParts(lie, of), kind)
      }
    })
  )
})
