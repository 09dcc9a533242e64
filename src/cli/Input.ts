/** Owns where a prompt comes from: the flag, a file or standard input; it never makes one up. */
import { Effect, FileSystem, Option, Stdio, Stream } from "effect"
import { Content } from "../domain/Content.ts"
import { type Code, failure, type RuntimeFailure } from "../domain/Failure.ts"

const MOST_BYTES = 1024 * 1024

export interface Sources {
  readonly prompt: Option.Option<string>
  /** A file's path, or `-` for standard input. */
  readonly file: Option.Option<string>
}

export interface Input {
  readonly prompt: Content
  /** The file's text, when the prompt came by the flag and says what to do with it. */
  readonly file: Content | null
}

/**
 * A file alone is the prompt; beside `--prompt` it is attached text. Without either, standard input is the prompt
 * unless it is a terminal. `PROMPT_REQUIRED`, `PROMPT_TOO_LARGE` (1 MiB each), `FILE_*`.
 */
export const read = Effect.fn("Input.read")(function* (
  sources: Sources
): Effect.fn.Return<Input, RuntimeFailure, FileSystem.FileSystem | Stdio.Stdio> {
  const stdio = yield* Stdio.Stdio
  const attached = Option.isSome(sources.file) ? yield* readSource(sources.file.value) : null
  if (Option.isSome(sources.prompt)) {
    return yield* required({ prompt: Content.of(sources.prompt.value), file: attached })
  }
  if (attached) return yield* required({ prompt: attached, file: null })
  if (yield* stdio.stdinIsTerminal) return yield* failure("PROMPT_REQUIRED", "setup")
  return yield* required({ prompt: yield* readSource("-"), file: null })
})

/** `PROMPT_REQUIRED`, `PROMPT_TOO_LARGE`. */
export const required = (input: Input): Effect.Effect<Input, RuntimeFailure> =>
  input.prompt.isBlank
    ? Effect.fail(failure("PROMPT_REQUIRED", "setup"))
    : input.prompt.bytes > MOST_BYTES
      ? Effect.fail(failure("PROMPT_TOO_LARGE", "setup"))
      : Effect.succeed(input)

const readSource = Effect.fnUntraced(function* (source: string) {
  const stdio = yield* Stdio.Stdio
  const fs = yield* FileSystem.FileSystem
  const bytes = source === "-" ? stdio.stdin : fs.stream(source)
  const chunks = yield* bytes.pipe(
    Stream.mapError((error) => failure(codeOf(error.reason._tag), "setup")),
    Stream.limitBytes(MOST_BYTES, () => Stream.fail(failure("PROMPT_TOO_LARGE", "setup"))),
    Stream.runCollect
  )
  return yield* decode(chunks)
})

const codeOf = (tag: string): Code => (tag === "NotFound" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE")

/** UTF-8 without NUL; anything else is not text. */
const decode = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<Content, RuntimeFailure> =>
  Effect.try({
    try: () => {
      const decoder = new TextDecoder("utf-8", { fatal: true })
      return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
    },
    catch: () => failure("FILE_NOT_TEXT", "setup")
  }).pipe(
    Effect.filterOrFail(
      (text) => !text.includes("\0"),
      () => failure("FILE_NOT_TEXT", "setup")
    ),
    Effect.map(Content.of)
  )
