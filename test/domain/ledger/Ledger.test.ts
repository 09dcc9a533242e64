import { assert, describe, it } from "@effect/vitest"
import { Option, Result, Schema } from "effect"
import * as fc from "fast-check"
import { hash as digest } from "node:crypto"
import { isDeepStrictEqual } from "node:util"
import { Content } from "../../../src/domain/Content.ts"
import { Event } from "../../../src/domain/Event.ts"
import { Digest, StreamId, Timestamp } from "../../../src/domain/Ids.ts"
import {
  canonical,
  decode,
  encode,
  genesis,
  link,
  type Row,
  verify
} from "../../../src/domain/ledger/Ledger.ts"

const sha256 = (text: string) => digest("sha256", text)
const stream = StreamId.make("run/a")
const other = StreamId.make("run/b")

const chain = (events: ReadonlyArray<Event>, of: StreamId = stream): ReadonlyArray<Row> => {
  const rows: Array<Row> = []
  let previous = genesis(sha256, of)
  for (const [index, event] of events.entries()) {
    const body = { seq: index + 1, at: Timestamp.make(1000 + index), payload: encode(event), previous }
    const hash = link(sha256, body)
    rows.push({ ...body, stream: of, position: index + 7, hash })
    previous = hash
  }
  return rows
}

const fault = (rows: ReadonlyArray<Row>, of: StreamId = stream) => {
  const result = verify(sha256, of, rows)
  return Result.isFailure(result) ? result.failure.fault : null
}

const Events = Schema.Array(Event).check(Schema.isMinLength(2), Schema.isMaxLength(8))
const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))

describe("Ledger events", () => {
  it.prop("an event is read back as it was written", [Event], ([event]) => {
    assert.deepStrictEqual(decode(encode(event)), Option.some(event))
    assert.strictEqual(encode(Option.getOrThrow(decode(encode(event)))), encode(event))
  })

  it.prop("what an event's Schema does not name is left out", [Event], ([event]) => {
    assert.strictEqual(encode(Object.assign({ prompt: "words" }, event)), encode(event))
  })

  it("what is no event is none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.isTrue(Option.isNone(decode(text))))
    )
    assert.isTrue(Option.isNone(decode('{"_tag":"Released"}')))
    assert.isTrue(Option.isNone(decode('{"_tag":"Unheard"}')))
  })

  it("an event with words in it is not written", () => {
    const event = { _tag: "RunCancelled", phase: "some words", receipt: null }
    assert.throws(() => encode(event as never))
    assert.throws(() => encode({ ...event, phase: Content.of("words") } as never))
  })
})

describe("Ledger.verify", () => {
  it.prop("a chain verifies, and so does each start of it", [Events], ([events]) => {
    const rows = chain(events)
    for (let length = 0; length <= rows.length; length++) {
      const head = Result.getOrThrow(verify(sha256, stream, rows.slice(0, length)))
      assert.deepStrictEqual(head, { seq: length, hash: rows[length - 1]?.hash ?? genesis(sha256, stream) })
    }
  })

  it.prop("one changed letter anywhere is found", [Events, Place, Place], ([events, which, where]) => {
    const rows = chain(events)
    const at = which % rows.length
    const row = rows[at]
    assert.isDefined(row)
    const flip = (text: string) => {
      const place = where % text.length
      const letter = text[place] === "0" ? "1" : "0"
      return text.slice(0, place) + letter + text.slice(place + 1)
    }
    const altered: ReadonlyArray<Row> = [
      { ...row, payload: flip(row.payload) },
      { ...row, previous: Digest.make(flip(row.previous)) },
      { ...row, hash: Digest.make(flip(row.hash)) },
      { ...row, at: Timestamp.make(row.at + 1 + where) },
      { ...row, seq: row.seq + 1 },
      { ...row, stream: other }
    ]
    for (const wrong of altered) assert.isNotNull(fault(rows.with(at, wrong)))
  })

  it.prop(
    "a dropped, doubled, swapped or foreign row is found",
    [Events, Event, Place],
    ([events, event, which]) => {
      const rows = chain(events)
      const at = which % (rows.length - 1)
      const [row, next] = [rows[at], rows[at + 1]]
      assert.isDefined(row)
      assert.isDefined(next)
      assert.isNotNull(fault(rows.toSpliced(at, 1)), "dropped")
      assert.isNotNull(fault(rows.toSpliced(at, 0, row)), "doubled")
      assert.isNotNull(fault(rows.with(at, next).with(at + 1, row)), "swapped")
      for (const foreign of chain([event]))
        assert.isNotNull(fault(rows.toSpliced(at + 1, 0, foreign)), "inserted")
    }
  )

  it.prop("a whole stream cannot pass for another", [Events], ([events]) => {
    assert.strictEqual(fault(chain(events), other), "gap")
    assert.strictEqual(
      fault(
        chain(events).map((row) => ({ ...row, stream: other })),
        other
      ),
      "broken_link"
    )
  })

  it.prop("a chain that was made anew shows in the faults that are left", [Events], ([events]) => {
    const rows = chain(events)
    const relink = (change: (row: Row) => Row) => {
      let previous = genesis(sha256, stream)
      return rows.map((row) => {
        const changed = { ...change(row), previous }
        previous = link(sha256, changed)
        return { ...changed, hash: previous }
      })
    }
    assert.strictEqual(fault(relink((row) => row)), null)
    assert.strictEqual(
      fault(relink((row) => ({ ...row, at: Timestamp.make(2000 - row.seq) }))),
      "time_reversed"
    )
    assert.strictEqual(fault(relink((row) => ({ ...row, payload: '{"_tag":"Unheard"}' }))), "unknown_event")
    assert.strictEqual(fault(relink((row) => ({ ...row, seq: row.seq + 1 }))), "gap")
  })
})

describe("Ledger.canonical", () => {
  /** The same value with the keys of every object in another order. */
  const shuffled = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(shuffled)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([key, item]) => [key, shuffled(item)])
          )
        : value

  /** What JSON keeps of a value: no negative zero, no `undefined`. */
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

  it("equal values have equal text, and it is their JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.strictEqual(canonical(value), canonical(shuffled(value)))
        assert.deepStrictEqual(JSON.parse(canonical(value)), plain(value))
      })
    )
  })

  it("keys are sorted, spaces absent, undefined left out", () => {
    assert.strictEqual(
      canonical({ b: [1, { d: null, c: "x y" }], a: undefined, A: true }),
      '{"A":true,"b":[1,{"c":"x y","d":null}]}'
    )
  })

  it("different values have different text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        assert.strictEqual(canonical(a) === canonical(b), isDeepStrictEqual(plain(a), plain(b)))
      })
    )
  })

  it("content has no text here", () => {
    for (const value of [
      Content.of("words"),
      [Content.of("words")],
      { deep: { content: Content.of("words") } }
    ]) {
      assert.throws(() => canonical(value))
    }
  })
})
