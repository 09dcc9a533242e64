import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as fc from "fast-check"
import { type Disclosure, read, write } from "../../../src/domain/ledger/Disclosure.ts"
import { Opening } from "../../../src/domain/ledger/Disclosure.ts"
import { Event } from "../../../src/domain/Event.ts"
import {
  Footer,
  footerLine,
  HEADER,
  parseFooter,
  parseRow,
  rowLine
} from "../../../src/domain/ledger/Export.ts"
import { Checkpoint, Proof } from "../../../src/domain/ledger/Head.ts"
import { ContentId } from "../../../src/domain/Ids.ts"
import { encode, Row } from "../../../src/domain/ledger/Ledger.ts"

/** A row whose payload is an event's, in any place. */
const rowOf = (row: Row, event: Event): Row => ({ ...row, payload: encode(event) })
const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))

describe("Export: rows", () => {
  it.prop("a row is read back as it was written, byte for byte", [Row, Event], ([row, event]) => {
    const line = rowLine(rowOf(row, event))
    assert.deepStrictEqual(
      Option.map(parseRow(line), (read) => ({ ...read })),
      Option.some(rowOf(row, event))
    )
    assert.strictEqual(Option.getOrThrow(Option.map(parseRow(line), rowLine)), line)
    assert.deepStrictEqual(JSON.parse(line).event, JSON.parse(encode(event)))
  })

  it.prop(
    "what is read from any line is written as that line",
    [Row, Event, Place, Schema.String],
    ([row, event, place, piece]) => {
      const line = rowLine(rowOf(row, event))
      const cut = place % line.length
      for (const changed of [
        line.slice(0, cut) + line.slice(cut + 1),
        line.slice(0, cut) + piece + line.slice(cut),
        line.slice(0, cut) + piece + line.slice(cut + 1)
      ]) {
        Option.match(parseRow(changed), {
          onNone: () => {},
          onSome: (read) => assert.strictEqual(rowLine(read), changed)
        })
      }
    }
  )

  it.prop("no payload can pass for what stands around it", [Row, Schema.String], ([row, payload]) => {
    const read = parseRow(rowLine({ ...row, payload }))
    assert.deepStrictEqual(
      Option.map(read, (one) => one.payload),
      payload.includes("\n") || /[\r\u2028\u2029]/u.test(payload) ? Option.none() : Option.some(payload)
    )
  })

  it("numbers are written in one way", () => {
    const line = (at: string) =>
      `{"at":${at},"event":{},"hash":"${"a".repeat(64)}","position":1,"previous":"${"b".repeat(64)}","seq":1,"stream":"config"}`
    for (const right of ["0", "7", "9007199254740991"])
      assert.isTrue(Option.isSome(parseRow(line(right))), right)
    for (const wrong of [
      "",
      "07",
      "-1",
      "-0",
      "+1",
      "1.0",
      "1e3",
      "0x1",
      " 1",
      "9007199254740992",
      "٣",
      '"1"'
    ])
      assert.isTrue(Option.isNone(parseRow(line(wrong))), wrong)
  })

  it("any text is a row or it is none", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => assert.isTrue(Option.isNone(parseRow(text))))
    )
    assert.isTrue(Option.isNone(parseRow(HEADER)))
  })
})

describe("Export: the footer", () => {
  it.prop("is read back from exactly its line, and is no row", [Footer, Place], ([footer, place]) => {
    const line = footerLine(footer)
    assert.deepStrictEqual(parseFooter(line), Option.some(footer))
    assert.isTrue(Option.isNone(parseRow(line)))
    const cut = place % line.length
    const shorter = line.slice(0, cut) + line.slice(cut + 1)
    Option.match(parseFooter(shorter), {
      onNone: () => {},
      onSome: (read) => assert.strictEqual(footerLine(read), shorter)
    })
  })
})

describe("Disclosure", () => {
  it.prop(
    "is read back from exactly its text",
    {
      checkpoint: Checkpoint,
      content: ContentId,
      opening: Opening,
      proof: Proof,
      row: Row,
      event: Event,
      place: Place
    },
    ({ row, event, place, ...rest }) => {
      const disclosure: Disclosure = { ...rest, format: "io3/disclosure/v1", rows: [rowOf(row, event)] }
      const text = write(disclosure)
      assert.deepStrictEqual(
        JSON.parse(JSON.stringify(Option.getOrThrow(read(text)))),
        JSON.parse(JSON.stringify(disclosure))
      )
      const cut = place % text.length
      const shorter = text.slice(0, cut) + text.slice(cut + 1)
      Option.match(read(shorter), {
        onNone: () => {},
        onSome: (again) => assert.strictEqual(write(again), shorter)
      })
      assert.isTrue(Option.isNone(read(`${text}\n`)))
    }
  )
})
