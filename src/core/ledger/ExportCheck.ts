/** Owns the check of an export: its bytes as they come, cut into lines, each held to the format and its rows to the law. Pure. */
import { Option } from "effect"
import { type Footer, HEADER, parseFooter, parseRow } from "../../domain/ledger/Export.ts"
import {
  type Against,
  type Broken,
  itself,
  open as openRecord,
  type RecordCheck,
  type Tools,
  wholly
} from "./RecordCheck.ts"

/** No line of an export is longer, in UTF-16 code units. */
const LONGEST_LINE = 4 * 1024 * 1024

/** A check under way; after something false it is over. */
export interface ExportCheck {
  /** Takes in the next bytes, cut anywhere. */
  readonly take: (bytes: Uint8Array) => Broken | null
  /** After the last ones. */
  readonly end: () => Broken | null
  readonly record: RecordCheck
  /** What was signed, once the footer has come. */
  readonly footer: () => Footer | null
}

export const open = (tools: Tools, against: Against): ExportCheck => {
  const record = openRecord(tools, against)
  const bytesBefore = tools.fingerprinting()
  const cut = lines()
  let begun = false
  let footer: Footer | null = null

  const misplaced = () => wholly("format", record.law.position() + 1)

  const line = (text: string): Broken | null => {
    if (footer) return misplaced()
    if (!begun) {
      begun = true
      if (text !== HEADER) return wholly("format", 0)
      bytesBefore.add(`${text}\n`)
      return record.begin()
    }
    const row = Option.getOrNull(parseRow(text))
    if (row) {
      bytesBefore.add(`${text}\n`)
      return record.row(row)
    }
    footer = Option.getOrNull(parseFooter(text))
    return footer ? ending(footer) : misplaced()
  }

  const ending = (said: Footer): Broken | null => {
    const position = record.law.position()
    const fault = record.signed(said)
    if (fault) return wholly(fault, position)
    const holds =
      said.position === position &&
      said.rows === position &&
      said.streams === record.law.heads().size &&
      said.root === record.root() &&
      said.digest === bytesBefore.result()
    return holds ? record.end() : wholly("footer", position)
  }

  return {
    take: (bytes) => {
      const whole = cut.take(bytes)
      if (whole === null) return misplaced()
      for (const text of whole) {
        const broken = line(text)
        if (broken) return broken
      }
      return null
    },
    end: () => (footer && cut.isEmpty() ? null : misplaced()),
    record,
    footer: () => footer
  }
}

/** Checks a whole export that is at hand: the first thing that is false about it, or null. */
export const checkExport = (tools: Tools, bytes: Uint8Array, against: Against = itself): Broken | null => {
  const check = open(tools, against)
  return check.take(bytes) ?? check.end()
}

/** Cuts bytes into lines that end with a line break; null where they are no UTF-8 text or a line has no end. */
const lines = () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let rest = ""
  return {
    take: (bytes: Uint8Array): ReadonlyArray<string> | null => {
      try {
        const pieces = (rest + decoder.decode(bytes, { stream: true })).split("\n")
        rest = pieces.pop() ?? ""
        return [...pieces, rest].some((piece) => piece.length > LONGEST_LINE) ? null : pieces
      } catch {
        return null
      }
    },
    /** Whether nothing is left after the last line break, not even the first byte of a letter. */
    isEmpty: (): boolean => {
      try {
        return rest + decoder.decode() === ""
      } catch {
        return false
      }
    }
  }
}
