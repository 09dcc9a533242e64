/** Owns what an error of SQLite or of the file system means to the journal. No text of it goes any further. */
import { type Code, RuntimeFailure } from "../../domain/Failure.ts"

/** SQLite's primary result codes: https://www.sqlite.org/rescode.html */
const results: Readonly<Record<number, Code>> = {
  5: "JOURNAL_BUSY",
  6: "JOURNAL_BUSY",
  11: "JOURNAL_CORRUPT",
  13: "JOURNAL_FULL",
  26: "JOURNAL_CORRUPT"
}
const CONSTRAINT = 19

const resultOf = (error: unknown): number | null =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : null

/** Whether a rule of a table was broken: what was to be written is already there. */
export const isConstraint = (error: unknown): boolean => resultOf(error) === CONSTRAINT

/** The code a caller sees. An error that neither SQLite nor the system raised is a bug of ours. */
export const codeOf = (error: unknown): Code => {
  if (error instanceof RuntimeFailure) return error.code
  const result = resultOf(error)
  if (result !== null) return results[result] ?? "JOURNAL_UNAVAILABLE"
  if (!(error instanceof Error && "code" in error)) return "INTERNAL_ERROR"
  // SQLite holds larger numbers than we ever write.
  if (error.code === "ERR_OUT_OF_RANGE") return "JOURNAL_CORRUPT"
  return error.code === "ENOSPC" || error.code === "EDQUOT" ? "JOURNAL_FULL" : "JOURNAL_UNAVAILABLE"
}
