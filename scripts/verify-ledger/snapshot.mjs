/** Owns snapshots of sessions: every row of a session, the proof that they are under a signed head, and what they come to. */
import { CHECKPOINT, hold, rowOf } from "./chain.mjs"
import { attempt, readWhole } from "./files.mjs"
import { fits, list, nullable, one, same } from "./forms.mjs"
import { advanceSession, newSession } from "./session.mjs"

const isSnapshot = fits({
  active_memory_pack_ids: list("name"),
  checkpoint: CHECKPOINT,
  exported_at: "count",
  format: one("io3/session/v1"),
  governance_mode: "name",
  proof: list({ hash: "digest", side: one("left", "right") }),
  rows: list("line"),
  run_id: nullable("id"),
  schema_version: one("v1"),
  workflow_position: "count"
})

/** Checks that a snapshot is of a session as its rows have it. `key` is the public key that is trusted, or null. */
export const checkSnapshot = ({ latin1 }, { genesis, isSigned, linked, rootBy }, bytes, key) =>
  attempt((about) => {
    const snapshot = readWhole(latin1(bytes), isSnapshot)
    const { checkpoint, proof } = snapshot
    const rows = snapshot.rows.map(rowOf)
    hold(rows.length > 0 && rows.every((row) => row !== null && row.stream === rows[0].stream), "format")
    const { stream } = rows[0]
    hold(stream.startsWith("session/"), "wrong_stream")
    const session = newSession(stream)
    let before = { seq: 0, position: 0, at: 0, hash: genesis(stream) }
    let lastRun = null
    for (const row of rows) {
      about.row = row
      hold(row.position > before.position, "rows_missing")
      const { event } = linked(row, before)
      advanceSession(session, event, null)
      if (event._tag === "TurnStarted") lastRun = event.run
      before = row
    }
    about.row = null
    hold(isSigned(checkpoint), "signature")
    hold(key === null || checkpoint.key === key, "key")
    const root = rootBy(stream, before, proof)
    hold(before.position <= checkpoint.position && root === checkpoint.root, "proof")
    const { started, after } = session
    hold(
      snapshot.governance_mode === started.persona &&
        snapshot.run_id === lastRun &&
        snapshot.workflow_position === after.turns &&
        same(snapshot.active_memory_pack_ids, started.packs ?? []),
      "facts"
    )
    return {
      kind: "snapshot",
      stream,
      rows: rows.length,
      mode: after.mode,
      status: after.status,
      turns: after.steps,
      maxTurns: after.maxTurns,
      tokens: after.tokens,
      key: checkpoint.key,
      vouched: key !== null
    }
  })
