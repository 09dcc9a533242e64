/** Owns the values of a configuration as they are searched and shown. */
import type { Answer } from "../server/contract.ts"

export type Rows = Answer<"system.config">

/** Those in which every word of a search stands somewhere, in their order. */
export const matching = (rows: Rows, search: string): Rows => {
  const wanted = search.toLowerCase().split(/\s+/u).filter(Boolean)
  return rows.filter(({ file, key, value, origin }) => {
    const text = `${file} ${key} ${value} ${origin}`.toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

/** The files in their order, each with its values. */
export const filesOf = (rows: Rows): ReadonlyArray<readonly [file: string, rows: Rows]> => [
  ...Map.groupBy(rows, ({ file }) => file)
]
