/**
 * Owns whether this server lets text out (`content_release`), and what of an answer goes without: the rest of it stands. What of
 * the contract may hold text is `Gated`, and nothing else makes that.
 */
import { Context, Effect, Layer } from "effect"
import type { Gated } from "../api/Gated.ts"
import type { RunOutput } from "../api/results/RunResults.ts"
import type { RunbookOutput } from "../api/results/RunbookResults.ts"
import type { DecisionOutput } from "../api/results/StewardResults.ts"
import type { TurnOutput } from "../api/results/TurnResults.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { isLoopback } from "../domain/server/Admission.ts"
import { Configuration } from "../ports/Configuration.ts"

const passed = <A>(answer: A) => answer as A & Gated

declare const opened: unique symbol

/** That text may leave. Its mark cannot be named elsewhere: who has one has it from the gate. */
export interface Open {
  readonly [opened]: true
  /** An answer as it is, with its text. */
  readonly pass: <A>(answer: A) => A & Gated
}

const proof = { pass: passed } as Open

export class Gate extends Context.Service<Gate, { readonly open: Open | null }>()("io-iii/http/Gate") {
  /** Whatever the configuration says; where it says nothing, text goes to this machine alone. */
  static readonly layer = (host: string) =>
    Layer.effect(
      Gate,
      Effect.map(Configuration, ({ settings }) => ({
        open: (settings.runtime.content_release ?? isLoopback(host)) ? proof : null
      }))
    )
}

/** `CONTENT_RELEASE_DISABLED`, for whatever is nothing without its text. */
export const needsText = (open: Open | null): Effect.Effect<Open, RuntimeFailure> =>
  open ? Effect.succeed(open) : Effect.fail(failure("CONTENT_RELEASE_DISABLED", "release"))

type Answer = Omit<typeof RunOutput.Type, "result"> & {
  readonly result: Omit<(typeof RunOutput.Type)["result"], "message"> & { readonly message?: string }
}

type Made = (typeof RunOutput.Type)["result"]["meta"]
const withoutMade = ({ capability }: Made): Made =>
  capability ? { capability: { ...capability, output: null } } : {}

export const ofRun = <Output extends Pick<typeof RunOutput.Type, "result">>(
  open: Open | null,
  output: Output
): Omit<Output, "result"> & Pick<Answer, "result"> & Gated => {
  if (open) return open.pass(output)
  const { message: _message, meta, ...result } = output.result
  return passed({ ...output, result: { ...result, meta: withoutMade(meta) } })
}

const bareTurn = <Output extends Pick<typeof TurnOutput.Type, "meta" | "message">>({
  message: _message,
  meta,
  ...output
}: Output) => ({ ...output, meta: withoutMade(meta) })

export const ofTurn = <Output extends Pick<typeof TurnOutput.Type, "meta" | "message">>(
  open: Open | null,
  output: Output
) => (open ? open.pass(output) : passed(bareTurn(output)))

export const ofDecision = (
  open: Open | null,
  { message, ...output }: typeof DecisionOutput.Type
): typeof DecisionOutput.Type & Gated => {
  if (open) return open.pass(message === undefined ? output : { ...output, message })
  const { next } = output
  return passed({ ...output, next: next && "meta" in next ? bareTurn(next) : next })
}

export const ofRunbook = <Output extends Pick<typeof RunbookOutput.Type, "steps">>(
  open: Open | null,
  output: Output
): Output & Gated =>
  open
    ? open.pass(output)
    : passed({
        ...output,
        steps: output.steps.map(({ message: _message, capability, ...step }) => ({
          ...step,
          capability: capability && { ...capability, output: null }
        }))
      })
