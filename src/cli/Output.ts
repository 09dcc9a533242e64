/** Owns how a command speaks: data on standard output, everything else on standard error, colour only where it is wanted. */
import { Config, Console, Effect, Runtime, Schema, Stdio } from "effect"
import { Exit, failure, type RuntimeFailure } from "../domain/Failure.ts"
import { plainJson } from "./Plain.ts"

/** `text` for people, one JSON document, or JSON lines where there is a stream. */
export type Format = "text" | "json" | "ndjson"

/** What went wrong is in the result that was printed: the process exits with 1 and there is nothing to add. */
export class FailureInResult extends Schema.TaggedError<FailureInResult>()("FailureInResult", {}) {
  override readonly [Runtime.errorExitCode] = Exit.execution
}

/** What went wrong was said: the process exits with its code and there is nothing to add. */
export class Reported extends Schema.TaggedError<Reported>()("Reported", {
  exit: Schema.Literals([Exit.execution, Exit.usage, Exit.paused])
}) {
  override get [Runtime.errorExitCode](): 1 | 2 | 3 {
    return this.exit
  }
}

/** The turn is held, and whoever asked was told so: the process exits with 3. */
export class Held extends Schema.TaggedError<Held>()("Held", {}) {
  override readonly [Runtime.errorExitCode] = Exit.paused
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
      lost ??= error
      resume(isLeaving(error) ? Effect.interrupt : Effect.fail(failure("OUTPUT_FAILED", "release")))
    })
  })

const isLeaving = (error: Error): boolean => "code" in error && error.code === "EPIPE"

/** What first went wrong with standard output; a stream of a terminal or a pipe forgets it at once. */
let lost: Error | undefined

/** From now on no stream that fails ends the process by itself. A reader that goes away (`io3 run … | head -1`) is no fault. */
export const watchStreams = (): void => {
  process.stdout.on("error", (error) => (lost ??= error))
  process.stderr.on("error", () => {})
}

/** Whether somebody may still read what is printed. */
export const hasReader = (): boolean => lost === undefined || !isLeaving(lost)

/**
 * Fails where something that was printed was not taken, whoever printed it. A reader that went away had what it wanted.
 */
export const taken: Effect.Effect<void, RuntimeFailure> = Effect.callback((resume) => {
  // What was printed before is through, or has failed, once nothing at all is.
  process.stdout.write("", () => {
    lost ??= process.stdout.errored ?? undefined
    resume(lost && hasReader() ? Effect.fail(failure("OUTPUT_FAILED", "release")) : Effect.void)
  })
})

/** A quiet line on standard error: dim on a terminal that has colour. */
export const note = Effect.fnUntraced(function* (text: string) {
  const dim = yield* hasColour
  yield* Console.error(dim ? `\u001b[2m${text}\u001b[22m` : text)
})

/** Of a list: that it goes on, and that not all of it can be read. */
export const noteOfPage = Effect.fnUntraced(function* (
  output: Format,
  { next, broken = 0 }: { readonly next: number | null; readonly broken?: number }
) {
  if (output !== "text") return
  if (broken > 0)
    yield* note(
      `${broken === 1 ? "One more is" : `${broken} more are`} broken: io3 ledger verify says where.`
    )
  if (next !== null) yield* note(`There are more: --cursor ${next}`)
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
