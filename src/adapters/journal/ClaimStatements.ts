/** Owns the statements over keys of requests, prepared when the first of them is used. */
import type { DatabaseSync } from "node:sqlite"

export const claimStatements = (db: DatabaseSync) => ({
  claimed: db.prepare(
    `SELECT principal, key, request, attempt, subject, at, answer FROM claims
     WHERE principal = ? AND key = ?`
  ),
  claim: db.prepare(
    `INSERT INTO claims (principal, key, request, attempt, subject, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET request = excluded.request, attempt = excluded.attempt,
       subject = excluded.subject, at = excluded.at, answer = NULL`
  ),
  answer: db.prepare(
    "UPDATE claims SET answer = ? WHERE principal = ? AND key = ? AND attempt = ? AND answer IS NULL"
  ),
  forget: db.prepare(
    "DELETE FROM claims WHERE rowid IN (SELECT rowid FROM claims WHERE at < ? ORDER BY at LIMIT ?)"
  )
})
