/** Owns conversations made up for tests: what a server says of one while it happens, and what it has on record at each point. */
import * as fc from "fast-check"
import type { Accepted, Facts, PastTurn, Receipt, Transcript } from "../../src/web/chat/conversation.ts"
import type { StreamEvent } from "../../src/web/server/contract.ts"

export const SESSION = "01a22767-9efb-7482-bb83-4a0996dfb541"

const certificate = {
  calls: 2,
  inputTokens: 900,
  outputTokens: 400,
  wallMillis: 60_000,
  capabilityCalls: 0,
  gates: 1
}
const digest = "0f".repeat(32)

const receiptOf = (message: string, complete: boolean): Receipt => ({
  digest,
  chars: [...message].length,
  complete,
  provenance: "model",
  finish: "stop",
  mode: "executor",
  provider: "ollama",
  model: "writer",
  fallbackUsed: false,
  configDigest: digest,
  promptHash: digest,
  audit: "none",
  auditor: null,
  certificate,
  usage: { calls: 1, inputTokens: 12, outputTokens: 7, latencyMillis: 30 }
})

/** What is known of a run in the process that runs it. */
const accepted: Accepted = {
  route: {
    mode: "executor",
    reason: "primary",
    fallbackUsed: false,
    selected: { provider: "ollama", model: "writer" },
    alternate: null
  },
  audit: false,
  certificate,
  memory_context: null,
  left_out_chars: 0
} as unknown as Accepted

/** Of a call that was stopped nobody says what it came to. */
const factsOf = (ending: Course["ending"]): Facts => ({
  provider: "ollama",
  model: "writer",
  fallback_used: false,
  audit: false,
  verdict: null,
  unaudited: false,
  unavailable: null,
  revised: false,
  calls: 1,
  calls_certified: 2,
  certificate,
  input_tokens: ending === "cancelled" ? null : 12,
  output_tokens: ending === "cancelled" ? null : 7,
  latency_ms: 30,
  first_token_ms: 3,
  decided: ending === "held" ? "approve" : null,
  history: { turns: 0, dropped: 0 },
  left_out_chars: 0,
  memory_context: null
})

/** How one turn goes. */
interface Course {
  readonly pieces: ReadonlyArray<string>
  readonly ending: "released" | "held" | "failed" | "cancelled"
  readonly insteadOf: number
}

const course: fc.Arbitrary<Course> = fc.record({
  pieces: fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }), { maxLength: 8 }),
  ending: fc.constantFrom("released", "held", "failed", "cancelled"),
  insteadOf: fc.nat({ max: 6 })
})

/** What is said, in order, and after each event what is on record by then. */
export interface Told {
  readonly events: ReadonlyArray<StreamEvent>
  readonly records: ReadonlyArray<Transcript>
}

const runOf = (index: number) => `01a22767-9fca-79ae-a9d7-0000000000${String(index).padStart(2, "0")}`

const tell = (courses: ReadonlyArray<Course>): Told => {
  const events: Array<StreamEvent> = []
  const records: Array<Transcript> = []
  const turns: Array<PastTurn> = []
  let [row, clock, count] = [1, 1000, 0]

  const record = (): Transcript => {
    const last = turns.at(-1)
    const isOpen = last !== undefined && last.ended_at === null
    return {
      session_id: SESSION,
      session_mode: "steward",
      status: last?.status === "held" ? "paused" : "active",
      turn_count: count,
      max_turns: 50,
      turns_remaining: 50 - count,
      turns_begun: turns.length,
      tokens: 19 * count,
      persona_mode: "executor",
      audit: false,
      thresholds_set: true,
      titled: true,
      erased: false,
      open_turn: isOpen
        ? { run_id: last.run_id, turn_index: last.turn_index, threshold_key: last.threshold_key }
        : null,
      created_at: 1000,
      updated_at: clock,
      title: "A title",
      turns: [...turns],
      next: null
    }
  }
  const say = (offset: number, event: object) => {
    events.push({ id: `${row}.${offset}`, ...event } as StreamEvent)
    records.push(record())
  }

  courses.forEach(({ pieces, ending, insteadOf }, index) => {
    const about = { run_id: runOf(index), session_id: SESSION, turn_index: index }
    const instead_of = insteadOf < index ? insteadOf : null
    const turn: PastTurn = {
      turn_index: index,
      instead_of,
      run_id: about.run_id,
      status: "running",
      outcome: "running",
      session_mode: "steward",
      persona_mode: "executor",
      facts: null,
      latency_ms: null,
      error_code: null,
      threshold_key: null,
      tokens: null,
      memory_keys_loaded: 0,
      started_at: ++clock,
      ended_at: null,
      prompt: `question ${index}`,
      file: null,
      message: null,
      receipt: null
    }
    const becomes = (change: Partial<PastTurn>) => (turns[index] = { ...turns[index]!, ...change })
    turns.push(turn)
    row++
    say(0, { event: "turn_started", data: { ...about, instead_of, accepted } })

    const text = pieces.join("")
    const isHeld = ending === "held"
    let bytes = 0
    if (!isHeld) {
      for (const piece of pieces) {
        bytes += Buffer.byteLength(piece)
        say(bytes, { event: "turn_delta", data: { run_id: about.run_id, text: piece } })
      }
    } else {
      row++
      clock++
      becomes({ status: "held", outcome: "held", threshold_key: "always" })
      say(0, { event: "steward_gate_triggered", data: { ...about, threshold_key: "always", pause: null } })
    }

    row++
    clock++
    count++
    const isWhole = ending === "released" || isHeld
    const code = isWhole ? null : ending === "cancelled" ? "RUN_CANCELLED" : "PROVIDER_TIMEOUT"
    const left = isWhole || text !== ""
    const facts = factsOf(ending)
    becomes({
      status: isWhole ? "ok" : "error",
      outcome: isWhole ? "released" : ending,
      facts,
      latency_ms: 30,
      tokens: 19,
      error_code: code,
      ended_at: clock,
      message: left ? text : null,
      receipt: left ? receiptOf(text, isWhole) : null
    })
    if (isHeld) {
      const by = { action: "approve", reason: "acceptable", principal: "carol", by: "person" }
      say(0, { event: "steward_decided", data: { ...about, ...by } })
    }
    if (isWhole) {
      const data = { run_id: about.run_id, message: text, receipt: receiptOf(text, true) }
      say(1, { event: "turn_output", data })
    } else say(2, { event: "turn_error", data: { ...about, error_code: code } })
    say(3, {
      event: "turn_completed",
      data: {
        ...about,
        status: isWhole ? "released" : ending,
        error_code: code,
        facts,
        tokens: 19,
        latency_ms: 30,
        session_status: "active",
        turn_count: count,
        turns_remaining: 50 - count
      }
    })
  })
  return { events, records }
}

export const told: fc.Arbitrary<Told> = fc.array(course, { minLength: 1, maxLength: 6 }).map(tell)
