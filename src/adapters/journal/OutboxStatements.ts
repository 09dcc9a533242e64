/** Owns the SQL of what is owed to endpoints. */
import type { DatabaseSync } from "node:sqlite"

const delivery = `SELECT o.position, s.name AS stream, r.seq, r.at, r.hash, o.event, o.endpoint, o.state, o.attempts,
     o.next, o.status, o.failure
   FROM outbox o JOIN streams s ON s.first = o.stream JOIN rows r ON r.position = o.position`

/** What is known of every endpoint, as `EndpointState`. */
export const endpoints = `SELECT n.name AS endpoint, e.disabled, e.delivered,
     (SELECT count(*) FROM outbox o WHERE o.endpoint = n.name AND o.state = 'pending') AS pending,
     (SELECT count(*) FROM outbox o WHERE o.endpoint = n.name AND o.state = 'failed') AS failed
   FROM (SELECT name FROM endpoints UNION SELECT endpoint FROM outbox) n
   LEFT JOIN endpoints e ON e.name = n.name ORDER BY n.name`

export const outboxStatements = (db: DatabaseSync) => ({
  owe: db.prepare(
    `INSERT INTO outbox (position, stream, event, endpoint, state, attempts, next)
     VALUES (?, ?, ?, ?, 'pending', 0, ?)`
  ),
  due: db.prepare(
    `${delivery} WHERE o.endpoint = ? AND o.state = 'pending' AND o.next <= ?
       AND NOT EXISTS (SELECT 1 FROM outbox b
         WHERE b.state = 'pending' AND b.endpoint = o.endpoint AND b.stream = o.stream AND b.position < o.position)
       AND NOT EXISTS (SELECT 1 FROM endpoints e WHERE e.name = o.endpoint AND e.disabled IS NOT NULL)
     ORDER BY o.position LIMIT ?`
  ),
  holder: db.prepare(
    `SELECT e.owner AS id, w.host, w.pid, w.started, w.beat
     FROM endpoints e LEFT JOIN owners w ON w.id = e.owner WHERE e.name = ? AND e.owner IS NOT NULL`
  ),
  take: db.prepare(
    `INSERT INTO endpoints (name, owner) VALUES (?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner`
  ),
  leave: db.prepare("UPDATE endpoints SET owner = NULL WHERE name = ? AND owner = ?"),
  settle: db.prepare(
    `UPDATE outbox SET state = ?, attempts = attempts + 1, next = ?, status = ?, failure = ?
     WHERE position = ? AND endpoint = ? AND state = 'pending'`
  ),
  took: db.prepare("UPDATE endpoints SET delivered = ? WHERE name = ?"),
  disable: db.prepare("UPDATE endpoints SET disabled = ? WHERE name = ?"),
  enable: db.prepare("UPDATE endpoints SET disabled = NULL WHERE name = ? AND disabled IS NOT NULL"),
  hurry: db.prepare(
    "UPDATE outbox SET next = ?, attempts = 0 WHERE endpoint = ? AND state = 'pending' AND next > ?"
  ),
  list: db.prepare(`${delivery} WHERE o.position < ? ORDER BY o.position DESC LIMIT ?`),
  find: db.prepare(`${delivery} WHERE substr(r.hash, 1, length(?)) = ? LIMIT 2`),
  requeue: db.prepare(
    `UPDATE outbox SET endpoint = ?, state = 'pending', attempts = 0, next = ?, status = NULL, failure = NULL
     WHERE position = ?`
  ),
  prune: db.prepare(
    `DELETE FROM outbox WHERE position IN
       (SELECT position FROM outbox WHERE state = 'delivered' AND next <= ? ORDER BY position LIMIT ?)`
  ),
  endpoints: db.prepare(endpoints)
})
