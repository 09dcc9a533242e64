/** Owns the process that runs runbooks for a history: it is begun anew, asked, given up on, and looked at from beside. */
import { assert } from "@effect/vitest"
import { Cause, type Context, Effect, Exit, Fiber, Layer, Option, Schema, Scope } from "effect"
import { Memories } from "../../src/core/memory/Memories.ts"
import { ConfigRecord } from "../../src/core/run/ConfigRecord.ts"
import { eventOf } from "../../src/core/runbook/RunbookStream.ts"
import { Content } from "../../src/domain/Content.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { RUNBOOK_PREFIX, RunId, runbookStream } from "../../src/domain/Ids.ts"
import { Provenance } from "../../src/domain/memory/MemoryEvent.ts"
import { Journal } from "../../src/ports/Journal.ts"
import type { Rules } from "./runbookModel.ts"
import { FACT, key, remembering, scope, type Workers } from "./runbookScene.ts"
import type { Ground } from "./sessionHands.ts"
import { type Core, over, principal, settingsWith } from "./sessionScene.ts"

const CLASSES = Schema.decodeUnknownSync(Schema.Array(Schema.String.pipe(Schema.brand("Identifier"))))([
  "validation"
])

const settingsOf = (rules: Rules) =>
  remembering({
    ...(rules.expirySeconds !== null && { steward_expiry_seconds: rules.expirySeconds }),
    steward_thresholds: {
      ...(rules.stepCount !== null && { step_count: rules.stepCount }),
      ...(rules.tokenBudget !== null && { token_budget: rules.tokenBudget }),
      ...(rules.classes && { capability_classes: CLASSES }),
      audit: rules.audit,
      always: rules.always
    },
    audit: { ...settingsWith({}).runtime.audit, on_unavailable: rules.onUnavailable }
  })

/** Something for a step to remember. */
export const rememberFact = Memories.use((memories) =>
  memories.write(
    {
      scope,
      key,
      value: Content.of(FACT),
      sensitivity: "standard",
      provenance: Provenance.make("human"),
      expected: null,
      principal,
      surface: "program"
    },
    Effect.succeed(true)
  )
)

/** What is on record of a runbook. */
export interface Seen {
  readonly run: RunId
  readonly events: ReadonlyArray<NonNullable<ReturnType<typeof eventOf>>>
}

export class Hands {
  readonly workers: Workers
  readonly rules: Rules
  readonly #ground: Ground
  process: ReturnType<Ground["boot"]> | null = null
  #core: Context.Context<Core> | null = null
  scope: Scope.Closeable | null = null
  /** Whether this process has run a step: the first one ends what nobody can go on with. */
  hasRun = false
  /** How much of what was asked the model has taken in. */
  #taken = 0
  #prompts = 0

  constructor(ground: Ground, workers: Workers, rules: Rules) {
    this.#ground = ground
    this.workers = workers
    this.rules = rules
  }

  readonly restart = Effect.gen({ self: this }, function* () {
    this.process?.die()
    if (this.scope) yield* Scope.close(this.scope, Exit.void)
    this.scope = yield* Scope.make()
    this.process = this.#ground.boot()
    this.hasRun = false
    const { providers, capabilities } = this.workers
    const layer = over(this.process.journal, { providers }, settingsOf(this.rules), capabilities)
    this.#core = yield* Layer.buildWithScope(layer, this.scope)
    // What every first run of a process writes is none of the commits that it may die at.
    yield* this.run(ConfigRecord.use(({ digest }) => digest))
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

  /** The same; where a model does not answer, it is given up on, and then nothing is told. */
  asked<A>(effect: Effect.Effect<A, RuntimeFailure, Core>): Effect.Effect<A | RuntimeFailure | null> {
    return Effect.gen({ self: this }, function* () {
      const before = this.workers.hung()
      const fiber = yield* Effect.forkChild(this.run(effect))
      const isOut = () => this.workers.hung() > before || fiber.pollUnsafe() !== undefined
      yield* Effect.repeat(Effect.yieldNow, { until: isOut })
      if (fiber.pollUnsafe() === undefined) yield* Fiber.interrupt(fiber)
      const exit = yield* Fiber.await(fiber)
      if (Exit.isSuccess(exit)) return exit.value
      if (Cause.hasDies(exit.cause)) return assert.fail(Cause.pretty(exit.cause))
      return Option.getOrNull(Exit.findErrorOption(exit))
    })
  }

  /** Numbers that no prompt has had. */
  numbers(count: number): number {
    this.#prompts += count
    return this.#prompts - count + 1
  }

  /** The next thing that was asked, which has to be this; what it cost. */
  take(what: string, number: number, remembers: boolean): number {
    const one = this.workers.asked[this.#taken++]
    assert.deepStrictEqual(
      one && { what: one.what, number: one.number, remembers: one.what === "draft" && one.remembers },
      { what: what as "draft", number, remembers }
    )
    return one?.tokens ?? 0
  }

  /** Nothing was asked beside that. */
  tookAll(): void {
    assert.deepStrictEqual(this.workers.asked.slice(this.#taken), [])
  }

  /** What is on record of every runbook, the oldest first, read beside whatever process there is. */
  get look(): Effect.Effect<ReadonlyArray<Seen>, RuntimeFailure> {
    const read = Effect.gen(function* () {
      const journal = yield* Journal
      const filter = { prefix: RUNBOOK_PREFIX, openOnly: false, before: null, limit: 100 }
      const runs = (yield* journal.streams(filter)).map(({ stream }) =>
        RunId.make(stream.slice(RUNBOOK_PREFIX.length))
      )
      return yield* Effect.forEach(runs.toReversed(), (run) =>
        Effect.map(journal.read(runbookStream(run)), (rows) => ({
          run,
          events: rows.flatMap((row) => eventOf(row) ?? [])
        }))
      )
    })
    return Effect.suspend(() => Effect.scoped(Effect.provide(read, Layer.fresh(this.#ground.boot().journal))))
  }
}
