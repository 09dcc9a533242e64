/** Owns how much later the first token is there with a server in between than without: events of a run, ungated. */
import { median, p99 } from "../rounds.ts"
import { sequential, type Target } from "./load.ts"

const ROUNDS = 7
const REPETITIONS = 40

/** Each is asked for what streams; `mark` is what its first token comes with. */
export interface Streaming extends Target {
  readonly mark: string
}

/** The first target is the model itself. */
export const firstToken = async (
  title: string,
  targets: readonly [Streaming, ...ReadonlyArray<Streaming>]
): Promise<string> => {
  const medians = targets.map((): Array<number> => [])
  const all = targets.map((): Array<number> => [])
  for (let round = 0; round <= ROUNDS; round++) {
    let direct = 0
    for (const [index, target] of targets.entries()) {
      const taken = (await sequential(target, REPETITIONS, target.mark)).map(({ first }) => first)
      if (index === 0) direct = median(taken)
      if (round === 0) continue
      const before = index === 0 ? 0 : direct
      medians[index]!.push(median(taken) - before)
      all[index]!.push(...taken.map((millis) => millis - before))
    }
  }
  const ratio = (index: number) =>
    median(medians[index]!.map((millis, round) => millis / medians[1]![round]!)).toFixed(2)
  return [
    title,
    ...targets.map(
      ({ name }, index) =>
        `  ${(index === 0 ? name : `${name} adds`).padEnd(30)} ${median(medians[index]!).toFixed(3).padStart(9)} ms${index === 0 ? "" : `  × ${ratio(index)} of ${targets[1]!.name}`}  p99 ${p99(all[index]!).toFixed(3)}`
    )
  ].join("\n")
}
