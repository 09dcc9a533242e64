/** Owns what a server adds to a call of its model, one call after the other. The first target is that call by itself. */
import { median, p99 } from "../rounds.ts"
import { sequential, type Target } from "./load.ts"

const ROUNDS = 7
const REPETITIONS = 100

export const added = async (
  title: string,
  targets: ReadonlyArray<Target>,
  repetitions = REPETITIONS
): Promise<string> => {
  const medians = targets.map((): Array<number> => [])
  const all = targets.map((): Array<number> => [])
  for (let round = 0; round <= ROUNDS; round++) {
    let direct = 0
    for (const [index, target] of targets.entries()) {
      const taken = (await sequential(target, repetitions)).map(({ whole }) => whole)
      if (index === 0) direct = median(taken)
      if (round === 0) continue
      medians[index]!.push(median(taken) - (index === 0 ? 0 : direct))
      all[index]!.push(...taken.map((millis) => millis - (index === 0 ? 0 : direct)))
    }
  }
  const floor = targets.findIndex(({ name }) => name === "floor")
  const line = ({ name }: Target, index: number) => {
    const ratio = median(medians[index]!.map((millis, round) => millis / medians[floor]![round]!))
    return `  ${(index === 0 ? name : `${name} adds`).padEnd(20)} ${median(medians[index]!).toFixed(3).padStart(9)} ms  × ${ratio.toFixed(2)} of floor  p99 ${p99(all[index]!).toFixed(3)}  × ${(p99(all[index]!) / p99(all[floor]!)).toFixed(2)}`
  }
  return [title, ...targets.map(line)].join("\n")
}
