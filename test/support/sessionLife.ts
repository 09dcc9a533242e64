/** Owns the life of sessions, one command after the other, on the product and on the model of it, and compares the two. */
import { assert } from "@effect/vitest"
import { Clock, Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Digest, type SessionId } from "../../src/domain/Ids.ts"
import type { Action } from "../../src/domain/session/Turn.ts"
import { type Kind, Modelled, type Question, type Told } from "./sessionModel.ts"
import { type Models, persona, principal, startOf, turnOf } from "./sessionScene.ts"

import type { Command, Death, History } from "./sessionCommands.ts"
import { type Ground, Hands, nextOf, toldOf } from "./sessionHands.ts"

interface Live {
  readonly id: SessionId
  readonly model: Modelled
  /** What was last seen held: what a decision names. */
  shown: { readonly run: string; readonly digest: Digest; readonly sequence: number } | null
}

/** Lives one history through on a ground, and holds everything that is told and recorded to the model. */
export const live = Effect.fnUntraced(function* (
  ground: Ground,
  models: Models,
  { rules, first, commands }: History
) {
  const life = new Life(ground, models, rules)
  yield* life.restart
  yield* life.does({ do: "start", mode: first, audit: false, titled: false })
  for (const command of commands) yield* life.does(command)
  yield* life.end
})

class Life extends Hands {
  readonly #sessions: Array<Live> = []

  #at(index: number): Live {
    return this.#sessions[index % this.#sessions.length] ?? assert.fail("there is a session")
  }

  readonly does = Effect.fnUntraced({ self: this }, function* (command: Command): Effect.fn.Return<
    void,
    RuntimeFailure
  > {
    switch (command.do) {
      case "start": {
        const { mode, audit, titled } = command
        const title = titled ? Content.of("a title") : null
        const { session } = yield* this.run(
          Sessions.use((sessions) => sessions.start(startOf(mode, { audit, title })))
        )
        this.#sessions.push({
          id: session,
          model: new Modelled(this.rules, mode, audit, titled),
          shown: null
        })
        return yield* this.#compare(this.#at(this.#sessions.length - 1))
      }
      case "turn":
        return yield* this.#turn(this.#at(command.at), command)
      case "decide":
        return yield* this.#decide(this.#at(command.at), command)
      case "show":
        return yield* this.#show(this.#at(command.at))
      case "mode": {
        const live = this.#at(command.at)
        const { id, model } = live
        const told = yield* this.exit(Sessions.use((all) => all.changeMode(id, command.mode, principal)))
        this.#expect(told, model.isClosed ? { is: "failed", code: "SESSION_NOT_ACTIVE" } : { is: "done" })
        if (!model.isClosed) model.mode = command.mode
        return yield* this.#compare(live)
      }
      case "title": {
        const live = this.#at(command.at)
        yield* this.run(Sessions.use((all) => all.retitle(live.id, Content.of("another"), principal)))
        live.model.isTitled = true
        return yield* this.#compare(live)
      }
      case "close": {
        const live = this.#at(command.at)
        yield* this.#readies(live)
        yield* this.run(Sessions.use((all) => all.close(live.id, principal)))
        const now = yield* Clock.currentTimeMillis
        if (live.model.held) for (const { model } of this.#sessions) model.expire(now)
        if (live.model.held) live.model.decide("close")
        else live.model.isClosed = true
        return yield* this.#compare(live)
      }
      case "wait":
        return yield* TestClock.adjust(command.seconds * 1000)
      case "pending":
        return yield* this.#pending
      case "restart":
        return yield* this.restart
      case "recover":
        return yield* this.#recover
    }
  })

  /** What a session is made ready with, before a turn or its end. */
  readonly #readies = Effect.fnUntraced({ self: this }, function* ({ model }: Live) {
    const now = yield* Clock.currentTimeMillis
    // Whoever looks for one that is overdue rejects them all.
    if (model.held) for (const each of this.#sessions) each.model.expire(now)
    if (model.lost) yield* this.#recover
  })

  /** Nothing else is left to write for a process that is to die at a certain commit. */
  readonly #mortal = Effect.fnUntraced({ self: this }, function* (dies: Death | null) {
    if (!dies) return
    yield* this.#recover
    yield* this.#pending
  })

  readonly #turn = Effect.fnUntraced(
    { self: this },
    function* (live: Live, { kind, audit, dies }: Extract<Command, { do: "turn" }>) {
      const { id, model } = live
      const question = this.ask(kind, audit || model.audit)
      yield* this.#mortal(dies)
      yield* this.#readies(live)
      if (dies) this.process?.dieAfter(dies.commits, dies.side)
      const due =
        model.refusal ?? (kind === "blank" ? { is: "failed" as const, code: "PROMPT_REQUIRED" } : null)
      const history = [...model.said]
      const told = yield* this.asked(
        question,
        Sessions.use((all) => all.turn(id, turnOf(question.prompt, audit)))
      )
      if (due) {
        this.#expect(told, due)
        assert.strictEqual(this.costOf(question), 0, "nothing is asked where no turn can begin")
      } else yield* this.#begun(live, question, history, told, dies)
      if (dies) yield* this.restart
      yield* this.#compare(live)
    }
  )

  /** A turn has begun: what the model says of it, and what was sent. */
  readonly #begun = Effect.fnUntraced(
    { self: this },
    function* (
      { model, id }: Live,
      question: Question,
      history: ReadonlyArray<readonly [string, string]>,
      told: unknown,
      dies: Death | null
    ) {
      const now = yield* Clock.currentTimeMillis
      if (!this.hasRun) for (const each of this.#sessions) yield* this.#ends(each)
      this.hasRun = true
      const number = question.prompt.split(" ")[0] ?? ""
      for (const sent of this.models.sent) {
        if (sent.number === number && sent.purpose === "draft") assert.deepStrictEqual(sent.history, history)
      }
      const done = dies ? dies.commits + (dies.side === "after" ? 1 : 0) : Infinity
      if (done === 0) return
      if (done === 1) return void (model.lost = { question, isHopeless: true, mode: model.mode })
      const isPlain = !question.audited || question.kind === "break" || question.kind === "hang"
      if (done === 2 && !isPlain) return void (model.lost = { question, isHopeless: false, mode: model.mode })
      const due = model.turn(question, yield* this.openRun(id), this.costOf(question), now)
      if (!dies) this.#expect(told, due)
    }
  )

  readonly #ends = Effect.fnUntraced({ self: this }, function* ({ model, id }: Live) {
    if (!model.lost?.isHopeless) return
    model.endHopeless()
    // A dead process took along what its call has cost: it is charged as it was reserved.
    const { events } = yield* this.look(id)
    const ended = events.findLast((event) => event._tag === "TurnEnded")
    model.tokens += ended?.tokens ?? 0
  })

  readonly #recover = Effect.gen({ self: this }, function* () {
    yield* this.run(Resumption.use(({ recover }) => recover))
    const now = yield* Clock.currentTimeMillis
    for (const live of this.#sessions) {
      const { model, id } = live
      const { lost } = model
      if (lost && !lost.isHopeless) {
        model.lost = null
        model.turn(lost.question, yield* this.openRun(id), this.costOf(lost.question), now, lost.mode)
      } else yield* this.#ends(live)
      yield* this.#compare(live)
    }
  })

  readonly #pending = Effect.gen({ self: this }, function* () {
    const now = yield* Clock.currentTimeMillis
    for (const { model } of this.#sessions) model.expire(now)
    const pending = yield* this.run(Steward.use(({ pending }) => pending))
    const due = this.#sessions.flatMap(({ model: { held } }) => held ?? [])
    assert.sameMembers(
      pending.map(({ run, threshold, deadline }) => `${run} ${threshold} ${deadline}`),
      due.map(({ run, threshold, deadline }) => `${run} ${threshold} ${deadline}`)
    )
  })

  readonly #show = Effect.fnUntraced({ self: this }, function* (live: Live) {
    const { model, id } = live
    const now = yield* Clock.currentTimeMillis
    const { held } = model
    const told = yield* this.exit(Steward.use((steward) => steward.show(id, principal)))
    model.expire(now)
    if (!held) return this.#expect(told, model.late)
    if (!model.held) return this.#expect(told, { is: "failed", code: "STEWARD_DECIDED", decided: "reject" })
    if (told instanceof RuntimeFailure) return assert.fail(told.code)
    const { run, digest, sequence } = told.pending
    assert.strictEqual(told.text.text, held.text)
    assert.strictEqual(told.prompt.text, held.prompt)
    live.shown = { run, digest, sequence }
  })

  readonly #decide = Effect.fnUntraced(
    { self: this },
    function* (live: Live, { action, about, kind, dies }: Extract<Command, { do: "decide" }>) {
      const { model, id } = live
      yield* this.#mortal(dies)
      const isEarlier = about === "earlier" && model.decided.size > 0
      if (!isEarlier && model.held) yield* this.#show(live)
      const [run, winner] = isEarlier
        ? ([...model.decided].at(-1) ?? ["", null])
        : [model.held?.run ?? id, null]
      const question = this.ask(kind, model.audit)
      if (dies) this.process?.dieAfter(dies.commits, dies.side)
      const zero = Digest.make("0".repeat(64))
      const wish = {
        turn: run,
        principal,
        by: "service" as const,
        reason: "other" as const,
        digest: about === "digest" || !live.shown ? zero : live.shown.digest,
        sequence: (live.shown?.sequence ?? 0) + (about === "sequence" ? 1 : 0)
      }
      const text = kind === "blank" ? "" : `edited ${question.prompt}`
      const history = [...model.said]
      const request = { ...turnOf(question.prompt), mode: persona }
      const decided = Steward.use((steward) =>
        action === "edit"
          ? steward.decide({ ...wish, action, text: Content.of(text) })
          : action === "redirect"
            ? steward.decide({ ...wish, action, request })
            : steward.decide({ ...wish, action })
      )
      const told = yield* this.asked(action === "redirect" ? question : { ...question, kind: "say" }, decided)
      const wasHeld = model.held?.run === run
      model.expire(yield* Clock.currentTimeMillis)
      const due = this.#answerTo(live, { run, winner, wasHeld, action, about, kind })
      const done = dies ? dies.commits + (dies.side === "after" ? 1 : 0) : Infinity
      if (due) this.#expect(told, due)
      else if (done > 0) {
        model.decide(action, action === "edit" ? text : null)
        if (action === "redirect") yield* this.#begun(live, question, history, nextOf(told), dies)
        else if (!dies) this.#expect(told, this.#released(live, action))
      }
      if (dies) yield* this.restart
      yield* this.#compare(live)
    }
  )

  #released({ model }: Live, action: Action): Told {
    const [, text = ""] = model.said.at(-1) ?? []
    return action === "approve" || action === "edit" ? { is: "released", text } : { is: "done" }
  }

  /** Why a decision is none; null where it is one. */
  #answerTo(
    { model }: Live,
    asked: { run: string; winner: Action | null; wasHeld: boolean; action: Action; about: string; kind: Kind }
  ): Told | null {
    const { run, winner, wasHeld, action, about, kind } = asked
    const refused = (code: string, decided?: Action): Told => ({
      is: "failed",
      code,
      ...(decided && { decided })
    })
    if (winner) return refused("STEWARD_DECIDED", winner)
    if (!wasHeld) return model.late
    const { held } = model
    if (!held) return refused("STEWARD_DECIDED", model.decided.get(run))
    if (about === "digest" || about === "sequence") return refused("STEWARD_STALE")
    if (action === "edit" && kind === "blank") return refused("STEWARD_TEXT_REQUIRED")
    if (action !== "redirect") return null
    if (model.steps + 1 >= this.rules.maxTurns) return refused("SESSION_AT_LIMIT")
    return kind === "blank" ? refused("PROMPT_REQUIRED") : null
  }

  #expect(told: unknown, due: Told): void {
    assert.deepStrictEqual(toldOf(told), due)
  }

  readonly #compare = Effect.fnUntraced({ self: this }, function* ({ id, model }: Live) {
    const status = yield* this.run(Sessions.use((all) => all.status(id)))
    const { mode, steps, tokens, isTitled, held, lost, turns } = model
    assert.deepStrictEqual(
      {
        mode: status.mode,
        status: status.status,
        turnCount: status.turnCount,
        turns: status.turns,
        tokens: lost ? tokens : status.tokens,
        titled: status.titled,
        open: status.open && status.open.threshold
      },
      {
        mode,
        status: model.status,
        turnCount: steps,
        turns: turns.length + (lost ? 1 : 0),
        tokens,
        titled: isTitled,
        open: held?.threshold ?? null
      }
    )
    assert.strictEqual(status.open !== null, held !== null || lost !== null)
  })

  /** Whoever comes next finds the same, every turn as it was told, and a record that holds. */
  readonly end = Effect.gen({ self: this }, function* () {
    yield* this.restart
    yield* this.#recover
    for (const { id, model } of this.#sessions) {
      const { events } = yield* this.look(id)
      const ended = events.flatMap((event) =>
        event._tag === "TurnEnded" ? [{ status: event.status, code: event.code, counts: event.counts }] : []
      )
      assert.deepStrictEqual(
        ended,
        model.turns.filter((turn) => turn !== null)
      )
    }
    yield* this.#pending
    const { broken } = yield* this.run(Verifier.use((verifier) => verifier.journal(true)))
    assert.isNull(broken)
    if (this.scope) yield* Scope.close(this.scope, Exit.void)
  })
}
