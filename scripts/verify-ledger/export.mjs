/** Owns exports: one is taken in piece by piece, as it comes; the first thing that does not hold ends it. */
import { footerOf, hold, isCheckpoint, rowOf } from "./chain.mjs"
import { readWhole, told } from "./files.mjs"
import { newLedger, takeIn } from "./ledger.mjs"

const HEADER = '{"format":"io3/ledger/v1"}'
/** No line of a ledger is longer; whatever is, is not kept. */
const MOST_LINE = 4 * 1024 * 1024

/**
 * Begins to check an export. `key` is the public key that is trusted; null trusts the file's own. `checkpoint` is the text of
 * one that was kept elsewhere, or null. `take` wants its bytes in order, and answers with what is false as soon as something
 * is, else with null; `end` says what was found; `rows` is how many have held so far.
 */
export const beginExport = ({ newDigest, latin1 }, chain, { key = null, checkpoint = null } = {}) => {
  const ledger = newLedger()
  const digest = newDigest()
  let kept = null
  let trusted = key
  let rest = ""
  let lines = 0
  let footer = null
  let about = null
  let found = null

  const checkSigned = (signed) => {
    hold(chain.isSigned(signed), "signature")
    hold(trusted === null || signed.key === trusted, "key")
  }
  const look = () => {
    if (kept?.position !== ledger.position) return
    about = null
    hold(kept.streams === ledger.heads.size && kept.root === chain.rootOf(ledger.heads), "checkpoint")
  }
  const begin = () => {
    if (checkpoint === null) return
    kept = readWhole(checkpoint, isCheckpoint)
    trusted ??= kept.key
    checkSigned(kept)
    look()
  }
  const takeLine = (line) => {
    about = null
    hold(footer === null && line.length <= MOST_LINE, "format")
    if (lines++ === 0) return hold(line === HEADER, "format")
    const row = rowOf(line)
    if (row) {
      about = row
      takeIn(ledger, row, chain)
      return look()
    }
    footer = footerOf(line)
    hold(footer !== null, "format")
  }
  /** Lines with their breaks. Everything before the footer is under its digest. */
  const takeLines = (text) => {
    let start = 0
    for (let end = text.indexOf("\n"); end >= 0; start = end + 1, end = text.indexOf("\n", start)) {
      const isBefore = footer === null
      takeLine(text.slice(start, end))
      if (isBefore && footer !== null) digest.update(text.slice(0, start))
    }
    if (footer === null) digest.update(text)
  }
  const takeBytes = (bytes) => {
    const text = rest + latin1(bytes)
    const end = text.lastIndexOf("\n") + 1
    rest = text.slice(end)
    hold(rest.length <= MOST_LINE, "format")
    if (end > 0) takeLines(text.slice(0, end))
  }
  const finish = () => {
    about = null
    hold(rest === "" && footer !== null, "format")
    checkSigned(footer)
    const { position, heads } = ledger
    const root = chain.rootOf(heads)
    hold(footer.rows === position && footer.position === position && footer.streams === heads.size, "footer")
    hold(footer.root === root && footer.digest === digest.hex(), "footer")
    hold(ledger.open === null, "unpaired")
    hold(kept === null || kept.position <= position, "truncated")
    return {
      ok: true,
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
  }
  /** Whatever is false first is what was found. */
  const guarded = (step) => {
    try {
      if (found === null) step()
    } catch (error) {
      found = told(error, about)
    }
    return found
  }

  guarded(begin)
  return {
    get rows() {
      return ledger.position
    },
    take: (bytes) => guarded(() => takeBytes(bytes)),
    end: () => guarded(() => (found = finish()))
  }
}
