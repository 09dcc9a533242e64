/**
 * Owns the head of everything: one root over the last rows of all streams, proofs that a stream is under it, and the
 * form in which it is signed. Pure; the hash function is a parameter.
 */
import { Option, Schema } from "effect"
import { Count, Digest, PublicKey, Signature, type StreamId, Timestamp } from "../Ids.ts"
import { canonical, type Hash, type Head } from "./Ledger.ts"

/** The last row of every stream, at or before some position. */
export type Heads = ReadonlyMap<StreamId, Head>

/** What a stream is in the tree: its name and its last row. */
export const leaf = (hash: Hash, stream: StreamId, { seq, hash: last }: Head): Digest =>
  Digest.make(hash(`io3/leaf/v1\n${stream}\n${seq}\n${last}`))

const node = (hash: Hash, left: Digest, right: Digest): Digest =>
  Digest.make(hash(`io3/node/v1\n${left}\n${right}`))

const leaves = (hash: Hash, heads: Heads): ReadonlyArray<Digest> =>
  [...heads].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([stream, head]) => leaf(hash, stream, head))

/** The level above: pairs become nodes, and a last one without a neighbour goes up as it is. */
const above = (hash: Hash, level: ReadonlyArray<Digest>): ReadonlyArray<Digest> =>
  level.flatMap((left, index) => {
    if (index % 2 === 1) return []
    const right = level[index + 1]
    return [right === undefined ? left : node(hash, left, right)]
  })

/** The root over all streams. */
export const root = (hash: Hash, heads: Heads): Digest => {
  let level = leaves(hash, heads)
  while (level.length > 1) level = above(hash, level)
  return level[0] ?? Digest.make(hash("io3/empty/v1"))
}

/** The neighbours on the way from a leaf to the root. */
export const Proof = Schema.Array(Schema.Struct({ hash: Digest, side: Schema.Literals(["left", "right"]) }))
export type Proof = typeof Proof.Type

/** The proof that a stream is under the root of these heads; `None` when it is not among them. */
export const prove = (hash: Hash, heads: Heads, stream: StreamId): Option.Option<Proof> => {
  const wanted = heads.get(stream)
  if (!wanted) return Option.none()
  let level = leaves(hash, heads)
  let place = level.indexOf(leaf(hash, stream, wanted))
  const proof: Array<Proof[number]> = []
  while (level.length > 1) {
    const neighbour = level[place ^ 1]
    if (neighbour !== undefined) proof.push({ hash: neighbour, side: place % 2 === 0 ? "right" : "left" })
    level = above(hash, level)
    place >>= 1
  }
  return Option.some(proof)
}

/** The root that a proof leads to. */
export const rootBy = (hash: Hash, from: Digest, proof: Proof): Digest =>
  proof.reduce(
    (below, neighbour) =>
      neighbour.side === "left" ? node(hash, neighbour.hash, below) : node(hash, below, neighbour.hash),
    from
  )

/** What every signed object has. */
export const signed = { key: PublicKey, signature: Signature } as const

/** A signed head. Kept elsewhere, it shows when rows were taken away, changed or made anew. */
export const Checkpoint = Schema.Struct({
  at: Timestamp,
  format: Schema.Literal("io3/checkpoint/v1"),
  position: Count,
  root: Digest,
  streams: Count,
  ...signed
})
export type Checkpoint = typeof Checkpoint.Type

/** The text that is signed: the object without its signature. */
export const signingText = (object: Readonly<Record<string, unknown>>): string =>
  canonical({ ...object, signature: undefined })

/** Reads a value from text that is exactly its canonical JSON. */
export const fromCanonical = <A>(schema: Schema.Decoder<A>, text: string): Option.Option<A> =>
  Option.filter(
    Schema.decodeUnknownOption(Schema.fromJsonString(schema))(text, { onExcessProperty: "error" }),
    (value) => canonical(value) === text
  )
