/** Owns the guess which file of the configuration somebody meant by a name that is none of them. Pure. */
import { type FileName, files } from "./Settings.ts"

const names = Object.keys(files) as ReadonlyArray<FileName>

/** More wrong letters than this is another name. */
const MOST_WRONG = 3

/** The file of the set whose name is nearest; null when none is near. */
export const meantBy = (name: string): FileName | null => {
  const tidy = tidied(name)
  const ranked = names
    .map((candidate) => ({ candidate, wrong: distance(tidy, tidied(candidate)) }))
    .toSorted((one, other) => one.wrong - other.wrong)
  const [nearest] = ranked
  return nearest && nearest.wrong <= MOST_WRONG ? nearest.candidate : null
}

const ENDING = /\.(?:ya?ml|json|txt)$/u

/** Case, separators and endings are what people get wrong without noticing. */
const tidied = (name: string): string =>
  name
    .slice(0, 64)
    .toLowerCase()
    .replaceAll(new RegExp(ENDING, "gu"), "")
    .replaceAll(/[^a-z0-9]/gu, "")

/** How many letters have to be added, left out or replaced. */
const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...one].entries()) {
    let diagonal = i
    row = [i + 1, ...row.slice(1)]
    for (const [j, wanted] of [...other].entries()) {
      const above = row[j + 1] ?? 0
      row[j + 1] = Math.min((row[j] ?? 0) + 1, above + 1, diagonal + (letter === wanted ? 0 : 1))
      diagonal = above
    }
  }
  return row[other.length] ?? 0
}
