/**
 * Owns the form of what is signed and chained: canonical JSON, rows and their links, the head of everything, signatures.
 * How something is hashed, and a signature checked, is a parameter.
 */
import { fits, ID, isCount, one } from "./forms.mjs"
import { isEvent, kindOf } from "./shapes.mjs"

/** The first thing that does not hold; its message is one of the names in the documentation. */
export class Falsehood extends Error {}
export const hold = (holds, falsehood) => {
  if (!holds) throw new Falsehood(falsehood)
}

// ---- Canonical JSON

export const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const names = Object.keys(value).toSorted()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`
}

/** Reads text that is exactly what `write` makes of a value that passes; else null. */
export const exactly = (text, write, passes) => {
  try {
    const value = JSON.parse(text)
    return passes(value) && write(value) === text ? value : null
  } catch {
    return null
  }
}

// ---- Rows

const HEX = "[0-9a-f]{64}"
const NUMBER = "(0|[1-9][0-9]{0,15})"
const ROW = new RegExp(
  `^\\{"at":${NUMBER},"event":(\\{.*\\}),"hash":"(${HEX})","position":${NUMBER},"previous":"(${HEX})"` +
    `,"seq":${NUMBER},"stream":"(config|tokens|memory/${HEX}|(?:run|session|runbook)/${ID})"\\}$`
)

/** Reads a line of an export as a row; null when it is none. */
export const rowOf = (line) => {
  const found = ROW.exec(line)
  if (!found) return null
  const [, at, payload, rowHash, position, previous, seq, stream] = found
  const row = { at: +at, payload, hash: rowHash, position: +position, previous, seq: +seq, stream }
  return [row.at, row.position, row.seq].every(isCount) ? row : null
}

// ---- Signed heads

const signedHead = {
  key: "digest",
  position: "count",
  root: "digest",
  signature: "signature",
  streams: "count"
}
const inOrder = (shape) => Object.fromEntries(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1)))
export const CHECKPOINT = inOrder({ at: "count", format: one("io3/checkpoint/v1"), ...signedHead })
export const isCheckpoint = fits(CHECKPOINT)
const isFooter = fits(
  inOrder({ at: "count", digest: "digest", format: one("io3/export/v1"), rows: "count", ...signedHead })
)
export const footerOf = (line) => exactly(line, canonical, isFooter)

// ---- Links, the head of everything, signatures

/** The law of chains, with what hashes a text and what knows a signature. */
export const chainWith = ({ sha256, isEd25519 }) => {
  const genesis = (stream) => sha256(`io3/ledger/v1\n${stream}`)
  const leaf = (stream, { seq, hash }) => sha256(`io3/leaf/v1\n${stream}\n${seq}\n${hash}`)
  const node = (left, right) => sha256(`io3/node/v1\n${left}\n${right}`)

  /** Holds a row against the one before it in its stream, and returns its event and its hash. */
  const linked = (row, before) => {
    hold(row.seq === before.seq + 1, "gap")
    hold(row.previous === before.hash, "broken_link")
    const computed = sha256(`${row.previous}\n${row.seq}\n${row.at}\n${row.payload}`)
    hold(row.hash === computed, "altered")
    hold(row.at >= before.at, "time_reversed")
    const event = exactly(row.payload, JSON.stringify, isEvent)
    hold(event !== null, "unknown_event")
    hold(row.stream.startsWith(kindOf(event)), "wrong_stream")
    return { event, hash: computed }
  }

  /** The root over the last rows of all streams. */
  const rootOf = (heads) => {
    let level = [...heads.keys()].toSorted().map((stream) => leaf(stream, heads.get(stream)))
    if (level.length === 0) return sha256("io3/empty/v1")
    while (level.length > 1) {
      const above = []
      for (let at = 0; at < level.length; at += 2)
        above.push(at + 1 < level.length ? node(level[at], level[at + 1]) : level[at])
      level = above
    }
    return level[0]
  }

  /** The root that a proof leads to from a stream's last row. */
  const rootBy = (stream, last, proof) =>
    proof.reduce(
      (below, { hash, side }) => (side === "left" ? node(hash, below) : node(below, hash)),
      leaf(stream, last)
    )

  const isSigned = ({ signature, ...rest }) => isEd25519(rest.key, canonical(rest), signature)

  return { sha256, genesis, linked, rootOf, rootBy, isSigned }
}
