/** Owns `io3 memory`: what runs may be told, written and looked at by a person. */
import { Console, Effect, Option, Stdio, Terminal } from "effect"
import { type Confirm, Memories } from "../../core/memory/Memories.ts"
import { packList } from "../../core/memory/PackList.ts"
import type { MemoryRecord } from "../../core/memory/MemoryStream.ts"
import { Content } from "../../domain/Content.ts"
import { failure } from "../../domain/Failure.ts"
import { Principal } from "../../domain/Ids.ts"
import { named } from "../../domain/memory/Memory.ts"
import type { Provenance, Sensitivity } from "../../domain/memory/MemoryEvent.ts"
import { say } from "../AnswerText.ts"
import { counted } from "../Facts.ts"
import { textOf } from "../Input.ts"
import { written as moment } from "../Moment.ts"
import { note, noteOfPage, print, printJson, printLine } from "../Output.ts"
import { root } from "../root.ts"
import { misused } from "../Usage.ts"
import {
  ForgottenOutput,
  forgottenOutput,
  PacksOutput,
  packsOutput,
  recordOutput,
  RecordsOutput,
  recordsOutput,
  ShownOutput,
  WrittenOutput
} from "../../api/results/MemoryResults.ts"

const principal = Principal.make("local")

interface RecordFlags {
  readonly scope: Option.Option<string>
  readonly key: Option.Option<string>
  readonly scopeFlag: Option.Option<string>
  readonly keyFlag: Option.Option<string>
}

/** `MEMORY_NAME_INVALID`. */
const nameOf = Effect.fnUntraced(function* ({ scope, key, scopeFlag, keyFlag }: RecordFlags) {
  const [whose, ...otherScopes] = [scope, scopeFlag].flatMap(Option.toArray)
  const [which, ...otherKeys] = [key, keyFlag].flatMap(Option.toArray)
  if (whose === undefined || which === undefined || otherScopes.length + otherKeys.length > 0) {
    return yield* misused("Name one record: SCOPE KEY")
  }
  return yield* Effect.fromResult(named(whose, which))
})

interface WriteFlags extends RecordFlags {
  readonly file: Option.Option<string>
  readonly value: Option.Option<string>
  readonly sensitivity: Option.Option<Sensitivity>
  readonly provenance: Provenance
  readonly expect: Option.Option<number>
  readonly yes: boolean
}

export const write = Effect.fn(function* (flags: WriteFlags) {
  const { output } = yield* root
  const name = yield* nameOf(flags)
  const value = yield* valueOf(flags)
  const memories = yield* Memories
  const [standing = null] = yield* memories.find([name])
  const seen = standing?.version ?? 0
  const what = `${counted(value.length, "character")}, ${seen === 0 ? "a new record" : `in place of version ${seen}`}`
  const record = yield* memories.write(
    {
      ...name,
      value,
      sensitivity: Option.getOrNull(flags.sensitivity),
      provenance: flags.provenance,
      // Whoever is asked says yes to what they are asked about, and not to what came meanwhile.
      expected: Option.getOrElse(flags.expect, () => (flags.yes ? null : seen)),
      principal,
      surface: "cli"
    },
    yield* confirming(flags.yes, `Write ${name.scope}/${name.key}, ${what}?`)
  )
  yield* print(output, WrittenOutput, { status: "ok", ...recordOutput(record) }, recordLine)
})

/** What was typed as it is; of a file or standard input, all but a line break at the very end. */
const valueOf = Effect.fnUntraced(function* ({ file, value }: WriteFlags) {
  if (Option.isSome(file) && Option.isSome(value)) return yield* misused("--file and --value are two values")
  if (Option.isSome(value)) return yield* required(Content.of(value.value))
  const stdio = yield* Stdio.Stdio
  if (Option.isNone(file) && (yield* stdio.stdinIsTerminal)) return yield* required(Content.empty)
  const text = yield* textOf(Option.getOrElse(file, () => "-")).pipe(
    Effect.mapError((reason) =>
      reason.code === "PROMPT_TOO_LARGE" ? failure("MEMORY_VALUE_TOO_LARGE", "setup") : reason
    )
  )
  return yield* required(text.use((all) => Content.of(all.replace(/\r?\n$/u, ""))))
})

const required = (value: Content) =>
  value.length === 0
    ? misused("A value is required: --file, standard input or --value. io3 memory forget takes one away")
    : Effect.succeed(value)

/** Asks on a terminal. Where there is none, nobody has said yes; neither has the end of the input. */
const confirming = Effect.fnUntraced(function* (yes: boolean, question: string) {
  const terminal = yield* Terminal.Terminal
  const isTerminal = yield* (yield* Stdio.Stdio).stdinIsTerminal
  if (yes || !isTerminal) return Effect.succeed(yes) satisfies Confirm
  const answer = Effect.orElseSucceed(terminal.readLine, () => "")
  return Effect.andThen(Console.error(`${question} [y/N]`), answer).pipe(
    Effect.map((said) => /^(?:y|yes)$/iu.test(said.trim()))
  ) satisfies Confirm
})

interface ListFlags {
  readonly scope: Option.Option<string>
  readonly limit: number
  readonly cursor: Option.Option<number>
}

export const list = Effect.fn(function* ({ scope, limit, cursor }: ListFlags) {
  const { output } = yield* root
  const page = yield* (yield* Memories).list(Option.getOrNull(scope), limit, Option.getOrNull(cursor))
  const isAsked = Option.isSome(scope) || Option.isSome(cursor)
  const none = isAsked ? "No record matches." : "Nothing is remembered yet."
  yield* print(
    output,
    RecordsOutput,
    recordsOutput(page),
    () => page.records.map(recordLine).join("\n") || none
  )
  yield* noteOfPage(output, { next: page.cursor })
})

const recordLine = (
  record: Pick<MemoryRecord, "scope" | "key" | "version" | "sensitivity" | "provenance" | "chars">
) =>
  [
    `${record.scope}/${record.key}`,
    `version ${record.version}`,
    record.sensitivity,
    record.provenance,
    counted(record.chars, "character")
  ].join("  ")

/** The value goes to standard output, what is known of it to standard error. */
export const show = Effect.fn(function* (flags: RecordFlags) {
  const { output } = yield* root
  const { scope, key } = yield* nameOf(flags)
  const { record, value } = yield* (yield* Memories).show(scope, key)
  const shown = { status: "ok" as const, ...recordOutput(record), value: value.text }
  if (output === "json") return yield* printJson(ShownOutput, shown)
  if (output === "ndjson") return yield* printLine(ShownOutput, shown)
  yield* say(value)
  yield* note(`${recordLine(record)}  ${moment(record.updatedAt)}, first ${moment(record.createdAt)}`)
})

export const forget = Effect.fn(function* (flags: RecordFlags & { readonly yes: boolean }) {
  const { output } = yield* root
  const { scope, key } = yield* nameOf(flags)
  const question = `Forget ${scope}/${key}? Every version of it will be gone for good.`
  const forgotten = yield* (yield* Memories).forget(
    scope,
    key,
    principal,
    yield* confirming(flags.yes, question)
  )
  yield* print(output, ForgottenOutput, forgottenOutput(forgotten), ({ identifier, scrubbed }) =>
    scrubbed
      ? `Forgotten: ${identifier}. Copies made with io3 ledger backup still hold its key.`
      : `Forgotten: ${identifier}. Another io3 process is reading the journal, and until the next command after it, the journal's log may hold the key.`
  )
})

export const packs = Effect.fn(function* () {
  const { output } = yield* root
  yield* print(output, PacksOutput, packsOutput(yield* packList), describe)
})

const describe = ({ packs, budget_chars }: typeof PacksOutput.Type): string =>
  [
    `Declared packs: ${packs.length} · at most ${counted(budget_chars, "character")} in a context`,
    ...packs.flatMap(({ id, scope, keys, default_of_modes, default_of_sessions }) => [
      [
        `  ${id}`,
        counted(keys.length, "key"),
        ...(default_of_sessions ? ["read in sessions"] : []),
        ...(default_of_modes.length > 0 ? [`read in ${default_of_modes.join(", ")}`] : [])
      ].join(" · "),
      ...keys.map(
        ({ key, version, sensitivity }) =>
          `    ${scope}/${key}  ${version === 0 ? "not there" : `version ${version}  ${sensitivity}`}`
      )
    ])
  ].join("\n")
