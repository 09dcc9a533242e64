/** Owns what a steward's decision takes over HTTP: a turn that is held, its approval, and the release of its text. */
import { median, p99 } from "../rounds.ts"
import { Connection, requestOf } from "./talk.ts"

const ROUNDS = 60
const COLD = 20

interface Held {
  readonly pause: { readonly digest: string; readonly sequence: number; readonly run_id: string }
}

export const stewardship = async (url: string, mode: string): Promise<string> => {
  const connection = await Connection.to(url)
  const post = async (path: string, body: unknown, status: number) => {
    const reply = await connection.ask(requestOf(url, "POST", path, body))
    if (reply.status !== status) throw new Error(`${path.split("/")[1]} answered ${reply.status}`)
    return reply
  }
  try {
    const { text } = await post("/session/start", { mode: "steward", persona_mode: mode }, 201)
    const { session_id: session }: { readonly session_id: string } = JSON.parse(text)
    const [paused, released]: [Array<number>, Array<number>] = [[], []]
    for (let round = -COLD; round < ROUNDS; round++) {
      const held = await post(`/session/${session}/turn`, { prompt: "What is a receipt?" }, 202)
      const { pause }: Held = JSON.parse(held.text)
      const { digest, sequence, run_id: run } = pause
      const decided = await post(
        `/steward/pending/${run}/decision`,
        { action: "approve", digest, sequence },
        200
      )
      if (round < 0) continue
      paused.push(held.whole)
      released.push(decided.whole)
    }
    const line = (name: string, taken: ReadonlyArray<number>) =>
      `  ${name.padEnd(30)} ${median(taken).toFixed(3).padStart(9)} ms  p99 ${p99(taken).toFixed(3)}`
    return [
      "a steward",
      line("a turn until it is held", paused),
      line("its approval and release", released)
    ].join("\n")
  } finally {
    connection.close()
  }
}
