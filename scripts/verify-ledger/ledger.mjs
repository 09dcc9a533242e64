/** Owns all streams together: each row is the next of its stream and of the whole, and follows from those before it. */
import { pair, sideOfHost, sideOfRun } from "./bond.mjs"
import { account, newSpending } from "./budget.mjs"
import { canonical, hold } from "./chain.mjs"
import { configurationOf } from "./laws.mjs"
import { advanceMemory, newMemory } from "./memory.mjs"
import { advance, newRun } from "./run.mjs"
import { advanceRunbook, newRunbook } from "./runbook.mjs"
import { advanceSession, newSession } from "./session.mjs"
import { advanceTokens, newTokens } from "./tokens.mjs"

/** A run of which nothing is asked any more but whether it was erased. */
const ended = ({ stream, erased }) => ({ stream, rules: null, ending: true, erased })

export const newLedger = () => ({
  position: 0,
  runs: 0,
  heads: new Map(),
  configurations: new Map(),
  spending: newSpending(),
  /** What the row before has opened; null where it wants no other beside it. */
  open: null
})

/** A text of its own: one cut out of a line would keep the whole line. */
const copied = (text) => JSON.parse(JSON.stringify(text))

const isAscending = (names) => names.every((name, at) => at === 0 || names[at - 1] < name)

/** Whether a configuration names itself, and what it lists is in the order of its names, each once. */
const isNamed = ({ configDigest, digests, policy }, sha256) =>
  isAscending(policy.providers.map(({ name }) => name)) &&
  isAscending((policy.capabilities ?? []).map(({ id }) => id)) &&
  configDigest === sha256(canonical({ digests, policy }))

/** What a stream is of, by how its name begins. */
const subjectOf = (stream) => {
  if (stream.startsWith("session/")) return { session: newSession(stream) }
  if (stream.startsWith("runbook/")) return { runbook: newRunbook(stream) }
  if (stream === "tokens") return { tokens: newTokens() }
  return stream.startsWith("memory/") ? { memory: newMemory(stream) } : { run: newRun(stream) }
}

/** Takes a row in, or throws what is false about it. */
export const takeIn = (ledger, row, { genesis, linked, sha256 }) => {
  hold(row.position === ledger.position + 1, "rows_missing")
  let head = ledger.heads.get(row.stream)
  if (!head) {
    const stream = copied(row.stream)
    head = { seq: 0, at: 0, hash: genesis(stream), ...subjectOf(stream) }
    ledger.heads.set(stream, head)
  }
  const { event, hash } = linked(row, head)
  let side = null
  if (event._tag === "ConfigLoaded") {
    hold(isNamed(event, sha256), "config_misnamed")
    ledger.configurations.set(event.configDigest, configurationOf(event.policy))
  } else if (head.session) {
    advanceSession(head.session, event, ledger.configurations)
    side = sideOfHost(head.session.stream, event)
  } else if (head.runbook) {
    advanceRunbook(head.runbook, event, ledger.configurations)
    side = sideOfHost(head.runbook.stream, event)
  } else if (head.memory) advanceMemory(head.memory, event, sha256)
  else if (head.tokens) advanceTokens(head.tokens, event)
  else {
    if (event._tag === "RunAccepted") ledger.runs++
    advance(head.run, event, row, ledger.configurations)
    side = sideOfRun(head.run, event)
  }
  ledger.open = pair(ledger.open, side)
  if (head.run && event._tag !== "ConfigLoaded") {
    account(ledger.spending, head.run, event, row.at)
    if (head.run.ending) head.run = ended(head.run)
  }
  head.seq = row.seq
  head.at = row.at
  head.hash = hash
  ledger.position = row.position
}
