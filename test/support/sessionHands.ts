/** Owns the process that has sessions for a history: it is begun anew, asked, given up on, and looked at from beside. */
import { assert } from "@effect/vitest"
import { Cause, type Context, Effect, Exit, Fiber, Layer, Option, Scope } from "effect"
import { eventOf } from "../../src/core/session/SessionStream.ts"
import type { Decided, Next } from "../../src/core/session/Steward.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { type SessionId, sessionStream } from "../../src/domain/Ids.ts"
import { Journal } from "../../src/ports/Journal.ts"
import type { Kind, Question, Rules, Told } from "./sessionModel.ts"
import { type Core, type Models, over, settingsWith } from "./sessionScene.ts"

/** A journal that outlives its processes. */
export interface Ground {
  readonly boot: () => {
    readonly journal: Layer.Layer<Journal>
    readonly die: () => void
    readonly dieAfter: (commits: number, side: "before" | "after") => void
  }
}

const settingsOf = (rules: Rules) =>
  settingsWith({
    session_max_turns: rules.maxTurns,
    ...(rules.expirySeconds !== null && { steward_expiry_seconds: rules.expirySeconds }),
    steward_thresholds: {
      ...(rules.stepCount !== null && { step_count: rules.stepCount }),
      ...(rules.tokenBudget !== null && { token_budget: rules.tokenBudget }),
      audit: rules.audit,
      always: rules.always
    },
    audit: { ...settingsWith({}).runtime.audit, on_unavailable: rules.onUnavailable }
  })

export class Hands {
  readonly models: Models
  readonly rules: Rules
  readonly #ground: Ground
  process: ReturnType<Ground["boot"]> | null = null
  #core: Context.Context<Core> | null = null
  scope: Scope.Closeable | null = null
  /** Whether this process has run a turn: the first one ends what nobody can go on with. */
  hasRun = false
  #prompts = 0

  constructor(ground: Ground, models: Models, rules: Rules) {
    this.#ground = ground
    this.models = models
    this.rules = rules
  }

  readonly restart = Effect.gen({ self: this }, function* () {
    this.process?.die()
    if (this.scope) yield* Scope.close(this.scope, Exit.void)
    this.scope = yield* Scope.make()
    this.process = this.#ground.boot()
    this.hasRun = false
    const layer = over(this.process.journal, this.models, settingsOf(this.rules))
    this.#core = yield* Layer.buildWithScope(layer, this.scope)
  })

  run<A, E>(effect: Effect.Effect<A, E, Core>): Effect.Effect<A, E> {
    return Effect.suspend(() => Effect.provide(effect, this.#core ?? assert.fail("nothing runs")))
  }

  exit<A>(effect: Effect.Effect<A, RuntimeFailure, Core>): Effect.Effect<A | RuntimeFailure> {
    return Effect.map(Effect.exit(this.run(effect)), (exit) => {
      if (Exit.isSuccess(exit)) return exit.value
      return Option.getOrElse(Exit.findErrorOption(exit), () => assert.fail(Cause.pretty(exit.cause)))
    })
  }

  ask(kind: Kind, audited: boolean): Question {
    const prompt = `${++this.#prompts} ${kind}`
    return { prompt: kind === "blank" ? " " : prompt, kind, audited }
  }

  /** What the calls about a prompt cost; no call is made twice. */
  costOf({ prompt }: Question): number {
    const number = prompt.split(" ")[0] ?? ""
    const calls = this.models.sent.filter((sent) => sent.number === number && number !== "")
    assert.strictEqual(new Set(calls.map(({ purpose }) => purpose)).size, calls.length, "a call was repeated")
    return calls.reduce((sum, { tokens }) => sum + tokens, 0)
  }

  /** A silent model is given up on. */
  asked<A>(
    question: Question,
    effect: Effect.Effect<A, RuntimeFailure, Core>
  ): Effect.Effect<A | RuntimeFailure | null> {
    if (question.kind !== "hang") return this.exit(effect)
    return Effect.gen({ self: this }, function* () {
      const fiber = yield* Effect.forkChild(this.run(effect))
      const isOut = () => this.costOf(question) > 0 || fiber.pollUnsafe() !== undefined
      yield* Effect.repeat(Effect.yieldNow, { until: isOut })
      if (fiber.pollUnsafe() === undefined) yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      return Exit.isSuccess(exit) ? exit.value : Option.getOrNull(Exit.findErrorOption(exit))
    })
  }

  /** The run that is open in a session, as its stream says. */
  openRun(id: SessionId): Effect.Effect<string, RuntimeFailure> {
    return this.look(id).pipe(Effect.map(({ after }) => after.open?.run ?? ""))
  }

  /** The last row of a session, read beside whatever process there is. */
  look(id: SessionId) {
    const read = Effect.gen(function* () {
      const rows = yield* (yield* Journal).read(sessionStream(id))
      const events = rows.flatMap((row) => eventOf(row) ?? [])
      return { events, after: events.at(-1)?.after ?? assert.fail("it has rows") }
    })
    return Effect.suspend(() => Effect.scoped(Effect.provide(read, Layer.fresh(this.#ground.boot().journal))))
  }
}

/** What came of the turn that a redirection has begun; where there is none, what it was told itself. */
export const nextOf = (told: unknown): Next | unknown =>
  typeof told === "object" && told !== null && "next" in told ? told.next : told

export const toldOf = (told: unknown): Told => {
  if (told === null) return { is: "cancelled" }
  if (told instanceof RuntimeFailure) {
    const { code, decided } = told
    return { is: "failed", code, ...(decided && { decided }) }
  }
  const { rest, released, state } = told as {
    rest?: { _tag: string; released?: { text: string } }
    state?: { gate: { threshold: string } }
  } & Partial<Decided>
  if (rest?._tag === "Held") return { is: "held", threshold: state?.gate.threshold ?? "" }
  const text = rest?.released?.text ?? released?.text
  return text === undefined ? { is: "done" } : { is: "released", text }
}
