/** Owns the rows that a stream grows by in SQLite, and those that are overwritten when its texts are erased. */
import type { Growth } from "./Plan.ts"
import type { Opened } from "./Statements.ts"

export const grow = (opened: Opened, { append, rows, head }: Growth): void => {
  const open = head.open ? 1 : 0
  if (append.expected > 0) opened.move.run(head.seq, head.hash, head.at, open, head.first)
  else opened.create.run(head.first, append.stream, head.seq, head.hash, head.at, open, head.owner)
  if (append.expected === 0 && append.key) opened.keep.run(head.first, append.key)
  else if (append.key && opened.revive.run(head.first).changes === 1) opened.rekey.run(append.key, head.first)
  for (const { position, seq, at, payload, previous, hash } of rows) {
    opened.append.run(position, head.first, seq, at, payload, previous, hash)
  }
  for (const { id, bytes } of append.sealed) opened.seal.run(head.first, id, bytes)
  for (const { index, event, endpoint } of append.notices) {
    const row = rows[index]
    if (row) opened.outbox().owe.run(row.position, head.first, event, endpoint, row.at)
  }
}

export const erase = (opened: Opened, { rows, head }: Growth): void => {
  opened.erase.run(head.first)
  opened.overwriteKey.run(head.first)
  opened.overwriteSealed.run(head.first)
  for (const { position } of rows.slice(-1)) opened.owe.run(position)
}
