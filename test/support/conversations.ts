/** Owns journals of every kind of session that the real core leads, turn by turn and decision by decision. */
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { SessionErasure } from "../../src/core/session/SessionErasure.ts"
import type { Brought, Start } from "../../src/core/session/Beginning.ts"
import { Sessions, type TurnRequest } from "../../src/core/session/Sessions.ts"
import { Steward, type Wish } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { CapabilityClass, Digest, Mode, Principal, SessionId } from "../../src/domain/Ids.ts"
import type { Row } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"
import { verdict } from "./runs.ts"

type Runtime = (typeof TestRuntime.settings)["runtime"]
type Lived<A = unknown> = Effect.Effect<A, RuntimeFailure, Sessions | Steward | SessionErasure>

export interface Talk {
  readonly drafter: ReadonlyArray<Reply>
  readonly judge?: ReadonlyArray<Reply>
  readonly runtime?: Partial<Runtime>
  readonly start?: Partial<Start>
  readonly brought?: Brought
  readonly said: (session: string) => Lived
}

export const principal = Principal.make("local")
const by = { principal, surface: "program" as const }
export const beginning: Start = {
  mode: "steward",
  persona: Mode.make("executor"),
  audit: false,
  title: null,
  packs: null,
  ...by
}
const asked = (prompt: string): TurnRequest => ({
  mode: null,
  prompt: Content.of(prompt),
  file: null,
  capability: null,
  packs: null,
  audit: false,
  ...by,
  checks: { constellation: true, health: false }
})

/** A turn, however it comes to rest. */
const turn = (session: string, prompt = "question", insteadOf: number | null = null): Lived =>
  Effect.exit(Sessions.use((sessions) => sessions.turn(session, { ...asked(prompt), insteadOf })))

/** What waits, looked at first where that is wanted. */
const waiting = Effect.fnUntraced(function* (isViewed: boolean) {
  const steward = yield* Steward
  const [pending] = yield* steward.pending
  if (!pending) return yield* Effect.die(new Error("nothing waits"))
  if (isViewed) yield* steward.show(pending.run, principal)
  return { turn: pending.run, digest: pending.digest, sequence: pending.sequence }
})

type Action =
  | { readonly action: "approve" | "reject" | "close" }
  | { readonly action: "edit"; readonly text: Content }
  | { readonly action: "redirect"; readonly request: TurnRequest & { readonly mode: Mode } }

const decide = (action: Action, isViewed = false, who: "person" | "service" = "person"): Lived =>
  Effect.gen(function* () {
    const wish = {
      ...(yield* waiting(isViewed)),
      principal,
      by: who,
      reason: "acceptable",
      ...action
    } as Wish
    yield* (yield* Steward).decide(wish)
  })

const held =
  (action: Action, isViewed = false, who: "person" | "service" = "person"): Talk["said"] =>
  (session) =>
    Effect.andThen(turn(session), decide(action, isViewed, who))

/** Leaves a turn as soon as its model hangs, after `first` was done meanwhile. */
const left =
  (first: (session: string) => Lived = () => Effect.void): Talk["said"] =>
  (session) =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const running = yield* Effect.forkChild(sessions.turn(session, asked("question")))
      yield* Effect.repeat(sessions.status(session), { until: ({ open }) => open !== null })
      yield* first(session)
      yield* Fiber.interrupt(running)
    })

const draft: Reply = { say: ["a draft", " in pieces"], inputTokens: 12, outputTokens: 5 }
const other: Reply = { say: "another", inputTokens: null, outputTokens: 3 }
const always = { steward_thresholds: { always: true } }
const withAudit = { audit: true } as const
const onHold = { audit: { default_modes: [], on_unavailable: "hold" } } as const
const closed = (session: string): Lived => Sessions.use((sessions) => sessions.close(session, principal))
const edit: Action = { action: "edit", text: Content.of("what the steward wrote") }

export const talks = {
  "at work, two turns, titled and closed": {
    drafter: [draft, other],
    start: { mode: "work", title: Content.of("a title") },
    said: (session) =>
      Effect.gen(function* () {
        yield* turn(session)
        yield* turn(session, "and then")
        yield* (yield* Sessions).retitle(session, Content.of("a better title"), principal)
        yield* closed(session)
      })
  },
  "at work, with others in place of earlier turns": {
    drafter: [draft, other, draft, { fail: "PROVIDER_BAD_RESPONSE" }, other, draft, other],
    start: { mode: "work" },
    said: (session) =>
      Effect.gen(function* () {
        yield* turn(session)
        yield* turn(session, "and then")
        yield* turn(session, "and then, in other words", 1)
        yield* turn(session, "in other words", 0)
        yield* turn(session, "once more", 3)
        yield* turn(session, "and then")
        yield* turn(session, "back to the first", 1)
      })
  },
  "held, and another in place of what was rejected": {
    drafter: [draft, other],
    runtime: always,
    said: (session) =>
      Effect.gen(function* () {
        yield* held({ action: "reject" })(session)
        yield* turn(session, "in other words", 0)
        yield* decide({ action: "approve" })
      })
  },
  "held, looked at and approved": {
    drafter: [draft, other],
    runtime: always,
    said: (session) =>
      Effect.andThen(held({ action: "approve" }, true)(session), held({ action: "approve" })(session))
  },
  "held and approved, without a letter": {
    drafter: [{ say: "" }],
    runtime: always,
    said: held({ action: "approve" })
  },
  "held and edited": {
    drafter: [draft, other],
    runtime: always,
    said: (session) =>
      Effect.gen(function* () {
        yield* held(edit)(session)
        yield* turn(session, "and then")
        yield* decide({ action: "approve" }, false, "service")
      })
  },
  "held and redirected": {
    drafter: [draft, other],
    runtime: always,
    said: (session) =>
      Effect.gen(function* () {
        const request = { ...asked("instead"), mode: Mode.make("executor") }
        yield* held({ action: "redirect", request })(session)
        yield* decide({ action: "reject" })
      })
  },
  "held and rejected, to its limit": {
    drafter: [draft],
    runtime: { ...always, session_max_turns: 1 },
    said: (session) => Effect.andThen(held({ action: "reject" })(session), turn(session))
  },
  "held and closed": { drafter: [draft], runtime: always, said: held({ action: "close" }) },
  "held and expired": {
    drafter: [draft],
    runtime: { ...always, steward_expiry_seconds: 1 },
    said: (session) =>
      Effect.gen(function* () {
        yield* turn(session)
        yield* TestClock.adjust("2 seconds")
        yield* (yield* Steward).expire
      })
  },
  "held at every second step": {
    drafter: [draft, draft],
    runtime: { steward_thresholds: { step_count: 2 } },
    said: (session) => Effect.andThen(turn(session), held({ action: "approve" })(session))
  },
  "held over its tokens": {
    drafter: [draft, draft],
    runtime: { steward_thresholds: { token_budget: 20 } },
    said: (session) => Effect.andThen(turn(session), held({ action: "approve" })(session))
  },
  "held as revised": {
    drafter: [draft, other],
    judge: [verdict("needs_work")],
    start: withAudit,
    runtime: { steward_thresholds: { audit: true } },
    said: held({ action: "approve" })
  },
  "held without a verdict": {
    drafter: [draft],
    judge: [{ say: "fine" }],
    start: withAudit,
    runtime: onHold,
    said: held({ action: "approve" })
  },
  "passed, and not held": {
    drafter: [draft],
    judge: [verdict("pass")],
    start: withAudit,
    runtime: { steward_thresholds: { audit: true } },
    said: turn
  },
  "at work without a verdict": {
    drafter: [draft],
    judge: [{ say: "fine" }],
    start: { ...withAudit, mode: "work" },
    runtime: onHold,
    said: turn
  },
  "failed, and gone on with": {
    drafter: [{ fail: "PROVIDER_BAD_RESPONSE" }, draft],
    runtime: always,
    said: (session) => Effect.andThen(turn(session), held({ action: "approve" })(session))
  },
  "rejected by the audit": {
    drafter: [draft],
    judge: [verdict("reject")],
    start: withAudit,
    runtime: always,
    said: turn
  },
  "cancelled, its mode changed meanwhile": {
    drafter: [{ hang: true, after: ["half"] }, draft],
    runtime: always,
    said: (session) =>
      Effect.gen(function* () {
        const changing = (): Lived =>
          Sessions.use((sessions) => sessions.changeMode(session, "work", principal))
        yield* left(changing)(session)
        yield* turn(session, "and then")
      })
  },
  "left after a piece, with nothing to hold it": {
    drafter: [{ hang: true, after: ["half"] }],
    said: (session) =>
      Sessions.use((sessions) =>
        sessions.stream(session, asked("question")).pipe(Stream.take(2), Stream.runDrain)
      )
  },
  "from elsewhere": {
    drafter: [draft],
    brought: {
      origin: {
        session: SessionId.make("01900000-0000-7000-8000-00000000beef"),
        sequence: 9,
        head: Digest.make("cd".repeat(32))
      },
      terms: {
        thresholds: {
          stepCount: 3,
          tokenBudget: null,
          capabilityClasses: [CapabilityClass.make("files")],
          audit: false,
          always: false
        },
        expirySeconds: 60,
        maxTurns: 3
      },
      beginning: { mode: "steward", turns: 4, steps: 2, tokens: 77 }
    },
    said: (session) => Effect.andThen(held({ action: "approve" })(session), turn(session))
  },
  "erased with its turns": {
    drafter: [draft, other],
    runtime: always,
    start: { title: Content.of("a title") },
    said: (session) =>
      Effect.gen(function* () {
        yield* held(edit, true, "service")(session)
        yield* turn(session)
        yield* (yield* SessionErasure).erase(session, principal)
      })
  }
} as const satisfies Readonly<Record<string, Talk>>

/** Leads such a session, and says its id. */
export const talking = Effect.fnUntraced(function* (talk: Pick<Talk, "start" | "brought" | "said">) {
  const { session } = yield* (yield* Sessions).start({ ...beginning, ...talk.start }, talk.brought)
  yield* talk.said(session)
  return session
})

/** The rows of such a session, in the order of their positions; its configuration is the first of them. */
export const talkOf = (talk: Talk): Effect.Effect<ReadonlyArray<Row>> => {
  const { runtime } = TestRuntime.settings
  const providers = (["drafter", "judge"] as const).map(
    (name) => ScriptedProvider.make(name, talk[name] ?? []).provider
  )
  const settings = { ...TestRuntime.settings, runtime: { ...runtime, ...talk.runtime } }
  return Effect.andThen(
    talking(talk),
    Journal.use((journal) => journal.scan(0, 1000))
  ).pipe(Effect.provide(TestRuntime.layer({ providers, settings })), Effect.orDie)
}
