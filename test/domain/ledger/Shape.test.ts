import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { Event } from "../../../src/domain/Event.ts"
import { canonical, decode, encode } from "../../../src/domain/ledger/Ledger.ts"
import { Metadata } from "../../../src/domain/projection/Metadata.ts"
import { patternOf, writerOf } from "../../../src/domain/ledger/Shape.ts"

const bySchema = Schema.decodeUnknownOption(Schema.fromJsonString(Event))
const patterns = new Map(
  Event.members.map((member) => [member.fields._tag.schema.literal, patternOf(member)])
)
const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))
const Letter = Schema.Literals([...'0123456789-.eE+aAfF"\\{}[],: \n\tnulltrue/_é'])

describe("a record", () => {
  const bySchema = Schema.encodeSync(Schema.fromJsonString(Metadata))
  const written = writerOf(Metadata)

  it.prop("is written as its Schema writes it, whatever the order of its fields", [Metadata], ([record]) => {
    assert.strictEqual(written(record), bySchema(record))
    const turned = Object.fromEntries(Object.entries(record).toReversed()) as unknown as Metadata
    assert.strictEqual(written(Object.assign(turned, { words: "of a person" })), bySchema(record))
  })

  it("has a pattern where the metadata log has one", () => {
    assert.isNotNull(patternOf(Metadata))
  })
})

describe("the text of an event", () => {
  it.prop("is matched by the pattern of its kind, and by no other", [Event], ([event]) => {
    const small = JSON.parse(encode(event), (_, value) =>
      typeof value === "number" ? value % 1_000_000_000_000_000 : value
    )
    for (const [tag, pattern] of patterns) {
      if (pattern) assert.strictEqual(pattern.test(JSON.stringify(small)), tag === event._tag)
    }
  })

  it("has a pattern for each kind but the configuration's, and that of conditions", () => {
    assert.deepStrictEqual(
      [...patterns].filter(([, pattern]) => pattern === null).map(([tag]) => tag),
      ["RunbookStarted", "ConfigLoaded"]
    )
  })

  it.prop(
    "changed anywhere, is read only where the Schema reads it, and says the same",
    [Event, Place, Place, Letter],
    ([event, where, length, letter]) => {
      const text = encode(event)
      const at = where % text.length
      for (const cut of [0, 1, length % 40]) {
        const wrong = text.slice(0, at) + letter + text.slice(at + cut)
        const read = decode(wrong)
        if (Option.isNone(read)) continue
        assert.deepStrictEqual(read, bySchema(wrong))
        assert.strictEqual(encode(read.value), wrong)
      }
    }
  )

  it.prop("with anything besides, is none", [Event], ([event]) => {
    const text = encode(event)
    const besides = [
      ` ${text}`,
      `${text}\n`,
      text.replace("{", '{"note":"words",'),
      text.replace("{", '{"_tag":"words",'),
      text.replace("{", "{ "),
      text.replace('"_tag"', '"\\u005ftag"'),
      text.replace("}", ',"note":null}')
    ]
    for (const wrong of besides) assert.isTrue(Option.isNone(decode(wrong)), wrong)
    if (canonical(event) !== text) assert.isTrue(Option.isNone(decode(canonical(event))))
  })
})

describe("a pattern", () => {
  const written = (schema: Schema.Codec<any>, value: unknown) =>
    patternOf(schema)?.test(JSON.stringify(value)) ?? null

  it("is of naturals, literals, identifiers, lists and records of them", () => {
    const Word = Schema.String.check(Schema.isPattern(/^(?:yes|no|n[a-z]{1,3})$/))
    assert.isTrue(written(Word, "yes"))
    assert.isTrue(written(Word, "nope"))
    for (const wrong of ["yesno", "y", "n", ""]) assert.isFalse(written(Word, wrong))
    const Name = Schema.String.check(Schema.isPattern(/^[a-z./-]{1,3}$/u))
    const Some = Schema.Struct({
      name: Name,
      list: Schema.Array(Schema.NullOr(Schema.Natural)).check(Schema.isMaxLength(2)),
      kind: Schema.Literals(["a", 1])
    })
    assert.isTrue(written(Some, { name: "a.b", list: [], kind: 1 }))
    assert.isTrue(written(Some, { name: "a/-", list: [0, null], kind: "a" }))
    for (const wrong of [
      { name: "a.bc", list: [], kind: 1 },
      { name: "A", list: [], kind: 1 },
      { name: "a", list: [1, 2, 3], kind: 1 },
      { name: "a", list: [-1], kind: 1 },
      { name: "a", list: [1.5], kind: 1 },
      { name: "a", list: [1e16], kind: 1 },
      { name: "a", list: [], kind: "1" },
      { list: [], name: "a", kind: 1 },
      { name: "a", list: [], kind: 1, more: 1 }
    ]) {
      assert.isFalse(written(Some, wrong), JSON.stringify(wrong))
    }
  })

  it("is not made where it would say less than the Schema", () => {
    const open: ReadonlyArray<Schema.Top> = [
      Schema.String,
      Schema.Number,
      Schema.Int,
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
      Schema.Natural.check(Schema.isLessThan(7)),
      Schema.String.check(Schema.isPattern(/^a|b$/)),
      Schema.String.check(Schema.isPattern(/^(?:a)|(?:b)$/)),
      Schema.String.check(Schema.isPattern(/^a$/i)),
      Schema.String.check(Schema.isPattern(/a/)),
      Schema.String.check(Schema.isPattern(/^[^"]{1,9}$/)),
      Schema.String.check(Schema.isPattern(/^a$/), Schema.isMinLength(2)),
      Schema.Array(Schema.Null).check(Schema.isMinLength(1)),
      Schema.Struct({ a: Schema.optionalKey(Schema.Null) }),
      Schema.Struct({ "a b": Schema.Null }),
      Schema.Record(Schema.String, Schema.Null),
      Schema.Tuple([Schema.Null]),
      Schema.NumberFromString,
      Schema.Unknown
    ]
    for (const schema of open) assert.isNull(patternOf(schema), JSON.stringify(schema.ast._tag))
  })
})
