/** Owns the two kinds of files: an export is taken in line by line, a disclosure whole. What is false in one ends it. */
import { createHash, createHmac } from "node:crypto"
import { pair, sideOfHost, sideOfRun } from "./bond.mjs"
import { account, newSpending } from "./budget.mjs"
import {
  canonical,
  CHECKPOINT,
  exactly,
  Falsehood,
  footerOf,
  genesis,
  hold,
  isCheckpoint,
  isSigned,
  leaf,
  linked,
  node,
  rootOf,
  rowOf,
  sha256
} from "./chain.mjs"
import { fits, list, one } from "./forms.mjs"
import { configurationOf } from "./laws.mjs"
import { advanceMemory, newMemory } from "./memory.mjs"
import { contentOf } from "./receipt.mjs"
import { advance, newRun } from "./run.mjs"
import { advanceRunbook, newRunbook } from "./runbook.mjs"
import { advanceSession, newSession } from "./session.mjs"
import { advanceTokens, newTokens } from "./tokens.mjs"

const HEADER = '{"format":"io3/ledger/v1"}'
/** No line of a ledger is longer; whatever is, is not kept. */
const MOST_LINE = 4 * 1024 * 1024

/** Checks; a falsehood comes back with the row it is about, if it is about one. */
export const attempt = (check) => {
  const about = { row: null }
  try {
    return { ok: true, ...check(about) }
  } catch (error) {
    if (!(error instanceof Falsehood)) throw error
    const { position = null, stream = null, seq = null } = about.row ?? {}
    return { ok: false, falsehood: error.message, position, stream, seq }
  }
}

/** A run of which nothing is asked any more but whether it was erased. */
const ended = ({ stream, erased }) => ({ stream, rules: null, ending: true, erased })

const newLedger = () => ({
  position: 0,
  runs: 0,
  heads: new Map(),
  configurations: new Map(),
  spending: newSpending(),
  /** What the row before has opened; null where it wants no other beside it. */
  open: null
})

/** A text of its own: one cut out of a line would keep the whole line. */
const copied = (text) => Buffer.from(text, "latin1").toString("latin1")

const isAscending = (names) => names.every((name, at) => at === 0 || names[at - 1] < name)

/** Whether a configuration names itself, and what it lists is in the order of its names, each once. */
const isNamed = ({ configDigest, digests, policy }) =>
  isAscending(policy.providers.map(({ name }) => name)) &&
  isAscending((policy.capabilities ?? []).map(({ id }) => id)) &&
  configDigest === sha256(canonical({ digests, policy }))

/** What a stream is of, by how its name begins. */
const subjectOf = (stream) => {
  if (stream.startsWith("session/")) return { session: newSession(stream) }
  if (stream.startsWith("runbook/")) return { runbook: newRunbook(stream) }
  if (stream === "tokens") return { tokens: newTokens() }
  return stream.startsWith("memory/") ? { memory: newMemory(stream) } : { run: newRun(stream) }
}

const takeIn = (ledger, row) => {
  hold(row.position === ledger.position + 1, "rows_missing")
  let head = ledger.heads.get(row.stream)
  if (!head) {
    const stream = copied(row.stream)
    head = { seq: 0, at: 0, hash: genesis(stream), ...subjectOf(stream) }
    ledger.heads.set(stream, head)
  }
  const { event, hash } = linked(row, head)
  let side = null
  if (event._tag === "ConfigLoaded") {
    hold(isNamed(event), "config_misnamed")
    ledger.configurations.set(event.configDigest, configurationOf(event.policy))
  } else if (head.session) {
    advanceSession(head.session, event, ledger.configurations)
    side = sideOfHost(head.session.stream, event)
  } else if (head.runbook) {
    advanceRunbook(head.runbook, event, ledger.configurations)
    side = sideOfHost(head.runbook.stream, event)
  } else if (head.memory) advanceMemory(head.memory, event)
  else if (head.tokens) advanceTokens(head.tokens, event)
  else {
    if (event._tag === "RunAccepted") ledger.runs++
    advance(head.run, event, row, ledger.configurations)
    side = sideOfRun(head.run, event)
  }
  ledger.open = pair(ledger.open, side)
  if (head.run && event._tag !== "ConfigLoaded") {
    account(ledger.spending, head.run, event, row.at)
    if (head.run.ending) head.run = ended(head.run)
  }
  head.seq = row.seq
  head.at = row.at
  head.hash = hash
  ledger.position = row.position
}

/** One line with its break, of canonical JSON. */
export const readWhole = (text, passes) => {
  const value = text.endsWith("\n") ? exactly(text.slice(0, -1), canonical, passes) : null
  hold(value !== null, "format")
  return value
}

/** Lines with their breaks, together with the bytes they are of; a last line without one is none. */
function* textsOf(chunks) {
  let rest = ""
  for (const chunk of chunks) {
    const text = rest + chunk.toString("latin1")
    const end = text.lastIndexOf("\n") + 1
    rest = text.slice(end)
    hold(rest.length <= MOST_LINE, "format")
    if (end > 0) yield text.slice(0, end)
  }
  hold(rest === "", "format")
}

/**
 * Checks an export that comes in pieces of bytes. `key` is the public key that is trusted; null trusts the file's own.
 * `checkpoint` is the text of one that was kept elsewhere, or null.
 */
export const verifyExport = (chunks, { key = null, checkpoint = null } = {}) =>
  attempt((about) => {
    const kept = checkpoint === null ? null : readWhole(checkpoint, isCheckpoint)
    const trusted = key ?? kept?.key ?? null
    const checkSigned = (signed) => {
      hold(isSigned(signed), "signature")
      hold(trusted === null || signed.key === trusted, "key")
    }
    if (kept) checkSigned(kept)
    const ledger = newLedger()
    const digest = createHash("sha256")
    let lines = 0
    let footer = null
    const look = () => {
      if (kept?.position !== ledger.position) return
      about.row = null
      hold(kept.streams === ledger.heads.size && kept.root === rootOf(ledger.heads), "checkpoint")
    }
    look()
    for (const text of textsOf(chunks)) {
      let start = 0
      for (let end = text.indexOf("\n"); end >= 0; start = end + 1, end = text.indexOf("\n", start)) {
        const line = text.slice(start, end)
        about.row = null
        hold(footer === null && line.length <= MOST_LINE, "format")
        if (lines++ === 0) {
          hold(line === HEADER, "format")
          continue
        }
        const row = rowOf(line)
        if (row) {
          about.row = row
          takeIn(ledger, row)
          look()
        } else {
          footer = footerOf(line)
          hold(footer !== null, "format")
          digest.update(text.slice(0, start), "latin1")
        }
      }
      if (footer === null) digest.update(text, "latin1")
    }
    about.row = null
    hold(footer !== null, "format")
    checkSigned(footer)
    const { position, heads } = ledger
    const root = rootOf(heads)
    hold(footer.rows === position && footer.position === position && footer.streams === heads.size, "footer")
    hold(footer.root === root && footer.digest === digest.digest("hex"), "footer")
    hold(ledger.open === null, "unpaired")
    hold(kept === null || kept.position <= position, "truncated")
    return {
      kind: "export",
      rows: position,
      streams: heads.size,
      runs: ledger.runs,
      configurations: ledger.configurations.size,
      root,
      key: footer.key,
      vouched: key !== null || kept !== null,
      checkpoint: kept?.position ?? null
    }
  })

const isDisclosure = fits({
  checkpoint: CHECKPOINT,
  content: "content",
  format: one("io3/disclosure/v1"),
  opening: "digest",
  proof: list({ hash: "digest", side: one("left", "right") }),
  rows: list("line")
})

/** The text of an ending that is sealed under this id: the answer, or what a capability has made and left with it. */
const textOf = (run, receipt, content) => {
  if (content === contentOf(run, receipt.audit)) return receipt
  return content === "capability" ? (receipt.capability ?? null) : null
}

/** Checks that a text, as bytes, is what the run of a disclosure let out. */
export const verifyDisclosure = (bytes, given, { key = null } = {}) =>
  attempt((about) => {
    const disclosure = readWhole(bytes.toString("latin1"), isDisclosure)
    const { checkpoint, content, opening, proof } = disclosure
    const rows = disclosure.rows.map(rowOf)
    hold(rows.length > 0 && rows.every((row) => row !== null && row.stream === rows[0].stream), "format")
    hold(rows[0].stream.startsWith("run/"), "wrong_stream")
    const run = newRun(rows[0].stream)
    let before = { seq: 0, position: 0, at: 0, hash: genesis(run.stream) }
    for (const row of rows) {
      about.row = row
      hold(row.position > before.position, "rows_missing")
      const { event } = linked(row, before)
      advance(run, event, row, null)
      before = row
    }
    about.row = null
    hold(isSigned(checkpoint), "signature")
    hold(key === null || checkpoint.key === key, "key")
    const up = (below, { hash, side }) => (side === "left" ? node(hash, below) : node(below, hash))
    const root = proof.reduce(up, leaf(run.stream, before))
    hold(before.position <= checkpoint.position && root === checkpoint.root, "proof")
    const receipt = run.ending?.receipt ?? null
    const text = receipt && textOf(run, receipt, content)
    hold(text !== null, "content")
    const isIt = (bytes) =>
      createHmac("sha256", Buffer.from(opening, "hex")).update(bytes).digest("hex") === text.digest
    // A program puts a line break after what it prints.
    hold(isIt(given) || (given.at(-1) === 10 && isIt(given.subarray(0, -1))), "text")
    return {
      kind: "disclosure",
      stream: run.stream,
      rows: rows.length,
      complete: receipt.complete,
      key: checkpoint.key,
      vouched: key !== null
    }
  })
