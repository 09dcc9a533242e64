/** Owns which facts stand under an answer, in words. */
import { duration } from "../format.ts"
import { strings } from "../strings.ts"
import type { Turn } from "./conversation.ts"

interface Fact {
  readonly name: string
  /** Null, or nothing, where there is nothing to say. */
  readonly value: string | null | undefined
}

const { facts: said } = strings.chat
const { decisions, issues: named } = strings.inbox.verdict

const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })

export const time = (at: number): string => clock.format(at)

/** What became of the audit; null where there is nothing to say yet. */
const verdictOf = ({ receipt, facts, standing }: Turn): string | null => {
  const { none, revised } = said
  const why = facts?.unavailable
  const unaudited = said.unaudited + (why ? `: ${said.unavailable[why]}` : "")
  const pass = said.passed(facts?.verdict?.issues.length ?? 0)
  if (receipt) {
    const verdict = { none, pass, revised, unaudited }[receipt.audit]
    return receipt.auditor && !receipt.auditor.independent ? `${verdict}, ${said.sameModel}` : verdict
  }
  if (!facts || standing === "running") return null
  if (!facts.audit) return none
  return facts.verdict ? { ...decisions, pass }[facts.verdict.decision] : unaudited
}

/** What the auditor has named, the gravest first; in an answer that was revised for it, it is no more. */
const issuesOf = ({ receipt, facts, standing }: Turn): string => {
  const isShown = standing !== "running" && (!receipt || receipt.audit === "pass")
  const issues = (isShown && facts?.verdict?.issues) || []
  const gravest = issues.toSorted((one, other) => other.severity - one.severity)
  return [...new Set(gravest.map(({ code }) => named[code]))].join(", ")
}

const STAND_IN = "null"

const WORDS: Readonly<Record<string, string>> = {
  mixed: said.bySteward,
  capability: said.byCapability
}

const endingOf = ({ receipt }: Turn): string | null => {
  if (!receipt) return null
  if (!receipt.complete) return said.cutOff
  return receipt.finish === "length" ? said.lengthLimit : null
}

/** The short ones first: what an answer is, then what it cost, then what it could have cost. */
export const factsOf = (turn: Turn): ReadonlyArray<Fact> => {
  const { receipt, accepted, facts, past } = turn
  const route = accepted?.route
  const provider = receipt?.provider ?? facts?.provider ?? route?.provider
  const model = receipt?.model ?? facts?.model ?? route?.selected?.model
  const bound = receipt?.certificate ?? accepted?.certificate ?? facts?.certificate
  const isSecond = (receipt?.fallbackUsed ?? facts?.fallback_used) === true && provider !== STAND_IN
  /** What it has cost is known when the model has spoken. */
  const spent = turn.standing === "running" ? null : facts
  const packs = (facts?.memory_context ?? accepted?.memory_context)?.pack_ids ?? []
  return [
    { name: said.mode, value: receipt?.mode ?? past?.persona_mode ?? route?.mode },
    { name: said.model, value: provider && nameOf(provider, model) },
    { name: said.fallback, value: isSecond ? said.secondary : null },
    { name: said.words, value: receipt && WORDS[receipt.provenance] },
    { name: said.verdict, value: verdictOf(turn) },
    { name: said.issues, value: issuesOf(turn) },
    { name: said.calls, value: spent && said.callsOf(spent.calls, bound?.calls ?? null) },
    { name: said.tokens, value: spent && said.tokensOf(spent.input_tokens, spent.output_tokens) },
    { name: said.time, value: timeOf(spent, turn) },
    {
      name: said.bound,
      value: bound && said.boundOf(bound.calls, bound.inputTokens, bound.outputTokens)
    },
    { name: said.packs, value: packs.join(", ") },
    { name: said.ending, value: endingOf(turn) }
  ]
}

const nameOf = (provider: string, model: string | null | undefined): string =>
  provider === STAND_IN ? said.byStandIn : model ? `${provider} / ${model}` : provider

/** A call that nobody heard of again has no time. A first word is one that somebody saw as it came. */
const timeOf = (facts: Turn["facts"], { receipt, decided }: Turn): string | null => {
  if (!facts?.latency_ms) return null
  const all = duration(facts.latency_ms)
  const first = receipt && !facts.audit && decided === null ? facts.first_token_ms : null
  return first === null ? all : said.timeOf(all, duration(first))
}
