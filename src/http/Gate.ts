/** Owns whether this server lets text out (`content_release`), and what of an answer goes without: the rest of it stands. */
import { Context, Effect } from "effect"
import type { RunOutput } from "../api/results/RunResults.ts"
import type { RunbookOutput } from "../api/results/RunbookResults.ts"
import type { TurnOutput } from "../api/results/TurnResults.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"

export class Gate extends Context.Service<Gate, { readonly isOpen: boolean }>()("io-iii/http/Gate") {}

/** `CONTENT_RELEASE_DISABLED`, for whatever is nothing without its text. */
export const needsText = (isOpen: boolean): Effect.Effect<void, RuntimeFailure> =>
  isOpen ? Effect.void : Effect.fail(failure("CONTENT_RELEASE_DISABLED", "release"))

type Answer = Omit<typeof RunOutput.Type, "result"> & {
  readonly result: Omit<(typeof RunOutput.Type)["result"], "message"> & { readonly message?: string }
}

type Made = (typeof RunOutput.Type)["result"]["meta"]
const withoutMade = ({ capability }: Made): Made =>
  capability ? { capability: { ...capability, output: null } } : {}

export const ofRun = <Output extends Pick<typeof RunOutput.Type, "result">>(
  isOpen: boolean,
  output: Output
): Omit<Output, "result"> & Pick<Answer, "result"> => {
  if (isOpen) return output
  const { message: _message, meta, ...result } = output.result
  return { ...output, result: { ...result, meta: withoutMade(meta) } }
}

export const ofTurn = <Output extends Pick<typeof TurnOutput.Type, "meta" | "message">>(
  isOpen: boolean,
  { message, ...output }: Output
): Omit<Output, "message"> & { readonly message?: string } =>
  isOpen && message !== undefined
    ? { ...output, message }
    : { ...output, meta: isOpen ? output.meta : withoutMade(output.meta) }

export const ofRunbook = <Output extends Pick<typeof RunbookOutput.Type, "steps">>(
  isOpen: boolean,
  output: Output
): Output =>
  isOpen
    ? output
    : {
        ...output,
        steps: output.steps.map(({ message: _message, capability, ...step }) => ({
          ...step,
          capability: capability && { ...capability, output: null }
        }))
      }
