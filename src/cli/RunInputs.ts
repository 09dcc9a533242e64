/** Owns what goes into a run besides its words, as it was typed: memory packs, a capability and what that is given. */
import { Effect, type FileSystem, Option, type Stdio } from "effect"
import type { Invocation, RunRequest } from "../core/run/Request.ts"
import { Content } from "../domain/Content.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { CapabilityId, PackId } from "../domain/Ids.ts"
import { type Input, read, type Sources, textOf } from "./Input.ts"
import { misused, type UsageError } from "./Usage.ts"

export interface PackFlags {
  readonly pack: ReadonlyArray<PackId>
  readonly noPacks: boolean
}

export interface InputFlags extends PackFlags {
  readonly capability: Option.Option<CapabilityId>
  readonly payload: Option.Option<string>
  readonly payloadFile: Option.Option<string>
}

/** Of what nobody named. */
export const nothing: InputFlags = {
  pack: [],
  noPacks: false,
  capability: Option.none(),
  payload: Option.none(),
  payloadFile: Option.none()
}

/** Null leaves it to the session and the configuration. */
export const packsOf = ({
  pack,
  noPacks
}: PackFlags): Effect.Effect<ReadonlyArray<PackId> | null, UsageError> =>
  noPacks && pack.length > 0
    ? misused("--pack and --no-packs do not go together")
    : Effect.succeed(noPacks ? [] : pack.length > 0 ? pack : null)

type Asked = Input & Pick<RunRequest, "capability" | "packs">
type Needs = FileSystem.FileSystem | Stdio.Stdio

/** All of it. Standard input is one text: a payload that is there is no prompt. As `Input.read`, `CAPABILITY_INPUT_TOO_LARGE`. */
export const readAll = Effect.fn("RunInputs.readAll")(function* (
  flags: Sources & InputFlags
): Effect.fn.Return<Asked, RuntimeFailure | UsageError, Needs> {
  const packs = yield* packsOf(flags)
  const { capability, payload, payloadFile, prompt, file, fileContext } = flags
  if (Option.isNone(capability) && (Option.isSome(payload) || Option.isSome(payloadFile))) {
    return yield* misused("A payload goes with --capability")
  }
  if (Option.isSome(payload) && Option.isSome(payloadFile)) {
    return yield* misused("--payload and --payload-file are two payloads: give one")
  }
  if (Option.contains(payloadFile, "-")) {
    if (Option.contains(file, "-") || Option.contains(fileContext, "-")) {
      return yield* misused("Standard input is one text: name - once")
    }
    if (Option.isNone(prompt) && Option.isNone(file)) return yield* failure("PROMPT_REQUIRED", "setup")
  }
  const input = yield* read(flags)
  if (Option.isNone(capability)) return { ...input, packs, capability: null }
  const invocation = yield* invocationOf(capability.value, payload, payloadFile)
  return { ...input, packs, capability: invocation }
})

/** A payload that was typed, or that of a file. */
export const invocationOf = Effect.fnUntraced(function* (
  id: CapabilityId,
  payload: Option.Option<string>,
  payloadFile: Option.Option<string>
): Effect.fn.Return<Invocation, RuntimeFailure, Needs> {
  const typed = Option.getOrNull(Option.map(payload, Content.of))
  return { id, payload: Option.isSome(payloadFile) ? yield* payloadIn(payloadFile.value) : typed }
})

const payloadIn = (source: string) =>
  Effect.mapError(textOf(source), (reason) =>
    reason.code === "PROMPT_TOO_LARGE" ? failure("CAPABILITY_INPUT_TOO_LARGE", "capability") : reason
  )
