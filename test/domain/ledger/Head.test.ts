import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { hash as digest } from "node:crypto"
import {
  Checkpoint,
  fromCanonical,
  type Heads,
  leaf,
  prove,
  root,
  rootBy,
  signingText
} from "../../../src/domain/ledger/Head.ts"
import { Count, Digest, RunId, runStream, type StreamId } from "../../../src/domain/Ids.ts"
import { canonical } from "../../../src/domain/ledger/Ledger.ts"

const sha256 = (text: string) => digest("sha256", text)

/** Heads of up to sixteen streams: every shape of tree up to five levels. */
const Streams = Schema.Array(Schema.Struct({ run: RunId, seq: Count, hash: Digest })).check(
  Schema.isMaxLength(16)
)
const Some = Streams.check(Schema.isMinLength(1))
const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1e9 }))

const headsOf = (streams: typeof Streams.Type): Heads =>
  new Map(streams.map(({ run, seq, hash }) => [runStream(run), { seq, hash }]))

const at = (heads: Heads, place: number): StreamId => [...heads.keys()][place % heads.size]!

describe("Head.root", () => {
  it.prop("does not depend on the order in which streams were met", [Streams], ([streams]) => {
    const heads = headsOf(streams)
    assert.strictEqual(root(sha256, heads), root(sha256, new Map([...heads].toReversed())))
  })

  it.prop(
    "changes with any leaf: its sequence, its hash, its name, and when one goes or comes",
    [Some, Place, RunId],
    ([streams, place, run]) => {
      const heads = headsOf(streams)
      const stream = at(heads, place)
      const head = heads.get(stream)!
      const other = Digest.make(sha256(head.hash))
      const without = new Map([...heads].filter(([name]) => name !== stream))
      const changed: ReadonlyArray<Heads> = [
        new Map([...heads, [stream, { ...head, seq: head.seq + 1 }]]),
        new Map([...heads, [stream, { ...head, hash: other }]]),
        without,
        ...(heads.has(runStream(run))
          ? []
          : [new Map([...without, [runStream(run), head]]), new Map([...heads, [runStream(run), head]])])
      ]
      for (const wrong of changed) assert.notStrictEqual(root(sha256, wrong), root(sha256, heads))
    }
  )

  it("is what the format says, by hand", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => Digest.make(sha256(name)))
    const name = (n: string) => `run/${n}` as StreamId
    const heads: Heads = new Map([
      [name("b"), { seq: 2, hash: b! }],
      [name("c"), { seq: 3, hash: c! }],
      [name("a"), { seq: 1, hash: a! }]
    ])
    const [one, two, three] = [`run/a\n1\n${a}`, `run/b\n2\n${b}`, `run/c\n3\n${c}`].map((rest) =>
      sha256(`io3/leaf/v1\n${rest}`)
    )
    const below = sha256(`io3/node/v1\n${one}\n${two}`)
    assert.strictEqual(root(sha256, heads), sha256(`io3/node/v1\n${below}\n${three}`))
    assert.strictEqual(root(sha256, new Map()), sha256("io3/empty/v1"))
    assert.deepStrictEqual(
      Option.getOrThrow(prove(sha256, heads, name("c"))).map((step) => ({ ...step })),
      [{ hash: Digest.make(below), side: "left" }]
    )
  })
})

describe("Head.prove", () => {
  it.prop(
    "every stream's proof leads to the root, and no other leaf does by it",
    [Some, Place],
    ([streams, place]) => {
      const heads = headsOf(streams)
      const top = root(sha256, heads)
      for (const [stream, head] of heads) {
        const proof = Option.getOrThrow(prove(sha256, heads, stream))
        assert.strictEqual(rootBy(sha256, leaf(sha256, stream, head), proof), top)
        for (const [other, another] of heads) {
          if (other !== stream)
            assert.notStrictEqual(rootBy(sha256, leaf(sha256, other, another), proof), top)
        }
        assert.notStrictEqual(
          rootBy(sha256, leaf(sha256, stream, { ...head, seq: head.seq + 1 }), proof),
          top
        )
        const step = place % Math.max(1, proof.length)
        const turned = proof.map((one, index) =>
          index === step
            ? { ...one, side: one.side === "left" ? ("right" as const) : ("left" as const) }
            : one
        )
        if (proof.length > 0) assert.notStrictEqual(rootBy(sha256, leaf(sha256, stream, head), turned), top)
        if (proof.length > 0)
          assert.notStrictEqual(rootBy(sha256, leaf(sha256, stream, head), proof.toSpliced(step, 1)), top)
      }
    }
  )

  it.prop("there is none for a stream that is not there", [Streams, RunId], ([streams, run]) => {
    const heads = headsOf(streams.filter((one) => one.run !== run))
    assert.isTrue(Option.isNone(prove(sha256, heads, runStream(run))))
  })
})

describe("Head.Checkpoint", () => {
  it.prop("is read back from its canonical JSON, and from nothing else", [Checkpoint], ([checkpoint]) => {
    const text = canonical(checkpoint)
    assert.deepStrictEqual(fromCanonical(Checkpoint, text), Option.some(checkpoint))
    const others = [
      JSON.stringify(checkpoint, null, 1),
      ` ${text}`,
      `${text}\n`,
      text.replace("{", '{"at":0,'),
      text.replace("{", '{"aa":0,'),
      text.replace('"streams"', '"streaks"'),
      text.slice(1),
      ""
    ]
    for (const other of others) assert.isTrue(Option.isNone(fromCanonical(Checkpoint, other)), other)
  })

  it.prop("all but the signature is signed", [Checkpoint, Checkpoint], ([one, other]) => {
    assert.strictEqual(signingText(one), signingText({ ...one, signature: other.signature }))
    const { signature: _, ...rest } = one
    assert.strictEqual(signingText(one), canonical(rest))
  })
})
