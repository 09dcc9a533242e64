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
  /** Of all repetitions of all rounds, in milliseconds. */
  readonly p99: number
  /** Median over the rounds of this candidate's median over the reference's. */
  readonly ratio: number
}

export const p99 = (values: ReadonlyArray<number>): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.99) - 1]!

/** Measures every candidate in every round, after one round that is not counted. The first is the reference. */
export const compare = async (
  candidates: ReadonlyArray<Candidate>,
  rounds: number
): Promise<ReadonlyArray<Figure>> => {
  const medians = candidates.map((): Array<number> => [])
  const all = candidates.map((): Array<number> => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, candidate] of candidates.entries()) {
      const taken = await candidate.measure()
      if (round === 0) continue
      medians[index]!.push(median(taken))
      all[index]!.push(...taken)
    }
  }
  return candidates.map(({ name }, index) => ({
    name,
    millis: median(medians[index]!),
    p99: p99(all[index]!),
    ratio: median(medians[index]!.map((value, round) => value / medians[0]![round]!))
  }))
}

export const table = (title: string, figures: ReadonlyArray<Figure>, unit = "ms"): string =>
  [
    title,
    ...figures.map(
      ({ name, millis, p99, ratio }) =>
        `  ${name.padEnd(46)} ${millis.toFixed(3).padStart(9)} ${unit}  × ${ratio.toFixed(2)}  p99 ${p99.toFixed(3)}`
    )
  ].join("\n")
