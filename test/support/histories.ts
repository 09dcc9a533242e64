/** Owns journals of every kind of life that the real core leads: their rows, as they were written. */
import { Effect, Stream } from "effect"
import { Runs } from "../../src/core/run/Runs.ts"
import type { RunRequest } from "../../src/core/run/Request.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Mode, Principal, StreamId, Target } from "../../src/domain/Ids.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"
import { verdict } from "./runs.ts"

type Settings = typeof TestRuntime.settings
const { settings } = TestRuntime
const runtime = (some: Partial<Settings["runtime"]>): Settings => ({
  ...settings,
  runtime: { ...settings.runtime, ...some }
})
const without = (name: string): Settings => ({
  ...settings,
  providers: {
    ...settings.providers,
    providers: Object.fromEntries(
      Object.entries(settings.providers.providers).filter(([other]) => other !== name)
    )
  }
})
const challenged = (target: string, allow_same_model: boolean): Settings => ({
  ...runtime({ constellation: { allow_same_model } }),
  routing: {
    ...settings.routing,
    modes: {
      ...settings.routing.modes,
      [Mode.make("challenger")]: { primary: Target.make(target), secondary: Target.make(target) }
    }
  }
})

export interface Life {
  readonly drafter?: ReadonlyArray<Reply>
  readonly reserve?: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly settings?: Settings
  readonly request?: Partial<RunRequest>
  /** How the run is followed: whole, as pieces, or left after some of them. */
  readonly follow?: "pieces" | "left"
  /** How many runs are made; one when left out. */
  readonly runs?: number
  /** What is done to the journal afterwards. */
  readonly after?: Effect.Effect<void, RuntimeFailure, Journal>
}

const draft: Reply = { say: ["a draft", " in pieces"], inputTokens: 12, outputTokens: 5 }
const refused: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }
const unchecked = { checks: { constellation: false, health: false } }
const audit = { audit: true }

export const lives = {
  plain: { drafter: [draft] },
  streamed: { drafter: [draft], follow: "pieces" },
  blank: { drafter: [{ say: "" }] },
  uncounted: { drafter: [{ say: "words", inputTokens: null, outputTokens: null }] },
  fallback: { drafter: [refused], reserve: [draft] },
  "fallback, again nothing": { drafter: [refused], reserve: [refused] },
  "no model but the stand-in": {
    settings: { ...settings, providers: { ...settings.providers, providers: {} } }
  },
  passed: { drafter: [draft], judge: [verdict("pass")], request: audit },
  revised: {
    drafter: [draft, { say: "better" }],
    judge: [verdict("needs_work", [{ code: "format", severity: 1 }])],
    request: audit
  },
  "revised by who stepped in": {
    drafter: [refused],
    reserve: [draft, { say: "better" }],
    judge: [verdict("needs_work")],
    request: audit
  },
  "revision failed": {
    drafter: [draft, { fail: "PROVIDER_BAD_RESPONSE" }],
    judge: [verdict("needs_work")],
    request: audit
  },
  rejected: { drafter: [draft], judge: [verdict("reject")], request: audit },
  abstained: { drafter: [draft], judge: [verdict("abstain")], request: audit },
  unparsable: { drafter: [draft], judge: [{ say: "fine" }], request: audit },
  "cut short": {
    drafter: [draft],
    judge: [{ ...verdict("pass"), finish: "length" } as Reply],
    request: audit
  },
  "audit failed": { drafter: [draft], judge: [{ fail: "PROVIDER_TIMEOUT" }], request: audit },
  "no challenger": { drafter: [draft], settings: without("judge"), request: audit },
  unaudited: {
    drafter: [draft],
    judge: [{ say: "fine" }],
    settings: runtime({ audit: { default_modes: [Mode.make("executor")], on_unavailable: "release" } })
  },
  "not independent": {
    drafter: [refused],
    reserve: [draft],
    settings: challenged("reserve:TWO:latest", false),
    request: audit
  },
  "not independent, unchecked": {
    drafter: [refused],
    reserve: [draft, verdict("pass")],
    settings: challenged("reserve:two", false),
    request: { ...audit, ...unchecked }
  },
  "not independent, allowed": {
    drafter: [draft, verdict("pass")],
    settings: challenged("drafter:one", true),
    request: audit
  },
  "failed after a piece": {
    drafter: [{ fail: "PROVIDER_OUTCOME_UNKNOWN", after: ["half"] }],
    follow: "pieces"
  },
  "cancelled after a piece": { drafter: [{ hang: true, after: ["half"] }], follow: "left" },
  "left after the first of two pieces": {
    drafter: [{ hang: true, after: ["one ", "two "] }],
    follow: "left"
  },
  "cancelled in the audit": { drafter: [draft], judge: [{ hang: true }], request: audit, follow: "left" },
  "refused by the limit": { drafter: [draft], settings: runtime({ context_limit_chars: 1 }) },
  "refused by the bounds": { drafter: [draft], settings: runtime({ max_output_tokens: 8192 }) },
  "refused by the budget": {
    drafter: [draft, draft, draft],
    settings: runtime({ budgets: { window_hours: 1, calls: 3 } }),
    runs: 3
  },
  drifted: { drafter: [draft], settings: challenged("elsewhere:one", false) },
  "drifted, unchecked": {
    drafter: [draft],
    settings: challenged("elsewhere:one", false),
    request: unchecked
  },
  erased: {
    drafter: [draft],
    after: Effect.gen(function* () {
      const journal = yield* Journal
      const [info] = yield* journal.streams({ prefix: "run/", openOnly: false, before: null, limit: 1 })
      const stream = info?.stream ?? StreamId.make("run/none")
      yield* journal.commit({
        appends: [
          {
            stream,
            expected: info?.seq ?? 0,
            events: [{ _tag: "RunErased", principal: Principal.make("local") }],
            sealed: [],
            key: null,
            erase: true
          }
        ]
      })
    })
  }
} as const satisfies Readonly<Record<string, Life>>

/** The rows of such a life, in the order of their positions; its configuration is the first of them. */
export const historyOf = (life: Life): Effect.Effect<ReadonlyArray<Row>> => {
  const providers = (["drafter", "reserve", "judge"] as const).map(
    (name) => ScriptedProvider.make(name, life[name] ?? []).provider
  )
  const layer = TestRuntime.layer({ providers, ...(life.settings && { settings: life.settings }) })
  const request = Runs.request("executor", "question", life.request)
  return Effect.gen(function* () {
    const runs = yield* Runs
    const pieces = Stream.runDrain(
      life.follow === "left"
        ? runs.stream(request).pipe(Stream.take(life.request?.audit ? 1 : 2))
        : runs.stream(request)
    )
    const once = life.follow ? pieces : runs.run(request)
    for (let run = 0; run < (life.runs ?? 1); run++) yield* Effect.exit(once)
    if (life.after) yield* life.after
    return yield* (yield* Journal).scan(0, 1000)
  }).pipe(Effect.provide(layer), Effect.orDie)
}
