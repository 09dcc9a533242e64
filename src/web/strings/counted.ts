/** Owns how so many of something are said in the sentences of the page. */
import { count } from "../format.ts"

export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${count(number)} ${number === 1 ? one : many}`

/** Tokens, as far as somebody has counted them; nothing where nobody has. */
export const inAndOut = (input: number | null, output: number | null): string =>
  [input !== null && `${count(input)} in`, output !== null && `${count(output)} out`]
    .filter(Boolean)
    .join(" / ")
