/** Owns the life of runbooks, one command after the other, on the product and on the model of it, and compares the two. */
import { assert } from "@effect/vitest"
import { Clock, Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Runbooks } from "../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Digest, type RunId } from "../../src/domain/Ids.ts"
import type { Action } from "../../src/domain/session/Turn.ts"
import type { Command, History } from "./runbookCommands.ts"
import { Hands, rememberFact, type Seen } from "./runbookHands.ts"
import { Died, type Declared, Modelled, type Outcome, type World } from "./runbookModel.ts"
import { by, promptOf, runbookOf, whenever, type Workers } from "./runbookScene.ts"
import { failed, outcomeOf, refusalOf, toldOf } from "./runbookTold.ts"
import type { Death } from "./sessionCommands.ts"
import type { Ground } from "./sessionHands.ts"
import { type Core, persona, principal, turnOf } from "./sessionScene.ts"

interface Place {
  readonly live: Live
  readonly run: RunId
  readonly seen: Seen
}

interface Live {
  readonly model: Modelled
  /** What was last seen held: what a decision names. */
  shown: { readonly run: string; readonly digest: Digest; readonly sequence: number } | null
  readonly decided: Map<string, Action>
}

/** Lives one history through on a ground, and holds everything that is told, asked and recorded to the model. */
export const live = Effect.fnUntraced(function* (
  ground: Ground,
  workers: Workers,
  { rules, commands }: History
) {
  const life = new Life(ground, workers, rules)
  yield* life.restart
  yield* life.run(rememberFact)
  for (const command of commands) yield* life.does(command)
  yield* life.end
})

class Life extends Hands {
  readonly #all: Array<Live> = []
  /** Prompts that broke once, and do not again. */
  readonly #broke = new Set<number>()
  #seen: ReadonlyArray<Seen> = []
  #now = 0

  /** Null before any runbook has begun. */
  #at(index: number): Place | null {
    const place = index % Math.max(1, this.#all.length)
    const [live, seen] = [this.#all[place], this.#seen[place]]
    return live && seen ? { live, run: seen.run, seen } : null
  }

  /** The world as a process has it that dies there, if it does. */
  #world(dies: Death | null): World {
    let left = dies?.commits ?? Infinity
    return {
      rules: this.rules,
      now: this.#now,
      asked: (what, number, remembers = false) => this.take(what, number, remembers),
      commit: (apply) => {
        if (left === 0 && dies?.side === "before") throw new Died()
        apply()
        if (left-- === 0) throw new Died()
      },
      settleOnce: () => {
        if (this.hasRun) return
        this.hasRun = true
        for (const live of this.#all) if (live.model.isHopeless) this.#endLost(live)
      }
    }
  }

  /** What a dead process took along is charged as it was reserved: that is read from its record. */
  #endLost({ model }: Live): void {
    const seen = this.#seen[this.#all.findIndex((live) => live.model === model)]
    const ended = seen?.events.filter((event) => event._tag === "StepEnded")[model.ends.length]
    model.endLost(() => ended?.tokens ?? assert.fail("it was ended"))
  }

  /** What the model says of a command; `null` where its process dies over it. */
  #predict<A>(dies: Death | null, say: (world: World) => A): A | null {
    const world = this.#world(dies)
    for (const { model } of this.#all) model.world = world
    try {
      const due = say(world)
      this.tookAll()
      return due
    } catch (error) {
      if (!(error instanceof Died)) throw error
      this.tookAll()
      return null
    }
  }

  /** Carries a command out, and looks at what is on record then. */
  #carry<A>(
    dies: Death | null,
    effect: Effect.Effect<A, RuntimeFailure, Core>
  ): Effect.Effect<A | RuntimeFailure | null, RuntimeFailure> {
    return Effect.gen({ self: this }, function* () {
      // Nothing else is left to write for a process that is to die at a certain commit.
      if (dies) {
        yield* this.#recover
        yield* this.#pending
        this.process?.dieAfter(dies.commits, dies.side)
      }
      const told = yield* this.asked(effect)
      this.#seen = yield* this.look
      this.#now = yield* Clock.currentTimeMillis
      return told
    })
  }

  readonly does = Effect.fnUntraced({ self: this }, function* (command: Command): Effect.fn.Return<
    void,
    RuntimeFailure
  > {
    switch (command.do) {
      case "run":
        yield* this.#run(command)
        break
      case "replay":
        yield* this.#replay(command)
        break
      case "resume":
        yield* this.#resume(command)
        break
      case "decide":
        yield* this.#decide(command)
        break
      case "show": {
        const at = this.#at(command.at)
        if (at) yield* this.#show(at)
        break
      }
      case "wait":
        yield* TestClock.adjust(command.seconds * 1000)
        break
      case "pending":
        yield* this.#pending
        break
      case "restart":
        yield* this.restart
        break
      case "recover":
        yield* this.#recover
    }
    if ("dies" in command && command.dies) yield* this.restart
    yield* this.#compare
  })

  readonly #run = Effect.fnUntraced({ self: this }, function* (command: Extract<Command, { do: "run" }>) {
    const { steps, mode, audit, dies } = command
    const first = this.numbers(steps.length)
    const declared = steps.map(({ kind, able, packs, applies }, index): Declared => {
      return { number: first + index, kind, able, packs, applies: applies ?? true }
    })
    const runbook = runbookOf(
      first,
      steps.map(({ applies, ...step }) => ({
        ...step,
        when: applies === null ? null : whenever(applies, mode)
      }))
    )
    const start = { sessionMode: mode, personaMode: persona, by: { ...by, audit } }
    const told = yield* this.#carry(
      dies,
      Runbooks.use((runbooks) => runbooks.run(runbook, start))
    )
    this.#begins(told, declared, mode, audit, dies)
  })

  #begins(
    told: unknown,
    declared: ReadonlyArray<Declared>,
    mode: Modelled["mode"],
    audit: boolean,
    dies: Death | null
  ): void {
    const due = this.#predict(dies, (world) => {
      const model = new Modelled(world, declared, mode, audit, this.#broke)
      world.commit(() => this.#all.push({ model, shown: null, decided: new Map() }))
      return { model, outcomes: model.go() }
    })
    if (due) this.#expectRan(told, due.model, due.outcomes)
  }

  /** Nothing is told of what was given up on. */
  #expectRan(told: unknown, { status }: Modelled, outcomes: ReadonlyArray<Outcome>): void {
    const isGivenUp = outcomes.at(-1)?.status === "cancelled"
    assert.deepStrictEqual(toldOf(told), isGivenUp ? null : { is: "ran", status, outcomes })
  }

  readonly #replay = Effect.fnUntraced(
    { self: this },
    function* (command: Extract<Command, { do: "replay" }>) {
      const at = this.#at(command.at)
      if (!at) return
      const { steps, mode, isAudited } = at.live.model
      const told = yield* this.#carry(
        command.dies,
        Replays.use((replays) => replays.replay(at.run, { by, acceptConfig: false }))
      )
      this.#begins(told, steps, mode, isAudited, command.dies)
    }
  )

  readonly #resume = Effect.fnUntraced(
    { self: this },
    function* ({ at: index, by: whose, dies }: Extract<Command, { do: "resume" }>) {
      const at = this.#at(index)
      if (!at) return
      const { model } = at.live
      const begun = at.seen.events.findLast((event) => event._tag === "StepStarted")
      const told = yield* this.#carry(
        dies,
        Replays.use((replays) =>
          replays.resume(whose === "run" && begun ? begun.run : at.run, { by, acceptConfig: false })
        )
      )
      const due = this.#predict(dies, () => {
        this.#expireAll(model)
        if (model.isHopeless) this.#endLost(at.live)
        const recovered = model.recover()
        const outcomes = recovered?.status === "released" ? [recovered] : []
        if (recovered?.status === "cancelled") return { outcomes: [recovered] }
        if (recovered && (model.isOver || model.status === "paused")) return { outcomes }
        if (model.status === "paused") return { code: "RUNBOOK_PAUSED" }
        if (model.isOver) return { code: "RESUME_INVALID_STATE" }
        model.resume()
        return { outcomes: [...outcomes, ...model.go()] }
      })
      if (due && "code" in due) assert.deepStrictEqual(toldOf(told), failed(due.code ?? ""))
      else if (due) this.#expectRan(told, model, due.outcomes)
    }
  )

  /** Whoever finds one that is overdue rejects them all. */
  #expireAll(about?: Modelled): void {
    if (about && !about.held) return
    for (const { model } of this.#all) model.expire()
  }

  readonly #recover = Effect.gen({ self: this }, function* () {
    yield* this.run(Resumption.use(({ recover }) => recover))
    this.#seen = yield* this.look
    this.#now = yield* Clock.currentTimeMillis
    this.#predict(null, () => {
      for (const live of this.#all) {
        if (live.model.isHopeless) this.#endLost(live)
        else live.model.recover()
      }
    })
    yield* this.#compare
  })

  readonly #pending = Effect.gen({ self: this }, function* () {
    const pending = yield* this.run(Steward.use(({ pending }) => pending))
    this.#seen = yield* this.look
    this.#now = yield* Clock.currentTimeMillis
    this.#predict(null, () => this.#expireAll())
    assert.sameMembers(
      pending.map(({ index, threshold, deadline }) => `${index} ${threshold} ${deadline}`),
      this.#all.flatMap(({ model: { held } }) =>
        held ? [`${held.index} ${held.threshold} ${held.deadline}`] : []
      )
    )
  })

  readonly #show = Effect.fnUntraced({ self: this }, function* ({ live, run: id }: Place) {
    const { model } = live
    const told = yield* this.exit(Steward.use((steward) => steward.show(id, principal)))
    this.#now = yield* Clock.currentTimeMillis
    const wasHeld = model.held !== null
    this.#predict(null, () => model.expire())
    const { held } = model
    if (!held) return assert.deepStrictEqual(toldOf(told), refusalOf(model, wasHeld))
    if (told instanceof RuntimeFailure) return assert.fail(told.code)
    const { run, digest, sequence, validActions } = told.pending
    assert.deepStrictEqual([told.text.text, told.prompt.text], [held.text, held.prompt])
    assert.strictEqual(validActions.includes("redirect"), model.redirected === null)
    live.shown = { run, digest, sequence }
  })

  readonly #decide = Effect.fnUntraced(
    { self: this },
    function* ({ at: index, action, about, kind, dies }: Extract<Command, { do: "decide" }>) {
      const at = this.#at(index)
      if (!at) return
      const { live } = at
      const { model } = live
      // What a dead process has left may come to be held by somebody looking.
      if (dies) {
        yield* this.#recover
        yield* this.#pending
      }
      const isEarlier = about === "earlier" && live.decided.size > 0
      if (!isEarlier && model.held) yield* this.#show(at)
      const [run, winner] = isEarlier
        ? ([...live.decided].at(-1) ?? ["", null])
        : [live.shown?.run ?? at.run, null]
      const number = this.numbers(1)
      const wish = {
        turn: isEarlier ? run : at.run,
        principal,
        by: "service" as const,
        reason: "other" as const,
        digest: about === "digest" || !live.shown ? Digest.make("0".repeat(64)) : live.shown.digest,
        sequence: (live.shown?.sequence ?? 0) + (about === "sequence" ? 1 : 0)
      }
      const request = { ...turnOf(promptOf(number, kind)), mode: persona }
      const told = yield* this.#carry(
        dies,
        Steward.use((steward) =>
          action === "edit"
            ? steward.decide({ ...wish, action, text: Content.of("edited") })
            : action === "redirect"
              ? steward.decide({ ...wish, action, request })
              : steward.decide({ ...wish, action })
        )
      )
      const due = this.#predict(dies, () => {
        if (winner) return failed("STEWARD_DECIDED", winner)
        const wasHeld = model.held !== null
        model.expire()
        if (!model.held) return refusalOf(model, wasHeld)
        if (about === "digest" || about === "sequence") return failed("STEWARD_STALE")
        if (action === "redirect" && model.redirected) return failed("RUN_TRANSITION_INVALID")
        const { text } = model.held
        if (action !== "redirect") {
          model.decide(action)
          live.decided.set(run, action)
          if (action === "approve" || action === "edit")
            return { is: "released", text: action === "edit" ? "edited" : text }
          return { is: "done" }
        }
        const next = model.redirect({ number, kind })
        live.decided.set(run, action)
        return next.status === "cancelled" ? null : { is: "next", outcome: outcomeOf(next) }
      })
      if (due) assert.deepStrictEqual(toldOf(told), due)
    }
  )

  /** Where every runbook stands. */
  readonly #compare = Effect.gen({ self: this }, function* () {
    this.#seen = yield* this.look
    assert.strictEqual(this.#seen.length, this.#all.length)
    for (const [index, { model }] of this.#all.entries()) {
      const { run, events } = this.#seen[index] ?? assert.fail("it is on record")
      const { execution } = yield* this.run(Runbooks.use((runbooks) => runbooks.place(run)))
      const { status, attempt, next, completed, skipped, tokens, tries } = model
      const { failed, held, under, answered: steps } = model
      const { open } = execution.after
      const redirected = model.redirected !== null
      const due = { status, attempt, next, completed, skipped, steps, tokens, tries, redirected, failed }
      assert.deepInclude<object>({ ...execution.after }, due)
      assert.strictEqual(open?.threshold ?? null, held?.threshold ?? null)
      assert.strictEqual(open !== null, held !== null || under !== null)
      const ended = events.filter((event) => event._tag === "StepEnded")
      assert.deepStrictEqual<ReadonlyArray<object>>(
        ended.map(({ index, status, code }) => ({ index, status, code })),
        model.ends
      )
    }
  })

  /** Whoever comes next finds the same, and a record that holds. */
  readonly end = Effect.gen({ self: this }, function* () {
    yield* this.restart
    yield* this.#recover
    yield* this.#pending
    yield* this.#compare
    const { broken } = yield* this.run(Verifier.use((verifier) => verifier.journal(true)))
    assert.isNull(broken)
    if (this.scope) yield* Scope.close(this.scope, Exit.void)
  })
}
