/** Owns models that answer well, badly or not at all, as chance has it, and what each answer should amount to. */
import { Effect, Stream } from "effect"
import type { Purpose } from "../../src/domain/run/Bounds.ts"
import { Content, reveal } from "../../src/domain/Content.ts"
import { type Code, failure } from "../../src/domain/Failure.ts"
import { ModelName, ProviderName } from "../../src/domain/Ids.ts"
import type { FallbackReason } from "../../src/domain/run/Route.ts"
import { type Call, type Delta, type Provider, ProviderFailure } from "../../src/ports/Provider.ts"
import type { Chance } from "./Chance.ts"

export const MAX_OUTPUT_TOKENS = 16
export const WALL_MILLIS = 60_000

/** How an answer stops. `nothing`: without saying that it is over. */
type Tail =
  | { readonly end: "stop" | "length"; readonly read: number | null; readonly written: number | null }
  | { readonly fail: Code; readonly fallback: FallbackReason | null }
  | "hang"
  | "nothing"
  | "die"

/** What a model will do with one call. */
export interface Plan {
  readonly thoughts: string
  readonly pieces: ReadonlyArray<string>
  /** Milliseconds before each piece. */
  readonly wait: number
  readonly tail: Tail
  /** Of an auditor: the decision in its text, if its text has one. */
  readonly decision: string | null
}

/** What a call has to come to when nobody disturbs it. */
export interface Outcome {
  readonly outcome: "ok" | "failed" | "indeterminate"
  readonly code: Code | null
  readonly fallback: FallbackReason | null
  readonly text: string
  readonly finish: "stop" | "length" | null
  readonly read: number | null
  readonly written: number | null
}

const bytes = (texts: ReadonlyArray<string>): number => Buffer.byteLength(texts.join(""))

/** Counts that are none, above the certified, or not said are not known. */
const known = (count: number | null, most: number): number | null =>
  count !== null && Number.isInteger(count) && count >= 0 && count <= most ? count : null

export const outcomeOf = (plan: Plan, sent: ReadonlyArray<string>, mayRead: number): Outcome => {
  const { thoughts, pieces, wait, tail } = plan
  const text = pieces.join("").trim()
  const failed = (code: Code, fallback: FallbackReason | null = null): Outcome => {
    return { outcome: "failed", code, fallback, text, finish: null, read: null, written: null }
  }
  if (wait * pieces.length > WALL_MILLIS) return failed("PROVIDER_TIMEOUT")
  if (bytes([thoughts, ...pieces]) > (MAX_OUTPUT_TOKENS + 1) * 1024) return failed("PROVIDER_BAD_RESPONSE")
  if (tail === "hang") return failed("PROVIDER_TIMEOUT")
  if (tail === "die") return failed("INTERNAL_ERROR")
  if (tail === "nothing") return { ...failed("PROVIDER_OUTCOME_UNKNOWN"), outcome: "indeterminate" }
  if ("fail" in tail) {
    if (tail.fail === "PROVIDER_OUTCOME_UNKNOWN") return { ...failed(tail.fail), outcome: "indeterminate" }
    return failed(tail.fail, thoughts === "" && pieces.length === 0 ? tail.fallback : null)
  }
  const read = known(tail.read, mayRead)
  const said = { text, finish: tail.end, read, written: known(tail.written, MAX_OUTPUT_TOKENS) }
  const varied = bytes(sent.map((message) => message.replaceAll(/(.)\1+/gsu, "$1")))
  return read !== null && varied >= 2048 && read * 12 < varied
    ? { ...failed("CONTEXT_TRUNCATED"), ...said }
    : { outcome: "ok", code: null, fallback: null, ...said }
}

const failures: ReadonlyArray<readonly [Code, FallbackReason | null]> = [
  ["PROVIDER_UNAVAILABLE", "connection_refused"],
  ["PROVIDER_UNAVAILABLE", "server_error"],
  ["PROVIDER_MODEL_NOT_FOUND", "model_not_found"],
  ["PROVIDER_TIMEOUT", null],
  ["PROVIDER_BAD_RESPONSE", null],
  ["PROVIDER_OUTCOME_UNKNOWN", null],
  ["PROVIDER_REJECTED", null]
]

/** A plan for a call; `honest` is what a model that tells the truth says of what it read. */
export const draw = (chance: Chance, purpose: Purpose, name: string, honest: number): Plan => {
  const decision = purpose === "audit" ? drawDecision(chance) : null
  const wait = chance.percent(30) ? chance.pick([7, 900, 20_003, 61_001]) : 0
  const tail = drawTail(chance, honest)
  const thoughts = chance.percent(15) ? `thinking of ${name}` : ""
  const pieces = purpose === "audit" ? drawVerdict(chance, decision, name) : drawPieces(chance, name)
  return { decision: pieces.join("").includes("decision") ? decision : null, wait, tail, thoughts, pieces }
}

const drawTail = (chance: Chance, honest: number): Tail => {
  switch (chance.weighted({ well: 70, lies: 8, fails: 12, hang: 3, nothing: 4, die: 3 })) {
    case "well":
      return { end: chance.percent(92) ? "stop" : "length", read: honest, written: chance.below(9) }
    case "lies": {
      const count = () => chance.pick([null, Number.NaN, -1, 0.5, Number.MAX_SAFE_INTEGER, 1e9, 0, 1])
      return { end: "stop", read: count(), written: count() }
    }
    case "fails": {
      const [fail, fallback] = failures[chance.below(failures.length)] ?? ["PROVIDER_TIMEOUT", null]
      return { fail, fallback }
    }
    case "hang":
      return "hang"
    case "nothing":
      return "nothing"
    case "die":
      return "die"
  }
}

const drawPieces = (chance: Chance, name: string): ReadonlyArray<string> => {
  switch (chance.weighted({ words: 80, nothing: 8, blanks: 4, flood: 4, early: 4 })) {
    case "words":
      return Array.from(
        { length: 1 + chance.below(4) },
        (_, at) => chance.pick(["", " ", "\n"]) + `${name}.${at}é `
      )
    case "early":
    case "nothing":
      return []
    case "blanks":
      return ["  ", "\n"]
    case "flood":
      return Array.from({ length: 18 }, () => `${name} `.repeat(1024).slice(0, 1024))
  }
}

const drawDecision = (chance: Chance) =>
  chance.weighted({ pass: 40, needs_work: 30, reject: 12, abstain: 8, garbage: 10 })

const drawVerdict = (chance: Chance, decision: string | null, name: string): ReadonlyArray<string> => {
  if (decision === "garbage") return [chance.pick([`no opinion on ${name}`, "{", "", `["pass"]`])]
  const text = JSON.stringify({
    decision,
    issues: [],
    high_risk_claims: [],
    suggested_fixes: [`fix ${name}`]
  })
  const half = chance.below(text.length)
  return [text.slice(0, half), text.slice(half)]
}

/** One call as a model got it. */
export interface Received {
  readonly provider: string
  readonly purpose: Purpose
  readonly attempt: number
  readonly model: string
  readonly mayRead: number
  readonly sent: ReadonlyArray<string>
  readonly roles: ReadonlyArray<string>
}

/** A provider that asks `plan` what to do with each call. */
export const provider = (name: string, isWell: boolean, plan: (received: Received) => Plan): Provider => ({
  name: ProviderName.make(name),
  local: true,
  canAudit: true,
  window: 8192,
  generate: ({ permit: { purpose, attempt, reservation } }, { model, messages }: Call) =>
    Stream.suspend(() => {
      const sent = messages.map(({ content }) => reveal(content))
      const roles = messages.map(({ role }) => role)
      const mayRead = reservation.inputTokens
      return play(plan({ provider: name, purpose, attempt, model, mayRead, sent, roles }))
    }),
  health: isWell ? Effect.void : Effect.fail(failure("PROVIDER_UNAVAILABLE", "route")),
  models: Effect.succeed([ModelName.make("model")])
})

const play = ({ thoughts, pieces, wait, tail }: Plan): Stream.Stream<Delta, ProviderFailure> => {
  const delta =
    (tag: "Text" | "Thinking") =>
    (text: string): Delta => ({ _tag: tag, content: Content.of(text) })
  const deltas = [...(thoughts === "" ? [] : [delta("Thinking")(thoughts)]), ...pieces.map(delta("Text"))]
  return Stream.fromIterable(deltas).pipe(
    Stream.rechunk(1),
    Stream.mapEffect((said) =>
      said._tag === "Text" && wait > 0 ? Effect.as(Effect.sleep(wait), said) : Effect.succeed(said)
    ),
    Stream.concat(end(tail))
  )
}

const end = (tail: Tail): Stream.Stream<Delta, ProviderFailure> => {
  if (tail === "hang") return Stream.never
  if (tail === "nothing") return Stream.empty
  if (tail === "die") return Stream.die(new Error("a model's words"))
  return "fail" in tail
    ? Stream.fail(new ProviderFailure({ code: tail.fail, fallback: tail.fallback }))
    : Stream.succeed({ _tag: "End", finish: tail.end, inputTokens: tail.read, outputTokens: tail.written })
}
