/** Owns what a person or a program reads after a wrong invocation: which part is wrong and what it takes, without what was typed. */
import { Console, Effect, Option, Runtime, Schema, Stdio } from "effect"
import { type CliError, CliOutput, type HelpDoc } from "effect/cli"
import { Exit, failure } from "../domain/Failure.ts"
import { onDemand } from "./OnDemand.ts"
import type { Format } from "./Output.ts"

/** The invocation was wrong; the exit code is 2. */
export class UsageError extends Schema.TaggedError<UsageError>()("UsageError", {}) {
  override readonly [Runtime.errorExitCode] = Exit.usage
}

/** Says what does not go together, and fails. */
export const misused = (why: string) => Effect.andThen(say([why], why), Effect.fail(new UsageError()))

/** A command line that io3 could not read still says, most of the time, in which form an answer is wanted. */
const wished = (args: ReadonlyArray<string>): Format => {
  const end = args.indexOf("--")
  const words = (end < 0 ? args : args.slice(0, end)).map((word, at, all) =>
    /^(?:--output|-o)$/u.test(all[at - 1] ?? "") ? word : (/^(?:--output=|-o=?)(.*)$/u.exec(word)?.[1] ?? "")
  )
  return words.findLast((word) => word === "json" || word === "ndjson") ?? "text"
}

/** Says what is wrong: to a program each thing by itself, to a person `text`. */
const say = Effect.fnUntraced(function* (usage: ReadonlyArray<string>, text: string) {
  const stdio = yield* Effect.serviceOption(Stdio.Stdio)
  const wanted = Option.isSome(stdio) ? wished(yield* stdio.value.args) : "text"
  if (wanted === "text") return yield* Console.error(text)
  const reason = failure("USAGE_INVALID", "setup")
  // What of it could not be written is known when the program ends.
  yield* Effect.ignore(onDemand(({ complain }) => complain)({ wanted, reason, usage }))
})

/** Help that was asked for goes to standard output; help that was not, and a complaint, go to standard error. */
export const presenter = CliOutput.layerPresenter({
  present: (event) => {
    switch (event._tag) {
      case "InvalidInvocation": {
        const wrong = event.errors.map((error) => complaint(error) + accepted(error, event.helpDoc))
        return say(wrong, [...wrong, `Try: ${event.commandPath.join(" ")} --help`].join("\n"))
      }
      case "Help":
        return event.reason === "Requested"
          ? CliOutput.defaultPresenter.present(event)
          : say(
              ["Missing command"],
              CliOutput.defaultFormatter({ colors: false }).formatHelpDoc(event.helpDoc)
            )
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
    case "UnknownSubcommand": {
      // `check` and `list` could be files as well: what is to be done with one has to be said.
      const isFile = error.parent?.at(-1) === "runbook" ? ["a file is run by io3 runbook run FILE"] : []
      return ["Unknown command", ...suggest(error.suggestions), ...isFile].join("; ")
    }
    case "InvalidValue":
      return `Invalid value for ${error.kind === "flag" ? "--" : ""}${error.option}`
    case "UnexpectedArgument":
      return "Unexpected argument; a text goes after its flag, in quotes"
    default:
      return "Wrong usage"
  }
}

/** What would be right there, in the words of the help, which has none that was typed. */
const accepted = (error: CliError.NonShowHelpErrors, help: HelpDoc.HelpDoc): string => {
  const found = wrongOne(error, help)
  if (!found) return ""
  // Of a text or a choice the description says more than these words do.
  const type = found.type === "string" || found.type === "choice" ? "" : ` (${found.type})`
  return Option.match(found.description, { onNone: () => type, onSome: (words) => `${type}: ${words}` })
}

const wrongOne = (
  error: CliError.NonShowHelpErrors,
  { args = [], flags, inheritedFlags = [], globalFlags = [] }: HelpDoc.HelpDoc
): HelpDoc.FlagDoc | HelpDoc.ArgDoc | undefined => {
  const flag = (name: string) =>
    [...flags, ...inheritedFlags, ...globalFlags].find((one) => one.name === name)
  const argument = (name: string) => args.find((one) => one.name === name)
  switch (error._tag) {
    case "MissingOption":
      return flag(error.option)
    case "MissingArgument":
      return argument(error.argument)
    case "InvalidValue":
      return error.kind === "flag" ? flag(error.option) : argument(error.option)
    default:
      return undefined
  }
}

const suggest = (known: ReadonlyArray<string>): ReadonlyArray<string> =>
  known.length === 0 ? [] : [`did you mean ${known.join(" or ")}?`]
