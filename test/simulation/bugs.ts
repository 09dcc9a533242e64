/** Owns bugs to be planted: each breaks one promise of the system, and says what is heard of it when it is noticed. */
import { Effect, Option, Stream } from "effect"
import type { Event } from "../../src/domain/Event.ts"
import type { Commit } from "../../src/ports/Journal.ts"
import type { Bugs } from "./World.ts"

export interface Planted {
  readonly bugs: Bugs
  /** What the oracle says of it. */
  readonly noticed: RegExp
}

const ends = (commit: Commit, tag: Event["_tag"]): boolean =>
  commit.appends.some(({ events }) => events.at(-1)?._tag === tag)

const everyEvent = (commit: Commit, change: (event: Event) => Event): Commit => ({
  ...commit,
  appends: commit.appends.map((append) => ({ ...append, events: append.events.map(change) }))
})

const withoutAny = (commit: Commit, tag: Event["_tag"]): Commit => ({
  ...commit,
  appends: commit.appends
    .map((append) => ({ ...append, events: append.events.filter(({ _tag }) => _tag !== tag) }))
    .filter(({ events }) => events.length > 0)
})

export const planted: Readonly<Record<string, Planted>> = {
  "a journal that acknowledges an intent before it is durable": {
    bugs: { commit: (commit) => (ends(commit, "CallIntended") ? null : commit) },
    noticed: /without a durable intent/
  },
  "a journal that acknowledges a release and loses it": {
    bugs: { commit: (commit) => (ends(commit, "Released") ? null : commit) },
    noticed: /not in the ledger|the ledger does not say so/
  },
  "a journal that does not compare before it writes": {
    bugs: {
      adoptsLiving: true,
      commit: (commit, store) => ({
        ...commit,
        appends: commit.appends.map((append) => {
          const info = Effect.runSync(store.info(append.stream))
          return { ...append, expected: Option.match(info, { onNone: () => 0, onSome: ({ seq }) => seq }) }
        })
      })
    },
    noticed: /after the ending|does not verify|two of its turns are open|a turn begins elsewhere/
  },
  "a journal that gives away the runs of the living": {
    bugs: { adoptsLiving: true },
    noticed: /ended as|was told|nobody told|after its settlement/
  },
  "a reservation that no budget is held against": {
    bugs: {
      commit: (commit) =>
        commit.reserve ? { ...commit, reserve: { ...commit.reserve, budget: null } } : commit
    },
    noticed: /overshot/
  },
  "a settlement that is forgotten": {
    bugs: { commit: ({ settle: _forgotten, ...commit }) => commit },
    noticed: /has spent/
  },
  "a settlement that gives back too much": {
    bugs: {
      commit: (commit) =>
        commit.settle
          ? { ...commit, settle: { ...commit.settle, unused: { ...commit.settle.unused, calls: 3 } } }
          : commit
    },
    noticed: /has spent/
  },
  "a law of recovery that takes a lost call for one that was never made": {
    bugs: {
      commit: (commit) =>
        everyEvent(commit, (event) =>
          event._tag === "CallSettled" && event.outcome === "indeterminate"
            ? { ...event, outcome: "failed", code: "PROVIDER_UNAVAILABLE" }
            : event
        )
    },
    noticed: /ended as|does not fold|does not verify|not recorded|listed as broken/
  },
  "a law of audits that lets through what was rejected": {
    bugs: {
      commit: (commit) =>
        everyEvent(commit, (event) =>
          event._tag === "AuditConcluded" && event.verdict?.decision === "reject"
            ? { ...event, verdict: { ...event.verdict, decision: "pass" } }
            : event
        )
    },
    noticed: /does not fold|does not verify|listed as broken/
  },
  "a vault that seals another text": {
    bugs: {
      commit: (commit) => ({
        ...commit,
        appends: commit.appends.map((append) => ({
          ...append,
          sealed: append.sealed.map((sealed) =>
            sealed.id.startsWith("draft") ? { ...sealed, bytes: Buffer.from("another text") } : sealed
          )
        }))
      })
    },
    noticed: /not sealed as it was said|does not verify|is not what was let out/
  },
  "an adapter that calls twice for one intent": {
    bugs: {
      provider: (provider) => ({
        ...provider,
        generate: (intent, call) =>
          Stream.concat(
            Stream.drain(Stream.take(provider.generate(intent, call), 1)),
            provider.generate(intent, call)
          )
      })
    },
    noticed: /is repeated/
  },
  "a door that lets out another text than was released": {
    bugs: { shown: (text) => `${text}.` },
    noticed: /another text than was said/
  },
  "an erasure that leaves the texts": {
    bugs: {
      commit: (commit) => ({
        ...commit,
        appends: commit.appends.map(({ erase: _left, ...append }) => append)
      })
    },
    noticed: /is erased and has texts/
  },
  "a journal that keeps a pause from its session": {
    bugs: { commit: (commit) => withoutAny(commit, "TurnHeld") },
    noticed: /runs without an owner|is held, and its session does not wait|does not verify/
  },
  "a gate that asks nobody": {
    bugs: {
      commit: (commit) =>
        everyEvent(commit, (event) =>
          event._tag === "GateEvaluated" ? { ...event, threshold: null } : event
        )
    },
    noticed: /the gate says null/
  },
  "a journal that lets everybody decide": {
    bugs: {
      commit: (commit, store) => ({
        ...commit,
        appends: commit.appends.map((append) => {
          if (!commit.appends.some(({ events }) => events.some(({ _tag }) => _tag === "StewardDecided")))
            return append
          const info = Effect.runSync(store.info(append.stream))
          return { ...append, expected: Option.match(info, { onNone: () => 0, onSome: ({ seq }) => seq }) }
        })
      })
    },
    noticed: /after the ending|decided twice/
  },
  "a memory that loses the newest of what was said before": {
    bugs: {
      provider: (provider) => ({
        ...provider,
        generate: (intent, call) => {
          const { messages } = call
          const kept = messages.length > 2 ? [...messages.slice(0, -3), ...messages.slice(-1)] : messages
          return provider.generate(intent, { ...call, messages: kept })
        }
      })
    },
    noticed: /the history of \d+ (is not what was let out|has something else)/
  }
}
