/**
 * Owns an answer without its words: in their place stands whose they are. What was kept of an answer is no second copy of a
 * text, and what is given again is read where it is sealed.
 */
import { Effect, type Schema } from "effect"
import { metaOf } from "../api/results/RunResults.ts"
import type { History } from "../core/ledger/History.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Open } from "./Gate.ts"

type Members = Readonly<Record<string, Schema.Json>>

const isObject = (value: Schema.Json): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whose words a value stands for; names that no answer has. */
const SAID = "$said"
const MADE = "$made"

const isWords = (name: string, value: Schema.Json) => name === "message" && typeof value === "string"
const isMade = (name: string, value: Schema.Json, { capability_id }: Members) =>
  name === "output" && capability_id !== undefined && value !== null

/** `run` is the run of whatever an answer is part of. */
export const without = (answer: Schema.Json, run: string | null = null): Schema.Json => {
  if (Array.isArray(answer)) return answer.map((item: Schema.Json) => without(item, run))
  if (!isObject(answer)) return answer
  const { run_id } = answer
  const own = typeof run_id === "string" ? run_id : run
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]) => {
      if (own !== null && isWords(name, value)) return [name, { [SAID]: own }]
      if (own !== null && isMade(name, value, answer)) return [name, { [MADE]: own }]
      return [name, without(value, own)]
    })
  )
}

/** The same answer with its words, as they are on record; without them where the gate is not open. `RUN_ERASED`. */
export const withWords = (
  open: Open | null,
  { text }: Pick<History["Service"], "text">
): ((answer: Schema.Json) => Effect.Effect<Schema.Json, RuntimeFailure>) => {
  const member = Effect.fnUntraced(function* (name: string, value: Schema.Json) {
    if (isObject(value) && typeof value[SAID] === "string")
      return open ? [[name, open.pass((yield* text(value[SAID])).released.text)] as const] : []
    if (isObject(value) && typeof value[MADE] === "string") {
      if (!open) return [[name, null] as const]
      const { capability, released } = yield* text(value[MADE])
      const made = metaOf(capability, released).capability?.output ?? null
      return [[name, open.pass(made as Schema.Json)] as const]
    }
    return [[name, yield* whole(value)] as const]
  })
  const whole = Effect.fnUntraced(function* (
    answer: Schema.Json
  ): Effect.fn.Return<Schema.Json, RuntimeFailure> {
    if (Array.isArray(answer)) return yield* Effect.forEach(answer, (item: Schema.Json) => whole(item))
    if (!isObject(answer)) return answer
    const members = yield* Effect.forEach(Object.entries(answer), ([name, value]) => member(name, value))
    return Object.fromEntries(members.flat())
  })
  return whole
}
