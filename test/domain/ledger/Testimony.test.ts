import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { sha256 as hash } from "../../../src/adapters/journal/Plan.ts"
import * as Evidence from "../../../src/domain/ledger/Evidence.ts"
import { decode, type Row } from "../../../src/domain/ledger/Ledger.ts"
import { talkOf, talks } from "../../support/conversations.ts"
import { historyOf, lives } from "../../support/histories.ts"
import { changed, eventOf, type Json } from "../../support/relink.ts"
import { workOf, works } from "../../support/works.ts"

/**
 * What nothing else in the ledger says: a process' word for it, and the chain's that it was never changed afterwards.
 * A field that is not here cannot be told wrongly in any life without being found.
 */
const testimony: Readonly<Record<string, string>> = {
  "RunAccepted.audit": "what was asked for, in a run that ended before an audit",
  "RunAccepted.checks.constellation": "what an operator did without, where the constellation does not drift",
  "RunAccepted.checks.health": "what an operator did without",
  "RunAccepted.principal": "who asked; a budget follows from it",
  "RunAccepted.promptChars": "the length of a text, in a run that ended before its context",
  "RunAccepted.promptDigest": "the digest of a text, in a run that ended before its context",
  "ContextAssembled.bytes": "the length of a text; bounds follow from it, up to the window",
  "ContextAssembled.chars": "the length of a text, up to the limit",
  "ContextAssembled.messages": "the number of texts; bounds follow from it, up to the window",
  "ContextAssembled.promptHash": "the digest of texts; a receipt repeats it",
  "ContextAssembled.segments.*.chars": "the length of a text",
  "ContextAssembled.segments.*.digest": "the digest of a text",
  "ContextAssembled.segments.*.dropped": "the length of a text",
  "ContextAssembled.segments.*.estimatedTokens": "a guess, for display",
  "ContextAssembled.segments.*.name": "what a text is for",
  "CallSettled.chars": "the length of a text; a receipt repeats it",
  "CallSettled.code": "what a provider did; an ending repeats it",
  "CallSettled.digest": "the digest of a text; a receipt repeats it",
  "CallSettled.fallback": "what a provider did; a second attempt follows from it",
  "CallSettled.finish": "what a provider said; a receipt repeats it",
  "CallSettled.firstTokenMillis": "a measurement",
  "CallSettled.inputTokens": "what a provider said, up to the reservation; a receipt repeats it",
  "CallSettled.latencyMillis": "a measurement, up to the reservation; a receipt repeats it",
  "CallSettled.outputTokens": "what a provider said, up to the reservation; a receipt repeats it",
  "CallSettled.thinkingChars": "the length of a text",
  "AuditConcluded.verdict.highRiskClaims": "what an auditor said",
  "AuditConcluded.verdict.issues.*.code": "what an auditor said",
  "AuditConcluded.verdict.issues.*.severity": "what an auditor said",
  "AuditConcluded.verdict.suggestedFixes": "what an auditor said",
  "Released.receipt.digest": "the digest of an answer without a letter, which was not sealed",
  "RunCancelled.receipt.chars": "how much of a text had left",
  "RunCancelled.receipt.digest": "the digest of a text: of its start that had left",
  "RunErased.principal": "who asked",
  "RunFailed.receipt.chars": "how much of a text had left",
  "RunFailed.retryable": "whether to try again where nobody knows the outcome: an older version said yes",
  "RunRefused.phase": "where a budget was asked for",
  "RunAccepted.capability.payloadChars": "the length of a text, up to what its capability takes",
  "RunAccepted.capability.payloadDigest": "the digest of a text",
  "CapabilityInvoked.digest": "the digest of a text; a receipt repeats it",
  "CapabilityInvoked.durationMillis": "a measurement",
  "CapabilityInvoked.errorCode": "what a capability said; none where it said yes",
  "CapabilityInvoked.ok": "what a capability said",
  "CapabilityInvoked.outputChars":
    "the length of a text, up to what its capability yields; a receipt repeats it",
  "ContextAssembled.memory.*.chars": "the length of a text; the room for others follows from it",
  "ContextAssembled.memory.*.version": "which version was found",
  "MemoryWritten.chars": "the length of a text",
  "MemoryWritten.digest": "the digest of a text",
  "MemoryWritten.principal": "who wrote it",
  "MemoryWritten.provenance": "whose words it is",
  "MemoryWritten.sensitivity": "how far it may go",
  "LoginOffered.digest": "the digest of what was offered",
  "LoginTaken.digest": "the digest of the cookie",
  "MemoryForgotten.principal": "who asked",
  "TokenIssued.digest": "the digest of a token",
  "TokenIssued.expiresAt": "until when it counts",
  "TokenIssued.principal": "whose it is",
  "TokenIssued.role": "what its holder may do",
  "RunbookStarted.persona": "what conditions are asked in, where none asks for it",
  "RunbookStarted.principal": "who asked",
  "RunbookStarted.runbook": "the name of what is done",
  "RunbookStarted.source.attempt": "the how manieth it is",
  "RunbookStarted.steps.*.capability.payloadChars": "the length of a text",
  "RunbookStarted.steps.*.capability.payloadDigest": "the digest of a text",
  "RunbookStarted.steps.*.promptDigest": "the digest of a text",
  "RunbookStarted.steps.*.task": "the name of a step",
  "HeldViewed.principal": "who looked",
  "StewardDecided.action": "whether a discarded draft was rejected, or its session closed with it",
  "StewardDecided.by": "whether a person or a program decided; never the deadline before its time",
  "StewardDecided.principal": "who decided",
  "StewardDecided.reason": "why, in a fixed word",
  "SessionClosed.principal": "who asked",
  "SessionErased.principal": "who asked",
  "SessionModeChanged.principal": "who asked",
  "SessionStarted.origin.head": "where another record stood",
  "SessionStarted.origin.sequence": "where another record stood",
  "SessionStarted.persona": "what was asked for; each turn says its own",
  "SessionStarted.principal": "who asked",
  "SessionTitled.chars": "the length of a text",
  "SessionTitled.digest": "the digest of a text",
  "SessionTitled.principal": "who asked"
}

/** One for each way in which later events depend on earlier ones. */
const told = [
  "plain",
  "blank",
  "uncounted",
  "fallback",
  "revised",
  "cut short",
  "audit failed",
  "rejected",
  "failed after a piece",
  "cancelled after a piece",
  "left after the first of two pieces",
  "refused by the limit",
  "refused by the bounds",
  "refused by the budget",
  "drifted",
  "erased"
] as const

/** The same of sessions; the last has an edit, a second turn with what was said before, and all that ends one. */
const talked = [
  "at work, two turns, titled and closed",
  "held and expired",
  "cancelled, its mode changed meanwhile",
  "from elsewhere",
  "erased with its turns"
] as const

/** The same of capabilities, memory and runbooks. */
const worked = [
  "a capability that says no",
  "a capability that breaks",
  "a capability and no model",
  "tokens that were issued, and revoked",
  "written, overwritten, forgotten, and written again",
  "remembered, denied, left out and missed",
  "a runbook, and done again",
  "a runbook, held and closed"
] as const

type Path = ReadonlyArray<string>

/** Every leaf of an event, and what else could stand there. */
const leaves = (value: unknown, path: Path = []): ReadonlyArray<readonly [Path, unknown]> =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, item]) => leaves(item, [...path, key]))
    : [[path, value]]

const set = (value: unknown, [key, ...rest]: Path, leaf: unknown): unknown =>
  key === undefined
    ? leaf
    : Array.isArray(value)
      ? value.with(Number(key), set(value[Number(key)], rest, leaf))
      : { ...(value as Json), [key]: set((value as Json)[key], rest, leaf) }

/** Places of a list are one place. */
const nameOf = (tag: string, path: Path): string =>
  [tag, ...path.map((key) => (/^\d+$/.test(key) ? "*" : key))].join(".")

const falsehoodIn = (rows: ReadonlyArray<Row>) => {
  const check = Evidence.open({ hash })
  for (const row of rows) {
    const falsehood = check.row(row)
    if (falsehood) return falsehood
  }
  return check.isWhole() ? null : "unpaired"
}

describe("testimony", { timeout: 300_000 }, () => {
  it.effect("is all that can be told otherwise without being found", () =>
    Effect.gen(function* () {
      const histories: Array<ReadonlyArray<Row>> = []
      for (const name of told) histories.push(yield* historyOf(lives[name]))
      for (const name of talked) histories.push(yield* talkOf(talks[name]))
      for (const name of worked) histories.push(yield* workOf(works[name]))
      const seen = new Map<string, Set<unknown>>()
      for (const row of histories.flat()) {
        const event = eventOf(row)
        for (const [path, value] of leaves(event)) {
          const name = nameOf(event._tag, path)
          seen.set(name, (seen.get(name) ?? new Set()).add(value))
        }
      }
      const others = (name: string, value: unknown): ReadonlyArray<unknown> => [
        ...[...(seen.get(name) ?? [])].filter((other) => other !== value).slice(0, 3),
        ...(typeof value === "number" ? [value + 1, Math.max(0, value - 1)] : []),
        ...(typeof value === "boolean" ? [!value] : []),
        ...(typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? ["ab".repeat(32)] : []),
        ...(typeof value === "string" ? ["another", "privacy"] : []),
        null
      ]

      const unfound = new Set<string>()
      let tried = 0
      for (const rows of histories) {
        for (const [at, row] of rows.entries()) {
          const event = eventOf(row)
          for (const [path, value] of leaves(event)) {
            if (path.at(-1) === "_tag") continue
            const name = nameOf(event._tag, path)
            for (const other of others(name, value)) {
              const lie = changed(rows, at, (told) => set(told, path, other))
              if (decode(lie[at]?.payload ?? "")._tag === "None" || other === value) continue
              tried++
              if (falsehoodIn(lie) === null) unfound.add(name)
            }
          }
        }
      }
      assert.isAbove(tried, 3000)
      assert.deepStrictEqual([...unfound].toSorted(), Object.keys(testimony).toSorted())
    })
  )
})
