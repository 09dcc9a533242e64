/** Owns how figures are taken: interleaved rounds, medians of round medians, ratios against a reference of the same run. */

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** One thing that is measured: returns the milliseconds of each repetition. */
export interface Candidate {
  readonly name: string
  readonly measure: () => Promise<ReadonlyArray<number>>
}

export interface Figure {
  readonly name: string
  /** Median of the rounds' medians, in milliseconds. */
  readonly millis: number
  /** Median over the rounds of this candidate's median over the reference's. */
  readonly ratio: number
}

/** Measures every candidate in every round, after one round that is not counted. The first is the reference. */
export const compare = async (
  candidates: ReadonlyArray<Candidate>,
  rounds: number
): Promise<ReadonlyArray<Figure>> => {
  const medians = candidates.map((): Array<number> => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, candidate] of candidates.entries()) {
      const taken = median(await candidate.measure())
      if (round > 0) medians[index]!.push(taken)
    }
  }
  return candidates.map(({ name }, index) => ({
    name,
    millis: median(medians[index]!),
    ratio: median(medians[index]!.map((value, round) => value / medians[0]![round]!))
  }))
}

export const table = (title: string, figures: ReadonlyArray<Figure>, unit = "ms"): string =>
  [
    title,
    ...figures.map(
      ({ name, millis, ratio }) =>
        `  ${name.padEnd(46)} ${millis.toFixed(3).padStart(9)} ${unit}  × ${ratio.toFixed(2)}`
    )
  ].join("\n")
