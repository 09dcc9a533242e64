/** Owns the check of a record row by row: the law over its rows, and a checkpoint that somebody kept elsewhere. Pure. */
import { Schema } from "effect"
import type { Spending } from "../../domain/run/Budget.ts"
import { type Check, Falsehood, open as openLaw } from "../../domain/ledger/Evidence.ts"
import { type Checkpoint, type Heads, root, signingText } from "../../domain/ledger/Head.ts"
import type { Digest, PublicKey, Signature } from "../../domain/Ids.ts"
import type { Hash, Row } from "../../domain/ledger/Ledger.ts"
import type { Signer } from "../../ports/Signer.ts"
import type { Fingerprinting } from "../../ports/Vault.ts"

/** What checking takes: hashes, and whether a signature is a key's. None of it is secret. */
export interface Tools {
  readonly hash: Hash
  readonly fingerprinting: () => Fingerprinting
  readonly verifies: Signer["Service"]["verifies"]
}

/** What somebody brings from elsewhere; without it, a record can only be held against itself. */
export interface Against {
  readonly checkpoint: Checkpoint | null
  /** The key that signatures have to be of; without one, any key's will do. */
  readonly publicKey: PublicKey | null
}
export const itself: Against = { checkpoint: null, publicKey: null }

/** The first thing that is false, and where it shows. */
export const Broken = Schema.Struct({
  ...Falsehood.fields,
  /**
   * Beyond what the law finds in rows: `stream_head`, what is kept as a stream's head is not its last row;
   * `checkpoint`, the head at its position is another; `truncated`, the record ends before it; `signature`, it is not
   * that of the key it names; `key`, that is not the key it should be; `format`, what no export has in this place;
   * `footer`, it does not say what the lines before it amount to; `text`, a sealed text is gone, does not open or is
   * another one; `budget_counter`, what is counted against a budget is not what the runs took.
   */
  fault: Schema.Union([
    ...Falsehood.fields.fault.members,
    Schema.Literals([
      "stream_head",
      "checkpoint",
      "truncated",
      "signature",
      "key",
      "format",
      "footer",
      "text",
      "budget_counter"
    ])
  ])
})
export type Broken = typeof Broken.Type

/** Something that is false of a row. Somebody else may have written any number there; a record of it has only counts. */
export const brokenAt = (
  { position, stream, seq }: Pick<Broken, "position" | "stream" | "seq">,
  fault: Broken["fault"]
): Broken => ({ position: Math.max(0, position), stream, seq: Math.max(0, seq), fault })

/** Something that is false of the record as a whole. */
export const wholly = (fault: Broken["fault"], position: number): Broken =>
  brokenAt({ position, stream: null, seq: 0 }, fault)

/** What the law finds. */
export const found = (falsehood: Falsehood | null): Broken | null =>
  falsehood && brokenAt(falsehood, falsehood.fault)

/** A check under way; after something false it is over. */
export interface RecordCheck {
  readonly law: Check
  /** Before the first row. */
  readonly begin: () => Broken | null
  readonly row: (row: Row) => Broken | null
  /** After the last one. */
  readonly end: () => Broken | null
  /** The head over the rows so far. */
  readonly root: () => Digest
  /** Whether these heads are those of the checkpoint, if there is one. */
  readonly agrees: (heads: Heads) => boolean
  /** Whether a signature is that of the right key over the rest of its object. */
  readonly signed: (object: Signed) => "signature" | "key" | null
}

/** How far a record was checked, and what its rows come to there. */
export interface Reached {
  readonly position: number
  readonly heads: Heads
  readonly spendings: ReadonlyArray<Spending>
}
export const reached = ({ law }: RecordCheck): Reached => ({
  position: law.position(),
  heads: law.heads(),
  spendings: law.spendings()
})

type Signed = Readonly<Record<string, unknown>> & { readonly key: PublicKey; readonly signature: Signature }

export const open = ({ hash, verifies }: Tools, { checkpoint, publicKey }: Against): RecordCheck => {
  const law = openLaw({ hash })
  const trusted = publicKey ?? checkpoint?.key ?? null

  const signed = (object: Signed) =>
    !verifies(object.key, signingText(object), object.signature)
      ? ("signature" as const)
      : trusted !== null && object.key !== trusted
        ? ("key" as const)
        : null

  const agrees = (heads: Heads): boolean =>
    checkpoint === null || (heads.size === checkpoint.streams && root(hash, heads) === checkpoint.root)

  const meets = (): Broken | null =>
    checkpoint?.position === law.position() && !agrees(law.heads())
      ? wholly("checkpoint", checkpoint.position)
      : null

  return {
    law,
    begin: () => {
      const fault = checkpoint && signed(checkpoint)
      return fault && checkpoint ? wholly(fault, checkpoint.position) : meets()
    },
    row: (row) => found(law.row(row)) ?? meets(),
    end: () => {
      if (!law.isWhole()) return wholly("unpaired", law.position())
      return checkpoint && checkpoint.position > law.position()
        ? wholly("truncated", law.position() + 1)
        : null
    },
    root: () => root(hash, law.heads()),
    agrees,
    signed
  }
}
