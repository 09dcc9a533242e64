/** Owns which capabilities there are, that they are declared as they must be, and that each keeps its bounds. */
import { Effect, Layer, Schema } from "effect"
import { CapabilityErrorCode, CapabilityFacts } from "../../domain/capability/Capability.ts"
import { Content, reveal } from "../../domain/Content.ts"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Capabilities, type Capability, type Invoked } from "../../ports/Capability.ts"
import type { Definition } from "./Definition.ts"
import * as WarmThread from "./WarmThread.ts"

interface Registered {
  readonly capability: Capability
  readonly definition: Definition
}

/** A list that is not as it must be is a mistake of its program: it dies at the start, with a code in its message. */
export const layer = (definitions: ReadonlyArray<Definition>): Layer.Layer<Capabilities> =>
  Layer.effect(
    Capabilities,
    Effect.gen(function* () {
      const registered = new Map<string, Registered>()
      for (const definition of definitions) {
        const capability = register(definition)
        if (registered.has(capability.facts.id)) throw new Error(`CAPABILITY_ID_DUPLICATE: ${definition.id}`)
        registered.set(capability.facts.id, { capability, definition })
      }
      const perform = yield* WarmThread.make
      return Capabilities.of({
        list: [...registered.values()]
          .map(({ capability }) => capability)
          .toSorted((a, b) => (a.facts.id < b.facts.id ? -1 : 1)),
        get: (id) => registered.get(id)?.capability,
        invoke: (id, payload) => {
          const found = registered.get(id)
          return found
            ? invoke(found, payload ?? noPayload, perform)
            : Effect.fail(because("CAPABILITY_NOT_FOUND"))
        }
      })
    })
  )

const noPayload = Content.of("{}")
const because = (code: Code, limit?: RuntimeFailure["limit"]): RuntimeFailure =>
  failure(code, "capability", limit && { limit })
const tooLarge = (code: Code, actual: number, allowed: number) =>
  because(code, { actual, allowed, unit: "characters" })

const invoke = Effect.fnUntraced(function* (
  { capability: { facts }, definition: { module, errorCodes } }: Registered,
  payload: Content,
  perform: (work: WarmThread.Work) => Effect.Effect<WarmThread.Outcome>
) {
  const { id, version } = facts
  const { maxInputChars, maxOutputChars, timeoutMillis } = facts.bounds
  const inputChars = payload.length
  if (inputChars > maxInputChars) {
    return yield* Effect.fail(tooLarge("CAPABILITY_INPUT_TOO_LARGE", inputChars, maxInputChars))
  }
  const outcome = yield* perform({
    place: { module, id, version },
    payload: reveal(payload),
    maxOutputChars,
    timeoutMillis
  })
  if (outcome._tag === "Overran") return yield* Effect.fail(because("CAPABILITY_TIMEOUT"))
  if (outcome._tag === "Broke") return yield* Effect.fail(because("CAPABILITY_EXCEPTION"))
  const { performed, durationMillis } = outcome
  if (performed._tag === "Failed") return yield* Effect.fail(because(performed.code))
  const { refused, output } = performed
  if (output.chars > maxOutputChars) {
    return yield* Effect.fail(tooLarge("CAPABILITY_OUTPUT_TOO_LARGE", output.chars, maxOutputChars))
  }
  // The module may be another one by now than the one that was registered.
  if (refused !== null && !errorCodes.includes(refused)) {
    return yield* Effect.fail(because("CAPABILITY_OUTPUT_INVALID"))
  }
  return {
    ok: refused === null,
    errorCode: refused === null ? null : CapabilityErrorCode.make(refused),
    output: Content.of(output.text),
    durationMillis,
    inputChars,
    outputChars: output.chars
  } satisfies Invoked
})

const ID = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/u
const isFacts = Schema.is(CapabilityFacts)
const isErrorCode = Schema.is(CapabilityErrorCode)

/** What is registered, or an error that says what is wrong with the declaration. */
const register = (definition: Definition): Capability => {
  const { id, version, category, description, bounds, errorCodes } = definition
  const fault = (code: string) => new Error(`${code}: ${id}`)
  if (id.trim() === "") throw fault("CAPABILITY_ID_EMPTY")
  if (id.length > 128 || !ID.test(id)) throw fault("CAPABILITY_ID_INVALID")
  const { timeoutMillis, maxInputChars, maxOutputChars } = bounds
  const sizes = [timeoutMillis, maxInputChars, maxOutputChars]
  if (!sizes.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw fault("CAPABILITY_BOUNDS_INVALID")
  if (!errorCodes.every(isErrorCode)) throw fault("CAPABILITY_ERROR_CODE_INVALID")
  const facts = { id, version, category, bounds: { maxCalls: 1, ...bounds, sideEffectsAllowed: false } }
  if (!isFacts(facts)) throw fault("CAPABILITY_FACTS_INVALID")
  return {
    facts,
    description,
    get input() {
      return definition.input
    },
    get output() {
      return definition.output
    }
  }
}
