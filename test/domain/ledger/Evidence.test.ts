import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { sha256 as hash } from "../../../src/adapters/journal/Plan.ts"
import type { Decision } from "../../../src/domain/ledger/Decision.ts"
import type { RunEvent } from "../../../src/domain/Event.ts"
import * as Evidence from "../../../src/domain/ledger/Evidence.ts"
import { StreamId } from "../../../src/domain/Ids.ts"
import { encode, type Row } from "../../../src/domain/ledger/Ledger.ts"
import {
  addPlace,
  noPlaces,
  type PlacedCharge,
  type PlacedSide,
  together
} from "../../../src/domain/ledger/Parts.ts"
import type { Policy } from "../../../src/domain/config/Policy.ts"
import { abandon } from "../../../src/domain/run/Recovery.ts"
import { replay } from "../../../src/domain/run/Evolution.ts"
import { historyOf, type Life, lives } from "../../support/histories.ts"
import { changed, eventOf, type Json, type Loose, relink, under } from "../../support/relink.ts"

const falsehoodIn = (rows: ReadonlyArray<Row>) => {
  const check = Evidence.open({ hash })
  for (const row of rows) {
    const falsehood = check.row(row)
    if (falsehood) return falsehood
  }
  return null
}
const every = Object.entries<Life>(lives)
const isRun = ({ stream }: Loose) => stream !== "config"

describe("evidence of a life", () => {
  for (const [name, life] of every) {
    it.effect(`${name}: every decision is that of the law`, () =>
      Effect.gen(function* () {
        const rows = yield* historyOf(life)
        assert.strictEqual(falsehoodIn(rows), null)
        const { findings, falsehood } = Evidence.ofRun(
          hash,
          rows.filter((row) => !isRun(row)),
          rows.filter(({ stream }) => stream === rows.at(-1)?.stream)
        )
        assert.strictEqual(falsehood, null)
        assert.isTrue(findings.every(({ holds }) => holds))
        assert.strictEqual(
          findings.filter(({ decision }) => decision === "transition").length,
          rows.at(-1)?.seq
        )
      })
    )
  }

  it.effect("is not under a configuration that was recorded after it", () =>
    Effect.gen(function* () {
      const rows = yield* historyOf(lives.plain)
      const turned = relink([...rows.filter(isRun), ...rows.filter((row) => !isRun(row))])
      const { falsehood } = Evidence.ofRun(
        hash,
        turned.filter((row) => !isRun(row)),
        turned.filter(isRun)
      )
      assert.deepInclude(falsehood, { position: 1, fault: "config_unknown" })
      assert.deepStrictEqual(falsehood, falsehoodIn(turned))
    })
  )

  it.effect("what a dead process left, ended by the recovery law, holds too", () =>
    Effect.gen(function* () {
      for (const name of ["fallback", "revised", "unaudited", "failed after a piece"] as const) {
        const rows = yield* historyOf(lives[name])
        for (let length = 2; length < rows.length; length++) {
          const left = rows.slice(0, length)
          const last = left.at(-1) ?? assert.fail()
          const events = left.filter(isRun).map((row) => eventOf(row) as unknown as RunEvent)
          const state = Result.getOrThrow(replay(events))
          const resumed: RunEvent = { _tag: "RunResumed", attempt: 2 }
          const goesOn = Result.isSuccess(replay([resumed], state)) ? [[], [resumed]] : [[]]
          for (const start of goesOn) {
            const end = [...start, ...abandon(Result.getOrThrow(replay(start, state)))]
            const ended = [...left, ...end.map((event) => ({ ...last, payload: encode(event) }))]
            assert.strictEqual(falsehoodIn(relink(ended)), null, `${name}, ${length} rows`)
          }
        }
      }
    })
  )
})

/** A lie about one decision: the life, the event it is told in, and what is said instead. */
type Lie = readonly [
  decision: Decision,
  life: keyof typeof lives,
  tag: RunEvent["_tag"],
  tell: (event: any) => Json
]
const digest = "ab".repeat(32)

const lies: ReadonlyArray<Lie> = [
  ["accepted", "plain", "RunAccepted", (e) => ({ ...e, run: "01900000-0000-7000-8000-0000000000ff" })],
  ["accepted", "plain", "RunAccepted", (e) => ({ ...e, onUnavailable: "release" })],
  ["accepted", "unaudited", "RunAccepted", (e) => ({ ...e, audit: false })],
  ["route", "plain", "RouteResolved", (e) => ({ ...e, route: { ...e.route, alternate: null } })],
  ["route", "plain", "RouteResolved", (e) => ({ ...e, route: { ...e.route, provider: "judge" } })],
  [
    "drift",
    "drifted, unchecked",
    "RunAccepted",
    (e) => ({ ...e, checks: { ...e.checks, constellation: true } })
  ],
  ["context", "plain", "ContextAssembled", (e) => ({ ...e, segments: e.segments.toReversed() })],
  ["context", "plain", "RunAccepted", (e) => ({ ...e, promptDigest: digest })],
  ["bounds", "passed", "BoundsCertified", (e) => ({ ...e, certificate: { ...e.certificate, calls: 9 } })],
  ["bounds", "plain", "ContextAssembled", (e) => ({ ...e, bytes: e.bytes + 1 })],
  ["call", "plain", "CallIntended", (e) => ({ ...e, model: "another" })],
  ["call", "plain", "CallIntended", (e) => ({ ...e, attempt: 2 })],
  ["call", "plain", "CallIntended", (e) => ({ ...e, reserved: { ...e.reserved, outputTokens: 1 } })],
  ["settlement", "plain", "CallSettled", (e) => ({ ...e, outputTokens: 9_999_999 })],
  ["settlement", "plain", "CallSettled", (e) => ({ ...e, latencyMillis: 9_999_999 })],
  ["settlement", "plain", "CallSettled", (e) => ({ ...e, fallback: "server_error" })],
  ["settlement", "plain", "CallSettled", (e) => ({ ...e, digest: null })],
  ["settlement", "plain", "CallSettled", (e) => ({ ...e, finish: null })],
  ["audit", "passed", "AuditConcluded", (e) => ({ ...e, independent: false })],
  ["audit", "passed", "AuditConcluded", (e) => ({ ...e, verdict: null })],
  ["audit", "passed", "AuditConcluded", (e) => ({ ...e, model: "another" })],
  [
    "audit",
    "passed",
    "AuditConcluded",
    (e) => ({ ...e, verdict: { ...e.verdict, issues: [{ code: "unsafe", severity: 3 }] } })
  ],
  ["audit", "cut short", "AuditConcluded", (e) => ({ ...e, unavailable: "unparsable" })],
  ["audit", "no challenger", "AuditConcluded", (e) => ({ ...e, unavailable: "not_independent" })],
  ["audit", "not independent", "AuditConcluded", (e) => ({ ...e, unavailable: "no_challenger" })],
  ["transition", "plain", "CallSettled", (e) => ({ ...e, purpose: "audit" })],
  ["transition", "rejected", "RunRefused", (e) => ({ ...e, code: "AUDIT_UNAVAILABLE" })],
  ["transition", "rejected", "RunRefused", (e) => ({ ...e, retryable: true })],
  ["transition", "revision failed", "RunFailed", (e) => ({ ...e, code: "PROVIDER_TIMEOUT" })],
  ["transition", "plain", "Released", () => ({ _tag: "RunResumed", attempt: 3 })],
  ["receipt", "plain", "Released", (e) => ({ ...e, receipt: { ...e.receipt, digest } })],
  ["receipt", "plain", "Released", (e) => ({ ...e, receipt: { ...e.receipt, complete: false } })],
  ["receipt", "passed", "Released", (e) => ({ ...e, receipt: { ...e.receipt, audit: "none" } })],
  ["receipt", "failed after a piece", "RunFailed", (e) => ({ ...e, receipt: { ...e.receipt, chars: 5 } })],
  ["receipt", "failed after a piece", "RunFailed", (e) => ({ ...e, receipt: { ...e.receipt, digest } })]
]

/** The same lives under a policy that would have decided otherwise. */
const otherwise: ReadonlyArray<
  readonly [Decision, keyof typeof lives, (policy: Policy) => Partial<Policy>, RunEvent["_tag"]]
> = [
  ["accepted", "plain", ({ audit }) => ({ audit: { ...audit, on_unavailable: "hold" } }), "RunAccepted"],
  ["route", "plain", () => ({ routing: { modes: {} } }), "RouteResolved"],
  ["drift", "not independent, allowed", () => ({ allowSameModel: false }), "ContextAssembled"],
  ["drift", "drifted", () => ({ allowSameModel: true }), "RunFailed"],
  ["context", "plain", () => ({ contextLimitChars: 1 }), "ContextAssembled"],
  ["context", "refused by the limit", () => ({ contextLimitChars: 0 }), "RunRefused"],
  ["bounds", "plain", () => ({ maxOutputTokens: 7 }), "BoundsCertified"],
  ["bounds", "refused by the bounds", () => ({ maxOutputTokens: 7 }), "RunRefused"],
  [
    "bounds",
    "passed",
    ({ providers }) => ({ providers: providers.map((one) => ({ ...one, canAudit: false })) }),
    "BoundsCertified"
  ],
  ["audit", "not independent", () => ({ allowSameModel: true }), "AuditConcluded"],
  ["budget", "plain", () => ({ budgets: { window_hours: 1, calls: 1 } }), "CallIntended"],
  ["budget", "plain", () => ({ budgets: { window_hours: 1, tokens: 1 } }), "CallIntended"],
  ["budget", "refused by the budget", () => ({ budgets: null }), "RunRefused"],
  ["budget", "refused by the budget", () => ({ budgets: { window_hours: 1, calls: 2 } }), "CallIntended"]
]

describe("evidence of a lie", () => {
  for (const [decision, name, tag, tell] of lies) {
    it.effect(`${decision}: ${tag} of ${name}, ${tell}`, () =>
      Effect.gen(function* () {
        const rows = yield* historyOf(lives[name])
        const at = rows.findLastIndex((row) => eventOf(row)._tag === tag)
        const falsehood = falsehoodIn(changed(rows, at, tell))
        assert.strictEqual(falsehood?.fault, decision)
      })
    )
  }

  for (const [decision, name, change, tag] of otherwise) {
    it.effect(`${decision}: ${name} under another policy, ${change}`, () =>
      Effect.gen(function* () {
        const rows = under(yield* historyOf(lives[name]), change)
        const { fault, position } = falsehoodIn(rows) ?? assert.fail("nothing was found")
        const found = rows[position - 1] ?? assert.fail()
        assert.deepStrictEqual([fault, eventOf(found)._tag], [decision, tag])
      })
    )
  }

  it("is told about every decision", () => {
    const told = new Set([...lies, ...otherwise].map(([decision]) => decision))
    assert.deepStrictEqual([...told].toSorted(), [
      "accepted",
      "audit",
      "bounds",
      "budget",
      "call",
      "context",
      "drift",
      "receipt",
      "route",
      "settlement",
      "transition"
    ])
  })
})

describe("evidence of a journal", () => {
  const plain = historyOf(lives.plain)
  const name = (rows: ReadonlyArray<Loose>) => falsehoodIn(relink(rows))?.fault

  it.effect("has each position once", () =>
    Effect.gen(function* () {
      const rows = yield* plain
      for (const wrong of [rows.slice(1), rows.toSpliced(3, 1), rows.toSpliced(3, 0, ...rows.slice(3, 4))]) {
        const falsehood = falsehoodIn(wrong)
        assert.strictEqual(falsehood?.fault, "rows_missing")
        assert.strictEqual(falsehood?.stream, null)
      }
    })
  )

  it.effect("has configurations that are what they are called, before their runs", () =>
    Effect.gen(function* () {
      const [config, ...run] = yield* plain
      if (!config) return assert.fail()
      const renamed = config.payload.replace(/"configDigest":"[0-9a-f]{64}"/, `"configDigest":"${digest}"`)
      assert.strictEqual(name([{ ...config, payload: renamed }, ...run]), "config_misnamed")
      const disordered = under([config, ...run], ({ providers }) => ({ providers: providers.toReversed() }))
      assert.strictEqual(falsehoodIn(disordered)?.fault, "config_misnamed")
      assert.strictEqual(name([...run, config]), "config_unknown")
    })
  )

  it.effect("has events in the streams that they are of", () =>
    Effect.gen(function* () {
      const [config, ...run] = yield* plain
      if (!config) return assert.fail()
      const to = (stream: string) => run.map((row) => ({ ...row, stream: stream as StreamId }))
      assert.strictEqual(name([config, ...to("config")]), "wrong_stream")
      assert.strictEqual(name([config, ...to("session/a")]), "wrong_stream")
      assert.strictEqual(name([config, ...to("run/a")]), "accepted")
      assert.strictEqual(falsehoodIn(relink([config, ...to("words of someone")]))?.stream, null)
      assert.strictEqual(name([config, { ...config, stream: StreamId.make("run/a") }]), "wrong_stream")
      assert.strictEqual(name([config, ...run.slice(1)]), "transition")
    })
  )

  it.effect("keeps of ended runs that they can be erased once, and no more", () =>
    Effect.gen(function* () {
      const rows = yield* historyOf(lives.erased)
      const last = rows.at(-1) ?? assert.fail()
      const released = rows.at(-2) ?? assert.fail()
      assert.strictEqual(name([...rows, last]), "transition")
      assert.strictEqual(name([...rows.slice(0, -1), released]), "transition")
    })
  )

  it.effect("has one head for each stream", () =>
    Effect.gen(function* () {
      const rows = yield* historyOf(lives["refused by the budget"])
      const check = Evidence.open({ hash })
      rows.forEach(check.row)
      assert.strictEqual(check.position(), rows.length)
      assert.deepStrictEqual(
        [...check.heads()].map(([stream, { seq, hash }]) => ({ stream, seq, hash })),
        [...new Map(rows.map(({ stream, seq, hash }) => [stream, { stream, seq, hash }])).values()]
      )
    })
  )

  it.effect("comes to the same when it is shared out", () =>
    Effect.gen(function* () {
      const sound = yield* historyOf(lives["refused by the budget"])
      const over = under(sound, () => ({ budgets: { window_hours: 1, calls: 2 } }))
      const streams = [...new Set(sound.map(({ stream }) => stream))]
      for (const rows of [sound, over]) {
        const whole = Evidence.open({ hash })
        const falsehood = rows.map(whole.row).find((found) => found !== null) ?? null
        const parts = [0, 1].map((mine) => {
          const charges: Array<PlacedCharge> = []
          const sides: Array<PlacedSide> = []
          const check = Evidence.open({
            hash,
            part: { charged: (charge) => charges.push(charge), sided: (side) => sides.push(side) }
          })
          const places = noPlaces(rows.length)
          const isMine = (stream: StreamId) => streams.indexOf(stream) % 2 === mine
          for (const row of rows) {
            if (!isMine(row.stream) && isRun(row)) continue
            assert.isNull(check.row(row))
            if (isMine(row.stream)) addPlace(places, row.position)
          }
          const heads = new Map([...check.heads()].filter(([stream]) => isMine(stream)))
          return { places, heads, marked: heads, charges, sides }
        })
        assert.isTrue(parts.every(({ charges }) => charges.length > 0))
        const found = together(parts, rows.length)
        assert.strictEqual(found === null, falsehood !== null)
        if (found === null) continue
        assert.deepStrictEqual([...found.heads].toSorted(), [...whole.heads()].toSorted())
        assert.deepStrictEqual(found.spendings, whole.spendings())
        // A place that is nobody's, and one that is two parts'.
        assert.isNull(together(parts, rows.length + 1))
        assert.isNull(together(parts.slice(1), rows.length))
        assert.isNull(together([...parts, ...parts.slice(1)], rows.length))
      }
    })
  )

  it.effect("of a part goes on in the order of places", () =>
    Effect.gen(function* () {
      const rows = yield* historyOf(lives.plain)
      const check = Evidence.open({ hash, part: { charged: () => {}, sided: () => {} } })
      rows.slice(0, 3).forEach((row) => assert.isNull(check.row(row)))
      const again = { ...rows[3]!, position: 3 }
      assert.deepInclude(check.row(again), { position: 3, fault: "rows_missing" })
    })
  )
})
