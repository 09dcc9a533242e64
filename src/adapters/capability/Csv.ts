/** Owns how CSV text (RFC 4180, with any delimiter) is read, and what its columns hold. */

export type Table = ReadonlyArray<ReadonlyArray<string>>

export const DELIMITERS = [",", ";", "\t", "|"] as const
export type Delimiter = (typeof DELIMITERS)[number]

/** `empty`: no cell says anything. A whole number with a leading zero is text: it names something. */
export const COLUMN_TYPES = ["empty", "boolean", "integer", "number", "date", "text"] as const

export interface Column {
  readonly name: string
  readonly type: (typeof COLUMN_TYPES)[number]
  /** Rows without this cell, or with nothing in it. */
  readonly missing: number
  /** How many different values there are. */
  readonly distinct: number
}

/** The records of a text, without blank lines; null where a quote is not closed, or text follows one that is. */
export const parse = (text: string, delimiter: Delimiter): Table | null => {
  const records: Array<ReadonlyArray<string>> = []
  const bare = new RegExp(`[^"\\r\\n${delimiter}][^\\r\\n${delimiter}]*|`, "uy")
  const quoted = /"([^"]*(?:""[^"]*)*)"/uy
  let record: Array<string> = []
  let at = text.startsWith("\uFEFF") ? 1 : 0
  while (at < text.length || record.length > 0) {
    const pattern = text[at] === '"' ? quoted : bare
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return null
    const [all, inner] = found
    record.push(inner === undefined ? all : inner.replaceAll('""', '"'))
    at += all.length
    if (text[at] === delimiter) {
      at++
      continue
    }
    const ending = /\r?\n|\r|$/uy
    ending.lastIndex = at
    const ended = ending.exec(text)
    if (ended === null) return null
    at += ended[0].length
    if (record.length > 1 || all !== "") records.push(record)
    record = []
  }
  return records
}

/** The delimiter that makes the most cells of the first record; a comma where none does. */
export const delimiterOf = (text: string): Delimiter => {
  const cells = (delimiter: Delimiter) => parse(text, delimiter)?.[0]?.length ?? 0
  return DELIMITERS.reduce((best, delimiter) => (cells(delimiter) > cells(best) ? delimiter : best))
}

/** What each column of a table holds; `names` are as many as the widest row has cells. */
export const profile = (names: ReadonlyArray<string>, rows: Table): ReadonlyArray<Column> =>
  names.map((name, index) => {
    const said = rows.map((row) => (row[index] ?? "").trim()).filter((cell) => cell !== "")
    return { name, type: typeOf(said), missing: rows.length - said.length, distinct: new Set(said).size }
  })

const KINDS = [
  ["boolean", /^(?:true|false)$/iu],
  ["integer", /^[+-]?(?:0|[1-9]\d*)$/u],
  ["number", /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u],
  [
    "date",
    /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u
  ]
] as const

const typeOf = (cells: ReadonlyArray<string>): Column["type"] =>
  cells.length === 0
    ? "empty"
    : (KINDS.find(([, pattern]) => cells.every((cell) => pattern.test(cell)))?.[0] ?? "text")
