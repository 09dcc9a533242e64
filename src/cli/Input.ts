/** Owns where a prompt and the text beside it come from: a flag, a file, standard input; it never makes one up. */
import { Effect, FileSystem, Option, Stdio, Stream } from "effect"
import { Content } from "../domain/Content.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import { sort } from "../domain/run/FileKind.ts"
import { bytesOf } from "./GivenFile.ts"
import { misused, type UsageError } from "./Usage.ts"

const MOST_BYTES = 1024 * 1024

/** A file's path stands for its text, and `-` for what standard input says. */
export interface Sources {
  readonly prompt: Option.Option<string>
  readonly file: Option.Option<string>
  readonly fileContext: Option.Option<string>
}

/** Of what nobody named. */
export const nowhere: Sources = { prompt: Option.none(), file: Option.none(), fileContext: Option.none() }

export interface Input {
  readonly prompt: Content
  /** The text that the prompt is about; null when there is none. */
  readonly file: Content | null
}

/**
 * A file alone is the prompt; beside `--prompt` it is attached text, as the one of `--file-context` always is. Where no
 * prompt was named, standard input is it, unless it is a terminal or what is attached. `PROMPT_REQUIRED`,
 * `PROMPT_TOO_LARGE` (1 MiB each), `UNSUPPORTED_FILE_TYPE`, `FILE_*`.
 */
export const read = Effect.fn("Input.read")(function* (
  sources: Sources
): Effect.fn.Return<Input, RuntimeFailure | UsageError, FileSystem.FileSystem | Stdio.Stdio> {
  const { prompt, file, fileContext } = sources
  if (Option.isSome(prompt) && Option.isSome(file) && Option.isSome(fileContext)) {
    return yield* misused("--file beside --prompt is attached as --file-context is: name one of them")
  }
  if (Option.contains(file, "-") && Option.contains(fileContext, "-")) {
    return yield* misused("Standard input is one text: name - once")
  }
  const attached = Option.orElse(fileContext, () => (Option.isSome(prompt) ? file : Option.none()))
  const text = Option.isSome(attached) ? yield* textOf(attached.value) : Content.empty
  return yield* required({
    prompt: Option.isSome(prompt) ? Content.of(prompt.value) : yield* promptOf(file, attached),
    file: text.isBlank ? null : text
  })
})

const promptOf = Effect.fnUntraced(function* (file: Option.Option<string>, attached: Option.Option<string>) {
  if (Option.isSome(file)) return yield* textOf(file.value)
  const stdio = yield* Stdio.Stdio
  const isTaken = Option.contains(attached, "-")
  if (isTaken || (yield* stdio.stdinIsTerminal)) return yield* failure("PROMPT_REQUIRED", "setup")
  return yield* textOf("-")
})

/** `PROMPT_REQUIRED`, `PROMPT_TOO_LARGE`. */
export const required = (input: Input): Effect.Effect<Input, RuntimeFailure> =>
  input.prompt.isBlank
    ? Effect.fail(failure("PROMPT_REQUIRED", "setup"))
    : input.prompt.bytes > MOST_BYTES
      ? Effect.fail(failure("PROMPT_TOO_LARGE", "setup"))
      : Effect.succeed(input)

/** The text of one source. What a file is counts before how long it is: nobody shortens a film. */
export const textOf = Effect.fnUntraced(function* (
  source: string
): Effect.fn.Return<Content, RuntimeFailure, FileSystem.FileSystem | Stdio.Stdio> {
  const pieces: Array<Uint8Array> = []
  const tooLarge = failure("PROMPT_TOO_LARGE", "setup")
  const whole = yield* (yield* bytesOf(source)).pipe(
    Stream.tap((piece) => Effect.sync(() => pieces.push(piece))),
    Stream.limitBytes(MOST_BYTES, () => Stream.fail(tooLarge)),
    Stream.runDrain,
    Effect.as(true),
    Effect.catchIf(
      (reason) => reason === tooLarge,
      () => Effect.succeed(false)
    )
  )
  const found = sort(joined(pieces))
  if (found._tag === "Refused") {
    return yield* failure("UNSUPPORTED_FILE_TYPE", "setup", { fileKind: found.kind })
  }
  if (!whole) return yield* tooLarge
  return found._tag === "Text" ? found.content : yield* failure("FILE_NOT_TEXT", "setup")
})

const joined = (pieces: ReadonlyArray<Uint8Array>): Uint8Array => {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
