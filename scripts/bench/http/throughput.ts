/** Owns how many requests a server answers in a second. */
import { median } from "../rounds.ts"
import { crowd, type Target } from "./load.ts"

const ROUNDS = 5
const MILLIS = 1500
const CONNECTIONS = 32

export const throughput = async (title: string, targets: ReadonlyArray<Target>): Promise<string> => {
  const rates = targets.map((): Array<number> => [])
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, target] of targets.entries()) {
      const rate = await crowd(target, CONNECTIONS, MILLIS)
      if (round > 0) rates[index]!.push(rate)
    }
  }
  const of = (index: number, name: string) => {
    const reference = targets.findIndex((target) => target.name === name)
    return median(rates[index]!.map((rate, round) => rate / rates[reference]![round]!)).toFixed(2)
  }
  return [
    title,
    ...targets.map(
      ({ name }, index) =>
        `  ${name.padEnd(20)} ${median(rates[index]!).toFixed(0).padStart(9)} /s  × ${of(index, "floor")} of floor  × ${of(index, "bare")} of bare`
    )
  ].join("\n")
}
