/**
 * Owns what is written down of a session so that another installation can go on with its control state: every row of its
 * stream, the proof that they are under a signed head, and what they come to. No text is in it. Pure.
 */
import { Option, Schema } from "effect"
import { isSessionEvent } from "../Event.ts"
import { Count, Mode, PackId, RunId, SESSION_PREFIX, Timestamp } from "../Ids.ts"
import { parseRow, rowLine } from "../ledger/Export.ts"
import { Checkpoint, fromCanonical, leaf, Proof, rootBy } from "../ledger/Head.ts"
import { canonical, type Hash, read as readEvent, type Row, verify } from "../ledger/Ledger.ts"
import { judgeSession } from "../ledger/RederivedSession.ts"
import type { Session } from "./Session.ts"

const Written = Schema.Struct({
  /** The memory packs of its turns. */
  active_memory_pack_ids: Schema.Array(PackId),
  checkpoint: Checkpoint,
  exported_at: Timestamp,
  format: Schema.Literal("io3/session/v1"),
  /** The routing mode of its turns. */
  governance_mode: Mode,
  proof: Proof,
  /** Each as its line of an export. */
  rows: Schema.Array(Schema.String),
  /** The run of its last turn; null before the first. */
  run_id: Schema.NullOr(RunId),
  schema_version: Schema.Literal("v1"),
  /** How many turns were begun. */
  workflow_position: Count
})

export type Snapshot = Omit<typeof Written.Type, "rows"> & { readonly rows: ReadonlyArray<Row> }

export const write = (snapshot: Snapshot): string =>
  canonical({ ...snapshot, rows: snapshot.rows.map(rowLine) })

/** Reads text that is exactly what `write` writes. */
export const read = (text: string): Option.Option<Snapshot> =>
  Option.flatMap(fromCanonical(Written, text), (written) =>
    Option.map(Option.all(written.rows.map(parseRow)), (rows) => ({ ...written, rows }))
  )

/** What the rows of a session come to, by the law; `None` where they are not those of one. */
export interface Lived {
  readonly session: Session
  readonly lastRun: RunId | null
  readonly last: Row
}

export const lived = (rows: ReadonlyArray<Row>): Option.Option<Lived> => {
  let session: Session | null = null
  let lastRun: RunId | null = null
  let before = 0
  for (const { stream, position, payload } of rows) {
    const event = readEvent(payload)
    if (position <= before || event === null || !isSessionEvent(event)) return Option.none()
    const judged = judgeSession(stream, session, event, null)
    if (judged.session === null) return Option.none()
    session = judged.session
    if (event._tag === "TurnStarted") lastRun = event.run
    before = position
  }
  const last = rows.at(-1)
  return session && last ? Option.some({ session, lastRun, last }) : Option.none()
}

/** What is said beside the rows of a session. */
export const said = ({ session, lastRun }: Lived) => ({
  active_memory_pack_ids: session.packs ?? [],
  governance_mode: session.persona,
  run_id: lastRun,
  schema_version: "v1" as const,
  workflow_position: session.after.turns
})

/** The session, if the rows are one whole chain of it, as the law has it, and under the checkpoint's root. Who signed that is asked elsewhere. */
export const proven = (hash: Hash, snapshot: Snapshot): Option.Option<Lived> => {
  const { checkpoint, proof, rows, ...rest } = snapshot
  return Option.filter(lived(rows), (lived) => {
    const { stream, position, seq, hash: head } = lived.last
    const facts = { ...rest, ...said(lived) }
    return (
      stream.startsWith(SESSION_PREFIX) &&
      position <= checkpoint.position &&
      verify(hash, stream, rows)._tag === "Success" &&
      rootBy(hash, leaf(hash, stream, { seq, hash: head }), proof) === checkpoint.root &&
      canonical(facts) === canonical(rest)
    )
  })
}
