/** Owns the check of an export: its bytes as they come, cut into lines, each held to the format and its rows to the law. Pure. */
import { Option } from "effect"
import { type Footer, HEADER, parseFooter, parseRow } from "../../domain/ledger/Export.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import {
  type Against,
  type Broken,
  itself,
  open as openRecord,
  type RecordCheck,
  type Tools,
  wholly
} from "./RecordCheck.ts"

/** No line of an export is longer, in bytes. */
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

/** `seen` is handed each row, once it holds. */
export const open = (tools: Tools, against: Against, seen: (row: Row) => void = ignored): ExportCheck => {
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
      const broken = record.row(row)
      if (broken === null) seen(row)
      return broken
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
      for (const text of cut.take(bytes)) {
        const broken = text === null ? misplaced() : line(text)
        if (broken) return broken
      }
      return null
    },
    end: () => (footer && cut.isEmpty() ? null : misplaced()),
    record,
    footer: () => footer
  }
}

const ignored = (): void => {}

/** Checks a whole export that is at hand: the first thing that is false about it, or null. */
export const checkExport = (tools: Tools, bytes: Uint8Array, against: Against = itself): Broken | null => {
  const check = open(tools, against)
  return check.take(bytes) ?? check.end()
}

/** Cuts bytes into lines that end with a line break, each decoded by itself; null in the place of one that is no text. */
const lines = () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let rest: Uint8Array = new Uint8Array(0)
  const decoded = (line: Uint8Array): string | null => {
    try {
      return line.length > LONGEST_LINE ? null : decoder.decode(line)
    } catch {
      return null
    }
  }
  return {
    *take(bytes: Uint8Array): Generator<string | null> {
      let from = 0
      for (let end = bytes.indexOf(LINE_BREAK); end >= 0; end = bytes.indexOf(LINE_BREAK, from)) {
        yield decoded(joined(rest, bytes.subarray(from, end)))
        rest = new Uint8Array(0)
        from = end + 1
      }
      rest = joined(rest, bytes.subarray(from))
      if (rest.length > LONGEST_LINE) yield null
    },
    /** Whether nothing is left after the last line break. */
    isEmpty: (): boolean => rest.length === 0
  }
}

const LINE_BREAK = 0x0a

const joined = (start: Uint8Array, end: Uint8Array): Uint8Array => {
  if (start.length === 0) return end
  const whole = new Uint8Array(start.length + end.length)
  whole.set(start)
  whole.set(end, start.length)
  return whole
}
