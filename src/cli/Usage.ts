/** Owns what a person reads after a wrong invocation: which part is wrong, without repeating what was typed. */
import { Console, Effect, Runtime, Schema } from "effect"
import { type CliError, CliOutput } from "effect/cli"
import { Exit } from "../domain/Failure.ts"

/** The invocation was wrong; the exit code is 2. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {}) {
  override readonly [Runtime.errorExitCode] = Exit.usage
}

/** Says what does not go together. */
export const misused = (why: string) => Effect.andThen(Console.error(why), Effect.fail(new UsageError()))

/** Help that was asked for goes to standard output; help that was not, and a complaint, go to standard error. */
export const presenter = CliOutput.layerPresenter({
  present: (event) => {
    switch (event._tag) {
      case "InvalidInvocation":
        return Console.error(
          [...event.errors.map(complaint), `Try: ${event.commandPath.join(" ")} --help`].join("\n")
        )
      case "Help":
        return event.reason === "Requested"
          ? CliOutput.defaultPresenter.present(event)
          : Console.error(CliOutput.defaultFormatter({ colors: false }).formatHelpDoc(event.helpDoc))
      case "Version":
        return CliOutput.defaultPresenter.present(event)
    }
  }
})

const complaint = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "MissingOption":
      return `Missing option --${error.option}`
    case "MissingArgument":
      return `Missing argument <${error.argument}>`
    case "DuplicateOption":
      return `Option given twice: ${error.option}`
    case "UnrecognizedOption":
      return ["Unknown option", ...suggest(error.suggestions)].join("; ")
    case "UnknownSubcommand":
      return ["Unknown command", ...suggest(error.suggestions)].join("; ")
    case "InvalidValue":
      return `Invalid value for ${error.kind === "flag" ? "--" : ""}${error.option}`
    case "UnexpectedArgument":
      return "Unexpected argument; a prompt goes after --prompt, in quotes"
    default:
      return "Wrong usage"
  }
}

const suggest = (known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known.length === 0 ? [] : [`did you mean ${known.join(" or ")}?`]
