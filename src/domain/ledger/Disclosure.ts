/** Owns what is handed out so that somebody else can check one text of one run: the opening, and the proof around it. Pure. */
import { Option, Result, Schema } from "effect"
import { parseRow, rowLine } from "./Export.ts"
import { Checkpoint, fromCanonical, leaf, Proof, rootBy } from "./Head.ts"
import { ContentId, type Count, type Digest, RUN_PREFIX } from "../Ids.ts"
import { canonical, type Hash, read as readEvent, type Row, verify } from "./Ledger.ts"
import type { Receipt } from "../run/Receipt.ts"
import type { Held } from "./Decision.ts"
import { isRunEvent } from "../Event.ts"
import { judge } from "./Rederivation.ts"
import { initial, leavingId, OUTPUT, type RunState } from "../run/Run.ts"

/** The key of the digests of one text. No record holds one. */
export const Opening = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  Schema.brand("Opening")
)
export type Opening = typeof Opening.Type

const Written = Schema.Struct({
  checkpoint: Checkpoint,
  content: ContentId,
  format: Schema.Literal("io3/disclosure/v1"),
  opening: Opening,
  proof: Proof,
  /** Each as its line of an export. */
  rows: Schema.Array(Schema.String)
})

/** `rows` are all rows of the run up to the checkpoint, and `proof` leads from their last to its root. */
export type Disclosure = Omit<typeof Written.Type, "rows"> & { readonly rows: ReadonlyArray<Row> }

export const write = (disclosure: Disclosure): string =>
  canonical({ ...disclosure, rows: disclosure.rows.map(rowLine) })

/** Reads text that is exactly what `write` writes. */
export const read = (text: string): Option.Option<Disclosure> =>
  Option.flatMap(fromCanonical(Written, text), (written) =>
    Option.map(Option.all(written.rows.map(parseRow)), (rows) => ({ ...written, rows }))
  )

/**
 * Whether the rows are one whole chain of a run, as the law has it, and under the checkpoint's root. Who signed that is
 * asked elsewhere; what follows from the run's configuration cannot be, for that is not here.
 */
export const isProven = (hash: Hash, { checkpoint, proof, rows }: Disclosure): boolean => {
  const last = rows.at(-1)
  if (!last?.stream.startsWith(RUN_PREFIX) || last.position > checkpoint.position) return false
  const { stream } = last
  return Result.match(verify(hash, stream, rows), {
    onFailure: () => false,
    onSuccess: (head) => rootBy(hash, leaf(hash, stream, head), proof) === checkpoint.root && isLawful(rows)
  })
}

const isLawful = (rows: ReadonlyArray<Row>): boolean => {
  let state = initial
  let held: Held | null = null
  let before = 0
  for (const { stream, seq, at, position, payload } of rows) {
    const event = readEvent(payload)
    if (position <= before || event === null || !isRunEvent(event)) return false
    const { judged, state: after } = judge({ stream, regime: null, state, held, worst: null }, event, at)
    if (after === null || judged.some(({ holds }) => !holds)) return false
    if (event._tag === "GateEvaluated") held = { seq, at }
    state = after
    before = position
  }
  return true
}

/** What is known of one text that left. */
export interface Leaf {
  readonly content: ContentId
  readonly digest: Digest
  readonly chars: Count
}

/** What left under the receipt of an ending: the answer, and with it what a capability has made; null without one. */
export const textsOf = ({
  receipt,
  content
}: {
  readonly receipt: Receipt
  readonly content: ContentId
}): { readonly answer: Leaf; readonly output: Leaf | null } => {
  const { digest, chars, capability } = receipt
  const answer = { content, digest, chars }
  if (content === OUTPUT) return { answer, output: answer }
  return {
    answer,
    output: capability ? { content: OUTPUT, digest: capability.digest, chars: capability.chars } : null
  }
}

/** What left a run: the receipt of its ending, and the id of the text that the receipt is over; null when nothing did. */
export const leftBy = (
  state: RunState
): { readonly receipt: Receipt; readonly content: ContentId } | null => {
  const receipt = state.ending?.receipt
  return receipt ? { receipt, content: leavingId(state, receipt.audit) } : null
}
