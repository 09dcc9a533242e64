/** Owns how a server bears more and more requests a second, each sent when it is due, until it answers fewer than it is asked. */
import { median, p99 } from "../rounds.ts"
import { paced, type Target } from "./load.ts"

const FROM = 100
const MILLIS = 3000
const MOST_CONNECTIONS = 256
/** Below this part of what is asked it is saturated. */
const SATURATED = 0.9

export const curve = async (title: string, target: Target): Promise<string> => {
  const lines: Array<string> = []
  for (let wanted = FROM; ; wanted *= 2) {
    const { perSecond, refused, taken } = await paced(target, wanted, MILLIS, MOST_CONNECTIONS)
    lines.push(
      `  ${`${wanted} asked a second`.padEnd(30)} ${perSecond.toFixed(0).padStart(9)} /s  p50 ${median(taken).toFixed(1)} ms  p99 ${p99(taken).toFixed(1)} ms${refused > 0 ? `  ${refused} refused` : ""}`
    )
    if (perSecond < wanted * SATURATED) return [title, ...lines].join("\n")
  }
}
