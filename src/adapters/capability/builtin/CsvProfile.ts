/** Owns `cap.csv_profile`: what the columns of a CSV text hold. */
import { Schema } from "effect"
import { Count } from "../../../domain/Ids.ts"
import { builtin } from "../BuiltinPlace.ts"
import { COLUMN_TYPES, DELIMITERS, delimiterOf, parse, profile } from "../Csv.ts"
import { Capability } from "../Definition.ts"

const MOST_COLUMNS = 100
const Delimiter = Schema.Literals(DELIMITERS)
const nothing = { delimiter: ",", rows: 0, uneven_rows: 0, columns: [] } as const

export default Capability.define({
  id: "cap.csv_profile",
  version: "1.0",
  category: "computation",
  description: "Names the columns of a CSV text, with the type of each and what is missing",
  module: builtin(import.meta.url, "CsvProfile"),
  bounds: { timeoutMillis: 2000, maxInputChars: 65_536, maxOutputChars: 32_768 },
  input: Schema.Struct({
    text: Schema.String,
    /** Found out when left out. */
    delimiter: Schema.optionalKey(Delimiter),
    /** Whether the first record names the columns; it does when left out. */
    header: Schema.optionalKey(Schema.Boolean)
  }),
  output: Schema.Struct({
    delimiter: Delimiter,
    /** Without the one that names the columns. */
    rows: Count,
    /** Rows with more or fewer cells than there are names. */
    uneven_rows: Count,
    columns: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        type: Schema.Literals(COLUMN_TYPES),
        missing: Count,
        distinct: Count
      })
    )
  }),
  errorCodes: ["EMPTY_CSV", "MALFORMED_CSV", "TOO_MANY_COLUMNS"],
  run: ({ text, delimiter = delimiterOf(text), header = true }) => {
    const records = parse(text, delimiter)
    if (records === null) return Capability.refuse("MALFORMED_CSV", nothing)
    const [first] = records
    if (first === undefined) return Capability.refuse("EMPTY_CSV", nothing)
    const rows = header ? records.slice(1) : records
    const width = records.reduce((most, { length }) => Math.max(most, length), 0)
    if (width > MOST_COLUMNS) return Capability.refuse("TOO_MANY_COLUMNS", nothing)
    const named = header ? first.length : width
    const names = Array.from(
      { length: width },
      (_, index) => (header && first[index]) || `column_${index + 1}`
    )
    return {
      delimiter,
      rows: rows.length,
      uneven_rows: rows.filter(({ length }) => length !== named).length,
      columns: profile(names, rows)
    }
  }
})
