/** Owns disclosures: every row of a run, the proof that they are under a signed head, and the one text that left it. */
import { CHECKPOINT, hold, rowOf } from "./chain.mjs"
import { attempt, readWhole } from "./files.mjs"
import { fits, list, one } from "./forms.mjs"
import { contentOf } from "./receipt.mjs"
import { advance, newRun } from "./run.mjs"

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
export const checkDisclosure = ({ hmac, latin1 }, { genesis, isSigned, linked, rootBy }, bytes, given, key) =>
  attempt((about) => {
    const disclosure = readWhole(latin1(bytes), isDisclosure)
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
    const root = rootBy(run.stream, before, proof)
    hold(before.position <= checkpoint.position && root === checkpoint.root, "proof")
    const receipt = run.ending?.receipt ?? null
    const text = receipt && textOf(run, receipt, content)
    hold(text !== null, "content")
    const isIt = (bytes) => hmac(opening, bytes) === text.digest
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
