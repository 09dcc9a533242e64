/** Owns journals of what the real core does with capabilities, memory and runbooks, by itself and decision by decision. */
import { Effect, Fiber, Layer, Redacted } from "effect"
import { packagedLayer } from "../../src/adapters/config/YamlConfiguration.ts"
import { Entrance } from "../../src/core/access/Entrance.ts"
import { Logins } from "../../src/core/access/Logins.ts"
import { Tokens } from "../../src/core/access/Tokens.ts"
import { Memories } from "../../src/core/memory/Memories.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import type { RunRequest } from "../../src/core/run/Request.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Runbooks, type RunbookResult, type Start } from "../../src/core/runbook/Runbooks.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Steward, type Wish } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import {
  CapabilityId,
  MemoryKey,
  MemoryScope,
  Mode,
  PackId,
  Principal,
  TaskSpecId,
  Timestamp
} from "../../src/domain/Ids.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { Provenance, type Sensitivity } from "../../src/domain/memory/MemoryEvent.ts"
import type { Condition } from "../../src/domain/runbook/Condition.ts"
import type { Step } from "../../src/domain/runbook/Runbook.ts"
import { Identity } from "../../src/ports/Identity.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"
import { beginning, principal } from "./conversations.ts"
import { verdict } from "./runs.ts"
import { chat, wishing } from "./clientWorks.ts"
import { scriptedCapabilities } from "./scriptedCapabilities.ts"

type Runtime = Settings["runtime"]
type Done<A = unknown> = Effect.Effect<
  A,
  RuntimeFailure,
  Journal | Identity | Vault | Runs | Memories | Runbooks | Replays | Steward | Sessions
>

export interface Work {
  readonly drafter: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly runtime?: Partial<Runtime>
  /** Modes that may read more than what is `standard`. */
  readonly trusted?: ReadonlyArray<Mode>
  readonly done: Done
}

const mode = Mode.make("executor")
const checks = { constellation: true, health: false }
const asked = { mode, file: null, capability: null, packs: null, audit: false, principal, checks } as const
const surface = "program"
const draft: Reply = { say: ["a draft", " in pieces"], inputTokens: 12, outputTokens: 5 }
const other: Reply = { say: "another", inputTokens: null, outputTokens: 3 }

// ---- Capabilities

const invocation = (id: string, payload: string | null = '{"a":1}') => ({
  id: CapabilityId.make(id),
  payload: payload === null ? null : Content.of(payload)
})

/** A run that invokes one first, however it ends. */
const with_ = (id: string, more: Partial<RunRequest> = {}): Done =>
  Effect.exit(
    Runs.use((runs) =>
      runs.run(Runs.request("executor", "question", { capability: invocation(id), ...more }))
    )
  )
/** A run that invokes one and asks no model. */
const alone = (id: string): Done =>
  Effect.exit(Runs.use((runs) => runs.invoke(invocation(id, null), { principal, surface })))

// ---- Memory

const scope = MemoryScope.make("project")
const pack = (name: string) => PackId.make(`pack.${name}`)
const keyOf = (key: string) => MemoryKey.make(key)
const memoryPacks: Settings["memoryPacks"] = {
  packs: [
    { id: pack("facts"), scope, keys: [keyOf("colour"), keyOf("style.language")] },
    {
      id: pack("all"),
      scope,
      keys: [keyOf("secret"), keyOf("long"), keyOf("colour"), keyOf("absent")],
      include_packs: [pack("facts")]
    }
  ]
}

const write = (key: string, value = `The ${key}.`, sensitivity: Sensitivity = "standard"): Done =>
  Memories.use((memories) =>
    memories.write(
      {
        scope,
        key,
        value: Content.of(value),
        sensitivity,
        provenance: Provenance.make(sensitivity === "standard" ? "human" : "llm:qwen3"),
        expected: null,
        principal,
        surface
      },
      Effect.succeed(true)
    )
  )
const forget = (key: string): Done =>
  Memories.use((memories) => memories.forget(scope, key, principal, Effect.succeed(true)))

/** Something of each kind: what may be read, what may not, what does not fit, and what is not there. */
const remembering = Effect.all([
  write("colour"),
  write("secret", "elsewhere", "elevated"),
  write("style.language", "English"),
  write("long", "at length ".repeat(40))
])

const recalling = (packs: ReadonlyArray<PackId>, audit = false): Done =>
  Effect.exit(Runs.use((runs) => runs.run(Runs.request("executor", "question", { packs, audit }))))

// ---- Runbooks

const step = (name: string, rest: Partial<Step> = {}): Step => ({
  id: TaskSpecId.make(name),
  mode,
  prompt: Content.of(`question ${name}`),
  capability: null,
  packs: null,
  when: null,
  ...rest
})
const by = { principal, surface, checks, audit: false } as const
const start: Start = { sessionMode: "work", personaMode: mode, by }
const stewarded: Start = { ...start, sessionMode: "steward" }
const when = (key: Condition["key"], op: Condition["op"], value: string): Condition => ({
  key,
  op,
  value: Mode.make(value)
})
const two = [step("a"), step("b")]

const run = (steps: ReadonlyArray<Step>, how: Start = start): Done<RunbookResult> =>
  Runbooks.use((runbooks) => runbooks.run({ id: null, steps }, how))
const resume = ({ execution }: RunbookResult): Done =>
  Effect.exit(Replays.use((replays) => replays.resume(execution.run, { by, acceptConfig: false })))
const again = ({ execution }: RunbookResult): Done =>
  Effect.exit(Replays.use((replays) => replays.replay(execution.run, { by, acceptConfig: false })))

const decide = (action: "approve" | "reject" | "close" | "redirect" | "edit", isViewed = false): Done =>
  Effect.gen(function* () {
    const steward = yield* Steward
    const [held] = yield* steward.pending
    if (!held) return yield* Effect.die(new Error("nothing waits"))
    if (isViewed) yield* steward.show(held.run, principal)
    const prompt = Content.of("instead of that")
    yield* steward.decide({
      turn: held.run,
      digest: held.digest,
      sequence: held.sequence,
      principal,
      by: "person",
      reason: "other",
      action,
      ...(action === "edit" && { text: Content.of("what the steward wrote") }),
      ...(action === "redirect" && { request: { ...asked, prompt, surface } })
    } as Wish)
  })

const everyStep = { steward_thresholds: { step_count: 1 } }
const computing = {
  steward_thresholds: {
    capability_classes: ["computation"] as unknown as NonNullable<
      NonNullable<Runtime["steward_thresholds"]>["capability_classes"]
    >
  }
}

export const works = {
  "a client's run, audited": {
    drafter: [draft, other],
    judge: [verdict("needs_work")],
    done: chat({ audit: true })
  },
  "a client's run, some of it left out": {
    drafter: [draft],
    runtime: { history_limit_chars: 16 },
    done: chat()
  },
  "a run with wishes": { drafter: [draft], done: wishing },
  "a capability before the model": { drafter: [draft], done: with_("cap.counts") },
  "a capability that says no": { drafter: [draft], done: with_("cap.doubts") },
  "a capability that breaks": { drafter: [], done: with_("cap.breaks") },
  "a capability out of time": { drafter: [], done: with_("cap.lingers") },
  "a capability, then an audit": {
    drafter: [draft, other],
    judge: [verdict("needs_work")],
    done: with_("cap.counts", { audit: true })
  },
  "a capability and no model": { drafter: [], done: alone("cap.counts") },
  "a capability that breaks, and no model": { drafter: [], done: alone("cap.breaks") },
  "tokens that were issued, and revoked": {
    drafter: [],
    done: Effect.gen(function* () {
      const { issue, offer, revoke } = yield* Tokens
      const logins = yield* Logins
      const asks = { principal: Principal.make("alice"), role: "operator", expiresAt: null } as const
      const { facts } = yield* issue(asks)
      yield* issue({ ...asks, role: "steward", expiresAt: Timestamp.make(4_000_000_000_000) })
      // A page logs in and out; another one is late.
      const cookie = yield* logins.take((yield* offer(facts.id)).text)
      yield* logins.end({ authorization: null, cookie: Redacted.value(cookie) })
      yield* offer(facts.id)
      yield* revoke(facts.id)
      yield* issue({ ...asks, principal: Principal.make("bob"), role: "viewer" })
    }).pipe(
      Effect.provide(
        Layer.merge(
          Logins.layer.pipe(Layer.provide(Entrance.layer), Layer.provide(packagedLayer)),
          Tokens.layer
        )
      ),
      Effect.scoped
    )
  },
  "written, overwritten, forgotten, and written again": {
    drafter: [],
    done: Effect.all([
      write("colour"),
      write("colour", "teal", "restricted"),
      forget("colour"),
      write("colour", "green")
    ])
  },
  "remembered, denied, left out and missed": {
    drafter: [draft],
    runtime: { memory_budget_chars: 40 },
    done: Effect.andThen(remembering, recalling([pack("all")]))
  },
  "remembered in an audited run": {
    drafter: [draft],
    judge: [verdict("pass")],
    trusted: [mode],
    done: Effect.gen(function* () {
      yield* remembering
      yield* write("long", "in short", "restricted")
      yield* recalling([pack("facts"), pack("all")], true)
    })
  },
  "a session that remembers": {
    drafter: [draft, other],
    done: Effect.gen(function* () {
      yield* remembering
      const sessions = yield* Sessions
      const { session } = yield* sessions.start({ ...beginning, mode: "work", packs: [pack("facts")] })
      const turn = { ...asked, mode: null, surface } as const
      yield* sessions.turn(session, { ...turn, prompt: Content.of("question") })
      yield* sessions.turn(session, {
        ...turn,
        prompt: Content.of("and then"),
        capability: invocation("cap.counts")
      })
    })
  },
  "a turn held for what it invoked": {
    drafter: [draft, other],
    runtime: computing,
    done: Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session } = yield* sessions.start(beginning)
      const turn = { ...asked, mode: null, prompt: Content.of("question"), surface } as const
      yield* sessions.turn(session, { ...turn, capability: invocation("cap.counts") })
      yield* decide("approve")
      yield* sessions.turn(session, { ...turn, capability: invocation("cap.doubts") })
    })
  },
  "a runbook of which a step is skipped": {
    drafter: [draft, other],
    done: Effect.andThen(
      remembering,
      run([
        step("a", { packs: [pack("facts")], when: when("persona_mode", "eq", "executor") }),
        step("b", { when: when("session_mode", "eq", "steward") }),
        step("c", { capability: invocation("cap.counts"), when: when("session_mode", "neq", "steward") })
      ])
    )
  },
  "a runbook of which nothing is done": {
    drafter: [],
    done: run([step("a", { when: when("session_mode", "neq", "work") })])
  },
  "a runbook that stops, and is gone on with": {
    drafter: [draft, { fail: "PROVIDER_REJECTED" }, other, draft],
    done: Effect.flatMap(run([...two, step("c")]), resume)
  },
  "a runbook, and done again": {
    drafter: [draft, other],
    done: Effect.flatMap(run([step("a")]), again)
  },
  "a runbook whose capability breaks": {
    drafter: [draft],
    done: run([step("a"), step("b", { capability: invocation("cap.breaks") })])
  },
  "an audited runbook that is refused": {
    drafter: [draft],
    judge: [verdict("reject")],
    done: run(two, { ...start, by: { ...by, audit: true } })
  },
  "a runbook, left in a step": {
    drafter: [{ hang: true, after: ["half"] }],
    done: Effect.gen(function* () {
      const journal = yield* Journal
      const running = yield* Effect.forkChild(run(two))
      const isAsked = Effect.map(journal.scan(0, 1000), (rows) =>
        rows.some(({ payload }) => payload.startsWith('{"_tag":"CallIntended"'))
      )
      yield* Effect.repeat(isAsked, { until: (is) => is })
      yield* Fiber.interrupt(running)
    })
  },
  "a runbook, held and approved": {
    drafter: [draft, other],
    runtime: everyStep,
    done: Effect.gen(function* () {
      const held = yield* run(two, stewarded)
      yield* decide("approve", true)
      yield* resume(held)
      yield* decide("edit")
      yield* resume(held)
    })
  },
  "a runbook, held and redirected": {
    drafter: [draft, other, draft],
    runtime: { steward_thresholds: { always: true } },
    done: Effect.gen(function* () {
      const held = yield* run(two, stewarded)
      yield* decide("redirect")
      yield* decide("reject")
      yield* resume(held)
    })
  },
  "a runbook, held and closed": {
    drafter: [draft, other],
    runtime: computing,
    done: Effect.gen(function* () {
      yield* run([step("a"), step("b", { capability: invocation("cap.counts") })], stewarded)
      yield* decide("close")
    })
  }
} as const satisfies Readonly<Record<string, Work>>

/** The rows of such a work, in the order of their positions; its configuration is the first of them, or none is. */
export const workOf = (work: Work): Effect.Effect<ReadonlyArray<Row>> => {
  const providers = (["drafter", "judge"] as const).map(
    (name) => ScriptedProvider.make(name, work[name] ?? []).provider
  )
  const { runtime, memoryPolicy } = TestRuntime.settings
  const settings: Settings = {
    ...TestRuntime.settings,
    runtime: { ...runtime, ...work.runtime },
    memoryPacks,
    memoryPolicy: {
      ...memoryPolicy,
      route_allowlist: [mode],
      sensitivity_allowlist: { elevated: work.trusted ?? [], restricted: work.trusted ?? [] }
    }
  }
  const layer = TestRuntime.layer({ providers, settings, capabilities: scriptedCapabilities })
  return Effect.andThen(
    work.done as Effect.Effect<unknown, RuntimeFailure, Layer.Success<typeof layer>>,
    Journal.use((journal) => journal.scan(0, 1000))
  ).pipe(Effect.provide(layer), Effect.orDie)
}
