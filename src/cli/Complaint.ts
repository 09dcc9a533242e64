/** Owns how a failure reads: to a person on standard error, to a program as the result it gets instead. */
import { Console, type Effect } from "effect"
import type { ConfigPlace } from "../domain/config/ConfigPlace.ts"
import type { FileKind } from "../domain/run/FileKind.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Required } from "../domain/replay/Required.ts"
import { counted } from "./Facts.ts"
import { type Format, printJson, printLine } from "./Output.ts"
import { FailureOutput, failureOutput, RunLine } from "../api/results/RunResults.ts"

interface Complaint {
  readonly wanted: Format
  readonly reason: RuntimeFailure
  /** What is wrong with the command line, when that is it. */
  readonly usage?: ReadonlyArray<string>
}

/** Says what went wrong: a line a person can act on, or JSON for a program. */
export const complain = ({ wanted, reason, usage }: Complaint): Effect.Effect<void, RuntimeFailure> => {
  switch (wanted) {
    case "text":
      return Console.error(complaint(reason))
    case "json":
      return printJson(FailureOutput, failureOutput(reason, usage))
    case "ndjson":
      return printLine(RunLine, { type: "failed", ...failureOutput(reason, usage) })
  }
}

const complaint = (reason: RuntimeFailure): string =>
  [
    `${reason.code}: ${reason.advice}`,
    ...(reason.limit
      ? [`  ${reason.limit.actual} ${reason.limit.unit}, ${reason.limit.allowed} allowed`]
      : []),
    ...(reason.fileKind ? [`  ${reason.fileKind.replaceAll("_", " ")}: ${insteadOf(reason.fileKind)}`] : []),
    ...(reason.decided ? [`  decided: ${reason.decided}`] : []),
    ...(reason.changed ?? []).map((key) => `  ${key}`),
    ...(reason.required ?? []).map(need),
    ...(reason.places ?? []).map(place),
    ...(reason.run
      ? [`  io3 ${reason.code === "STEWARD_STALE" ? "steward" : "runs"} show ${reason.run}`]
      : []),
    ...(reason.session ? [`  io3 ${commandFor(reason.code)} show ${reason.session}`] : [])
  ].join("\n")

/** E.g. `step 1 (summary): prompt of 120 characters; 118 were given`. */
const need = ({ step, task, part, count, given }: Required): string => {
  const where = step === null ? "" : `step ${step + 1}${task === null ? "" : ` (${task})`}: `
  const but = given === null ? "" : `; ${given} were given`
  switch (part) {
    case "prompt":
    case "payload":
      return `  ${where}${part} of ${count ?? "?"} characters${but}`
    case "file":
      return `  ${where}the text beside the prompt`
    case "earlier_turns":
      return `  ${where}${counted(count ?? 0, "earlier turn")} of the session, which cannot be had from an export`
    case "client_messages":
      return `  ${counted(count ?? 0, "earlier message")} of the client, which cannot be had from an export`
    case "stop":
      return `  ${counted(count ?? 0, "text")} that ends the answer, which cannot be had from an export`
    case "instructions":
    case "schema":
      return `  the client's ${part} of ${count ?? "?"} characters, which cannot be had from an export`
    case "steps":
      return `  ${counted(count ?? 0, "step")}${but}`
    default:
      return `  ${where}another ${part.replaceAll("_", " ")} than was recorded`
  }
}

/** Where it shows what a session waits for, or what became of it. */
const commandFor = (code: RuntimeFailure["code"]): string =>
  code === "SESSION_PAUSED" ? "steward" : "session"

/** What can be given in its place. */
const insteadOf = (kind: FileKind): string => {
  switch (kind) {
    case "pdf":
    case "word_document":
    case "presentation":
    case "opendocument":
    case "old_office_document":
      return "give its text instead"
    case "spreadsheet":
      return "give it as CSV instead"
    case "archive":
      return "give a text that is in it instead"
    case "utf16_text":
    case "utf32_text":
      return "give it in UTF-8 instead"
    default:
      return "only text is read"
  }
}

/** What the name of a fault does not say. */
const words: Partial<Record<ConfigPlace["fault"], string>> = {
  content_logging: "content is never logged and no log leaves this machine; remove this key",
  unencrypted:
    "text and key would cross a foreign network in clear: use https, or local: true where it is none"
}

export const place = ({ file, line, column, key, fault }: typeof ConfigPlace.Type): string => {
  const where = line > 0 ? `${file}:${line}:${column}` : file
  return `  ${where}  ${words[fault] ?? fault.replaceAll("_", " ")}${key ? `: ${key}` : ""}`
}
