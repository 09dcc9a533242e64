/** Owns how a command speaks: data on standard output, everything else on standard error, colour only where it is wanted. */
import { Config, Console, Effect, Runtime, Schema, Stdio } from "effect"
import { type ConfigPlace, Exit, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { plainJson } from "./Plain.ts"
import { Configuration } from "../ports/Configuration.ts"
import { FailureOutput, failureOutput, RunLine } from "./Results.ts"

/** `text` for people, one JSON document, or JSON lines where there is a stream. */
export type Format = "text" | "json" | "ndjson"

/** What went wrong is in the result that was printed: the process exits with 1 and there is nothing to add. */
export class FailureInResult extends Schema.TaggedError<FailureInResult>()("FailureInResult", {}) {
  override readonly [Runtime.errorExitCode] = Exit.execution
}

/** Prints a result: as text, or as JSON of the given shape. */
export const print = <A, I>(
  wanted: Format,
  schema: Schema.Codec<A, I>,
  value: A,
  text: (value: A) => string
): Effect.Effect<void, RuntimeFailure> =>
  wanted === "text" ? write(`${text(value)}\n`) : printAs(wanted, schema, value)

const printAs = <A, I>(
  wanted: "json" | "ndjson",
  schema: Schema.Codec<A, I>,
  value: A
): Effect.Effect<void, RuntimeFailure> =>
  wanted === "json" ? printJson(schema, value) : printLine(schema, value)

/** One JSON document, indented by two. */
export const printJson = <A, I>(schema: Schema.Codec<A, I>, value: A): Effect.Effect<void, RuntimeFailure> =>
  printText(Schema.encodeEffect(Schema.fromJsonString(schema, { space: 2 }))(value))

/** One JSON document on one line. */
export const printLine = <A, I>(schema: Schema.Codec<A, I>, value: A): Effect.Effect<void, RuntimeFailure> =>
  printText(Schema.encodeEffect(Schema.fromJsonString(schema))(value))

/** JSON may go to a terminal as well. */
const printText = (json: Effect.Effect<string, Schema.SchemaError>): Effect.Effect<void, RuntimeFailure> =>
  Effect.flatMap(Effect.orDie(json), (text) => write(`${plainJson(text)}\n`))

/**
 * Writes to standard output as it is, and is done when that was taken. A reader that went away cancels, as Ctrl-C does;
 * what cannot be written otherwise is `OUTPUT_FAILED`.
 */
export const write = (text: string): Effect.Effect<void, RuntimeFailure> =>
  Effect.callback((resume) => {
    process.stdout.write(text, (error) => {
      if (!error) return resume(Effect.void)
      const left = "code" in error && error.code === "EPIPE"
      resume(left ? Effect.interrupt : Effect.fail(failure("OUTPUT_FAILED", "release")))
    })
  })

/** A quiet line on standard error: dim on a terminal that has colour. */
export const note = Effect.fnUntraced(function* (text: string) {
  const dim = yield* hasColour
  yield* Console.error(dim ? `\u001b[2m${text}\u001b[22m` : text)
})

/** Said once by every command whose answer depends on it. */
export const sayUntrusted = Effect.gen(function* () {
  const { untrusted } = yield* Configuration
  if (untrusted.length > 0) {
    yield* note("This folder's provider settings are not trusted and were left out. To use them: io3 trust")
  }
})

const hasColour = Effect.gen(function* () {
  const stdio = yield* Stdio.Stdio
  if (!(yield* stdio.stderrIsTerminal)) return false
  const { noColor, term } = yield* Config.all({
    noColor: Config.String("NO_COLOR").pipe(Config.withDefault("")),
    term: Config.String("TERM").pipe(Config.withDefault(""))
  }).pipe(Effect.orElseSucceed(() => ({ noColor: "1", term: "" })))
  return noColor === "" && term !== "dumb"
})

/** Says what went wrong: a line a person can act on, or JSON for a program. */
export const complain = (wanted: Format, reason: RuntimeFailure): Effect.Effect<void, RuntimeFailure> => {
  switch (wanted) {
    case "text":
      return Console.error(complaint(reason))
    case "json":
      return printJson(FailureOutput, failureOutput(reason))
    case "ndjson":
      return printLine(RunLine, { type: "failed", ...failureOutput(reason) })
  }
}

const complaint = (reason: RuntimeFailure): string =>
  [
    `${reason.code}: ${reason.summary}`,
    ...(reason.limit ? [`  ${reason.limit.actual} of ${reason.limit.allowed} allowed`] : []),
    ...(reason.places ?? []).map(place),
    ...(reason.run ? [`  io3 runs show ${reason.run}`] : [])
  ].join("\n")

/** What the name of a fault does not say. */
const words: Partial<Record<ConfigPlace["fault"], string>> = {
  content_logging: "content is never logged and no log leaves this machine; remove this key"
}

export const place = ({ file, line, column, key, fault }: typeof ConfigPlace.Type): string => {
  const where = line > 0 ? `${file}:${line}:${column}` : file
  return `  ${where}  ${words[fault] ?? fault.replaceAll("_", " ")}${key ? `: ${key}` : ""}`
}
