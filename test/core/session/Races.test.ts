/** Two stewards and two askers over one database: one of them wins each time, and the other hears of the winner. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Option } from "effect"
import { join } from "node:path"
import * as SqliteJournal from "../../../src/adapters/journal/Sqlite.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Steward, type Wish } from "../../../src/core/session/Steward.ts"
import { Content } from "../../../src/domain/Content.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { Action } from "../../../src/domain/session/Turn.ts"
import { bundled } from "../../support/bundle.ts"
import { chances, quota } from "../../support/campaign.ts"
import { type Child, startWith } from "../../support/children.ts"
import { scene } from "../../support/coreScene.ts"
import { folder } from "../../support/ledger.ts"
import type { Order, Outcome } from "../../support/sessionChild.ts"
import { decisionsIn } from "../../support/sessionRows.ts"
import {
  over,
  persona,
  principal,
  settingsWith,
  startOf,
  talking,
  turnOf,
  waits
} from "../../support/sessionScene.ts"

const RACES = quota(400, 20_000)
const patiently = { timeout: quota(600_000, 7_200_000) }
/** A session has no more turns than this. */
const EACH_SESSION = 50

const actions = Action.literals

describe(`two stewards, ${RACES} times`, patiently, () => {
  it.live("one decides, and the other hears what", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const models = talking()
      const settings = settingsWith({
        steward_thresholds: { always: true },
        session_max_turns: 3 * EACH_SESSION,
        // What was said before is read for nothing here.
        history_limit_chars: 1
      })
      // Each with a thread of its own that writes: they meet in the file and nowhere else.
      const stewards = yield* Effect.forEach([0, 1], () =>
        Layer.build(over(SqliteJournal.layer({ directory, mode: "worker" }), models, settings))
      )
      const [one = assert.fail(), other = assert.fail()] = stewards
      const chance = chances("races of stewards")
      const won = [0, 0]
      let session = ""
      for (let race = 0; race < RACES; race++) {
        if (race % EACH_SESSION === 0) {
          session = (yield* Effect.provide(
            Sessions.use((all) => all.start(startOf("steward"))),
            one
          )).session
        }
        const { run } = yield* Effect.provide(
          Sessions.use((all) => all.turn(session, turnOf(`${race} say`))),
          one
        )
        const { digest, sequence } =
          (yield* Effect.provide(
            Steward.use(({ pending }) => pending),
            one
          )).find((held) => held.run === run) ?? assert.fail("it is held")
        const pick = (index: number) => {
          const all = actions.filter((action) => action !== "close")
          return all[Math.floor(chance(race + index / 2) * all.length)] ?? "approve"
        }
        const wishes = [pick(0), pick(1)] as const
        const exits = yield* Effect.forEach(
          race % 2 === 0 ? [0, 1] : [1, 0],
          (index) => {
            const wish = { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const
            const action = wishes[index] ?? assert.fail()
            const request = { ...turnOf(`${RACES + race} say`), mode: persona }
            const whole: Wish =
              action === "edit"
                ? { ...wish, action, text: Content.of(`edited by ${index}`) }
                : action === "redirect"
                  ? { ...wish, action, request }
                  : { ...wish, action }
            return Steward.use((steward) => steward.decide(whole)).pipe(
              Effect.provide(index === 0 ? one : other),
              Effect.exit,
              Effect.map((exit) => ({ index, action, exit }))
            )
          },
          { concurrency: "unbounded" }
        )
        const winners = exits.filter(({ exit }) => Exit.isSuccess(exit))
        const [winner = assert.fail(`race ${race} has no winner`)] = winners
        assert.strictEqual(winners.length, 1, `race ${race}`)
        won[winner.index]! += 1
        const loser = exits.find(({ index }) => index !== winner.index) ?? assert.fail()
        const failed = Option.getOrNull(Exit.findErrorOption(loser.exit))
        assert.deepInclude({ ...failed }, { code: "STEWARD_DECIDED", decided: winner.action })
        assert.deepStrictEqual(
          (yield* Effect.provide(decisionsIn(run), other)).map(({ action }) => action),
          [winner.action]
        )
        // What a redirection has begun is held too.
        if (winner.action === "redirect") {
          const [next = assert.fail()] = yield* Effect.provide(
            Steward.use(({ pending }) => pending),
            other
          )
          const { digest, sequence } = next
          const wish = { turn: next.run, digest, sequence, principal, by: "person", reason: "other" } as const
          yield* Effect.provide(
            Steward.use((steward) => steward.decide({ ...wish, action: "reject" })),
            other
          )
        }
      }
      assert.isAbove(Math.min(...won), RACES / 20, "each of them wins now and then")
      const { broken } = yield* Effect.provide(
        Verifier.use((verifier) => verifier.journal(false)),
        other
      )
      assert.isNull(broken)
    }).pipe(Effect.scoped)
  )
})

const MEETINGS = quota(30, 1_000)

/** Gives an order, and waits for how it went. */
const order = Effect.fnUntraced(function* (child: Child, order: Order) {
  const before = child.lines.length
  const outcome = () =>
    child.lines
      .slice(before)
      .map((line) => JSON.parse(line))
      .find((line) => "outcome" in line)
  child.process.stdin?.write(`${JSON.stringify(order)}\n`)
  while (outcome() === undefined) yield* child.said(child.lines.length + 1)
  return outcome() as Outcome
})

describe(`two processes, ${MEETINGS} times`, patiently, () => {
  it.live("have one turn at a time, and one decision about it", () =>
    Effect.gen(function* () {
      const directory = join(yield* folder, "data")
      const path = yield* bundled("sessionChild.ts")
      const children = yield* Effect.forEach([0, 1], () => startWith(path, directory))
      const [one = assert.fail()] = children
      yield* Effect.forEach(children, (child) => child.said(1))
      const both = <A, E>(each: (child: Child, index: number) => Effect.Effect<A, E>) =>
        Effect.forEach(children, each, { concurrency: "unbounded" })
      const core = yield* Layer.build(scene({ directory, runtime: waits }))
      const { session } = yield* order(one, { do: "start" })
      for (let meeting = 0; meeting < MEETINGS; meeting++) {
        const asked = yield* both((child, index) =>
          order(child, { do: "turn", session: session ?? "", prompt: `${meeting} of ${index}`, audit: false })
        )
        const codes = asked.map(({ code }) => code ?? "won").toSorted()
        assert.include(["SESSION_CONFLICT", "SESSION_PAUSED"], codes[0], JSON.stringify(asked))
        assert.strictEqual(codes[1], "won")
        const [held = assert.fail()] = yield* Effect.provide(
          Steward.use(({ pending }) => pending),
          core
        )
        const { run, digest, sequence } = held
        const wishes = [0, 1].map((index) => actions[(meeting * (index + 1) + index) % 3] ?? assert.fail())
        const decided = yield* both((child, index) =>
          order(child, {
            do: "decide",
            turn: run,
            digest,
            sequence,
            action: wishes[index] ?? assert.fail(),
            text: `${meeting} decided by ${index}`
          })
        )
        const winner = decided.findIndex(({ code }) => code === null)
        const loser = decided[1 - winner] ?? assert.fail(JSON.stringify(decided))
        assert.deepInclude({ ...loser }, { code: "STEWARD_DECIDED", decided: wishes[winner] ?? "" })
        const decisions = yield* Effect.provide(decisionsIn(RunId.make(run)), core)
        assert.deepStrictEqual(
          decisions.map(({ action }) => action),
          [wishes[winner] ?? ""]
        )
        for (const next of yield* Effect.provide(
          Steward.use(({ pending }) => pending),
          core
        )) {
          const { digest, sequence } = next
          yield* order(one, { do: "decide", turn: next.run, digest, sequence, action: "reject", text: "" })
        }
      }
      // One call for each turn that was begun, and none for those who came second.
      const told = children.flatMap(({ lines }) => lines.map((line) => JSON.parse(line)))
      const { turns } = yield* Effect.provide(
        Sessions.use((all) => all.status(session ?? "")),
        core
      )
      assert.strictEqual(told.filter(({ _tag }) => _tag === "called").length, turns)
      assert.isNull(
        (yield* Effect.provide(
          Verifier.use((verifier) => verifier.journal(true)),
          core
        )).broken
      )
    }).pipe(Effect.scoped)
  )
})
