/** Owns journals to measure: valid runs in any number, after the pattern of some that the real core led. */
import { Effect, Result } from "effect"
import { hash } from "node:crypto"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Null from "../../src/adapters/provider/Null.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { policyInForce } from "../../src/core/run/PolicyInForce.ts"
import { type WorstCase, worstCase } from "../../src/domain/run/Bounds.ts"
import { isRunEvent, type RunEvent } from "../../src/domain/Event.ts"
import * as Governance from "../../src/domain/run/Governance.ts"
import { ContentId, type Digest, RunId, runStream } from "../../src/domain/Ids.ts"
import { receiptOf } from "../../src/domain/run/Leaving.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { initial, type RunState } from "../../src/domain/run/Run.ts"
import { replay } from "../../src/domain/run/Evolution.ts"
import { type Append, Journal } from "../../src/ports/Journal.ts"
import { Providers } from "../../src/ports/Provider.ts"
import { check, journalIn } from "./verification.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"

const answer: Reply = { say: "An answer of some words.", inputTokens: 120, outputTokens: 40 }
const refused: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }
const passed: Reply = {
  say: '{"decision":"pass","issues":[],"high_risk_claims":[],"suggested_fixes":[]}',
  inputTokens: 300,
  outputTokens: 30
}

/** Three plain runs, an audited one and one with a fallback: 38 events. The configuration is in the journal then. */
const record = (directory: string) =>
  Effect.gen(function* () {
    const runs = yield* Runs
    const journal = yield* Journal
    const patterns: Array<ReadonlyArray<RunEvent>> = []
    for (const audit of [false, true, false, false, false]) {
      const { run } = yield* runs.run(Runs.request("executor", "What is a receipt? ".repeat(10), { audit }))
      const rows = yield* journal.read(runStream(run))
      patterns.push(
        rows.flatMap(({ payload }) => {
          const event = decode(payload)
          return event._tag === "Some" && isRunEvent(event.value) ? [event.value] : []
        })
      )
    }
    return patterns
  }).pipe(
    Effect.provide(
      TestRuntime.layer({
        providers: providers(),
        journal: journalIn(directory)
      })
    )
  )

/** The pattern as the life of another run: other texts, other times, and what follows from them. */
const another = (pattern: ReadonlyArray<RunEvent>, run: RunId): ReadonlyArray<RunEvent> => {
  const digest = (name: string): Digest => hash("sha256", run + name) as Digest
  const events: Array<RunEvent> = []
  let state: RunState = initial
  for (const event of pattern) {
    const made = alter(event, state, run, digest)
    events.push(made)
    state = Result.getOrThrow(replay([made], state))
  }
  return events
}

const alter = (event: RunEvent, state: RunState, run: RunId, digest: (name: string) => Digest): RunEvent => {
  switch (event._tag) {
    case "RunAccepted":
      return { ...event, run, promptDigest: digest("prompt") }
    case "ContextAssembled": {
      const more = numberIn(digest("length"), 4096)
      return {
        ...event,
        chars: event.chars + more,
        bytes: event.bytes + more,
        promptHash: digest("messages"),
        segments: event.segments.map((segment) => ({ ...segment, digest: digest(segment.name) }))
      }
    }
    case "BoundsCertified":
      return { ...event, certificate: worstOf(state)?.certificate ?? event.certificate }
    case "CallIntended": {
      const { purpose, attempt } = event
      const call = worstOf(state)?.calls.find((one) => one.purpose === purpose && one.attempt === attempt)
      return { ...event, reserved: call?.reservation ?? event.reserved }
    }
    case "CallSettled": {
      const latencyMillis = 100 + numberIn(digest("latency"), 1000)
      return {
        ...event,
        digest: event.digest && digest(`${event.purpose}.${event.attempt}`),
        latencyMillis,
        firstTokenMillis: event.firstTokenMillis === null ? null : latencyMillis >> 2
      }
    }
    case "Released": {
      const text = state.calls.findLast(({ intended }) => intended.purpose === "draft")?.settled?.digest
      const receipt = receiptOf(state, { ...event.receipt, digest: text ?? event.receipt.digest })
      return receipt ? { ...event, receipt } : event
    }
    default:
      return event
  }
}

const numberIn = (digest: Digest, below: number): number => Number.parseInt(digest.slice(0, 6), 16) % below

const providers = () => [
  ScriptedProvider.make("drafter", [answer, answer, refused, answer, answer]).provider,
  ScriptedProvider.make("reserve", [answer]).provider,
  ScriptedProvider.make("judge", [passed]).provider
]
export const policy = policyInForce(TestRuntime.settings, Providers.from(Null.make, ...providers()), {
  list: []
})

const worstOf = ({ accepted, route, context }: RunState): WorstCase | null =>
  route && context
    ? Result.getOrNull(
        worstCase(
          Governance.wishOf(
            policy,
            route.route,
            accepted?.audit ? Governance.auditorOf(policy) : null,
            context,
            { mode: route.route.mode, gates: 0, capability: null, maxOutputTokens: null }
          )
        )
      )
    : null

/** As long as sealed texts of 200 bytes are, and a wrapped key. */
const sealed = (id: string) => ({ id: ContentId.make(id), bytes: new Uint8Array(228).fill(7) })
const key = new Uint8Array(60).fill(7)

const RUNS_PER_COMMIT = 500

/** Fills a folder's journal with at least so many events; returns how many there are, how many runs, and a plain one. */
export const fill = Effect.fnUntraced(function* (directory: string, events: number) {
  const patterns = yield* record(directory)
  return yield* Effect.gen(function* () {
    const journal = yield* Journal
    let runs = patterns.length
    let position = yield* journal.head
    while (position < events) {
      const appends: Array<Append> = []
      while (appends.length < RUNS_PER_COMMIT && position + appends.length * 8 < events) {
        const run = RunId.make(`01900000-0000-7000-9000-${(++runs).toString(16).padStart(12, "0")}`)
        appends.push({
          stream: runStream(run),
          expected: 0,
          events: another(patterns[runs % patterns.length] ?? [], run),
          sealed: [sealed("prompt"), sealed("draft.1")],
          key
        })
      }
      ;({ position } = yield* journal.commit({ appends }))
    }
    return { events: position, runs, pattern: patterns[0] ?? [] }
  }).pipe(
    Effect.provide(journalIn(directory)),
    Effect.tap(() => Effect.promise(() => count(directory)))
  )
})

/** Writes what the runs came to into the budgets' counters: they were written many at once, without reserving. */
const count = async (directory: string): Promise<void> => {
  const { spendings } = await check(directory)
  const db = new DatabaseSync(join(directory, "journal.sqlite"))
  const charge = db.prepare("INSERT OR REPLACE INTO spending VALUES (?, ?, ?, ?)")
  for (const { principal, slice, calls, tokens } of spendings) charge.run(principal, slice, calls, tokens)
  db.close()
}
