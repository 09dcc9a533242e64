/** Kills processes that hold, decide and redirect turns, and holds what is left to what was told: nothing by halves, no call twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { cpSync } from "node:fs"
import { join } from "node:path"
import type { WritePoint } from "../src/adapters/WritePoint.ts"
import { Resumption } from "../src/core/run/Resumption.ts"
import { Sessions } from "../src/core/session/Sessions.ts"
import { Steward } from "../src/core/session/Steward.ts"
import type { RuntimeFailure } from "../src/domain/Failure.ts"
import type { Action } from "../src/domain/session/Turn.ts"
import { Journal } from "../src/ports/Journal.ts"
import { Aftermath } from "./support/aftermath.ts"
import { bundled } from "./support/bundle.ts"
import { isLong, quota } from "./support/campaign.ts"
import { type Child, startWith } from "./support/children.ts"
import { scene } from "./support/coreScene.ts"
import { folder } from "./support/ledger.ts"
import type { Order } from "./support/sessionChild.ts"
import { decisionsIn } from "./support/sessionRows.ts"
import { principal, turnOf, waits } from "./support/sessionScene.ts"

const LANES = 2
const patiently = { timeout: quota(300_000, 3_600_000) }
/** The commit of a redirected turn is to two runs and their session. */
const STREAMS_AT_ONCE = 3

const parsed = ({ lines }: Pick<Child, "lines">) => lines.map((line) => JSON.parse(line))

/** Gives orders one after the other to a process that may die over them, and waits for its end. */
const obeying = Effect.fnUntraced(function* (
  path: string,
  directory: string,
  orders: ReadonlyArray<Order>,
  death: readonly [moment: number, side: "before" | "after"] | null = null
) {
  const child = yield* startWith(path, directory, ...(death ?? []).map(String))
  yield* child.said(1)
  child.process.stdin?.on("error", () => {})
  child.process.stdin?.end(orders.map((order) => `${JSON.stringify(order)}\n`).join(""))
  yield* child.ended
  assert.strictEqual(child.process.signalCode, death ? "SIGKILL" : null)
  return child
})

/** What is there for whoever comes next; `told` takes down what that process tells. */
const looking = <A>(
  directory: string,
  look: Effect.Effect<A, RuntimeFailure, Sessions | Steward | Resumption | Journal>,
  told: Array<string> = []
) =>
  Effect.orDie(
    Effect.provide(look, scene({ directory, runtime: waits, tell: (one) => told.push(JSON.stringify(one)) }))
  )

/** A session with a held turn, in a folder that can be copied. */
const prepared = Effect.fnUntraced(function* (path: string) {
  const directory = join(yield* folder, "data")
  const begun = yield* obeying(path, directory, [{ do: "start" }])
  const session: string = parsed(begun).find(({ outcome }) => outcome === "start").session
  const turn = { do: "turn", session, prompt: "a question", audit: false } as const
  const held = yield* obeying(path, directory, [turn])
  const [pending = assert.fail()] = yield* looking(
    directory,
    Steward.use(({ pending }) => pending)
  )
  return { directory, session, pending, lines: [...begun.lines, ...held.lines] }
})
type Prepared = Effect.Success<ReturnType<typeof prepared>>

/** The moments to die at: around each commit, and in the long campaign all of them. */
const momentsOf = (child: Child): ReadonlyArray<number> => {
  const { passed }: { readonly passed: ReadonlyArray<WritePoint> } = parsed(child).at(-1)
  return passed.flatMap((point, moment) => (isLong || point === "commit" ? [moment] : []))
}

/** Lives through some orders in a copy of the folder once, and then dies at each moment of that, before it and after. */
const dyingAtEach = Effect.fnUntraced(function* <A>(
  path: string,
  { directory, lines }: Pick<Prepared, "directory" | "lines">,
  orders: ReadonlyArray<Order>,
  examine: (directory: string, aftermath: Aftermath, child: Child) => Effect.Effect<A>
) {
  const copy = Effect.map(folder, (to) => {
    cpSync(directory, join(to, "data"), { recursive: true })
    return join(to, "data")
  })
  const whole = yield* obeying(path, yield* copy, orders)
  const deaths = momentsOf(whole).flatMap((moment) => [
    [moment, "before"] as const,
    [moment, "after"] as const
  ])
  return yield* Effect.forEach(
    deaths,
    (death) =>
      Effect.gen(function* () {
        const directory = yield* copy
        const aftermath = new Aftermath(directory, STREAMS_AT_ONCE)
        aftermath.hear(lines)
        const child = yield* obeying(path, directory, orders, death)
        aftermath.hear(child.lines)
        yield* aftermath.examine
        const found = yield* examine(directory, aftermath, child)
        yield* aftermath.examine
        return found
      }).pipe(Effect.scoped),
    { concurrency: LANES }
  )
})

const sides = (child: Child) => parsed(child).filter(({ _tag }) => _tag === "called").length

describe("a process that is killed while it decides about a held turn", patiently, () => {
  for (const action of ["approve", "edit", "reject", "close"] as const satisfies ReadonlyArray<Action>) {
    it.live(`has decided or has not: ${action}`, () =>
      Effect.gen(function* () {
        const path = yield* bundled("sessionChild.ts")
        const start = yield* prepared(path)
        const { session, pending } = start
        const { run, digest, sequence } = pending
        const order: Order = { do: "decide", turn: run, digest, sequence, action, text: "an edited answer" }
        const text = action === "edit" ? "an edited answer" : action === "approve" ? "a question" : null
        const found = yield* dyingAtEach(path, start, [order], (directory, aftermath, child) =>
          Effect.gen(function* () {
            assert.strictEqual(sides(child), 0)
            const lines: Array<string> = []
            const decide = { turn: run, digest, sequence, principal, by: "person", reason: "other" } as const
            const isDecided = yield* looking(
              directory,
              Effect.gen(function* () {
                const [held] = yield* Steward.use(({ pending }) => pending)
                const status = yield* Sessions.use((sessions) => sessions.status(session))
                const decisions = yield* decisionsIn(run)
                if (held) {
                  // Nothing of it is there, and it can be decided as if nobody had tried.
                  assert.deepStrictEqual([held, status.status, decisions.length], [pending, "paused", 0])
                  yield* Steward.use((steward) => steward.decide({ ...decide, action: "reject" }))
                  return false
                }
                const after = action === "close" ? "closed" : "active"
                assert.deepInclude(status, { status: after, turnCount: 1, open: null })
                assert.deepStrictEqual(
                  decisions.map((one) => one.action),
                  [action]
                )
                // Whoever did not hear that it was done hears it now.
                const second = yield* Effect.result(
                  Steward.use((steward) => steward.decide({ ...decide, action: "reject" }))
                )
                assert.deepInclude(
                  { ...Result.getOrThrow(Result.flip(second)) },
                  { code: "STEWARD_DECIDED", decided: action }
                )
                lines.push(...(text === null ? [] : [JSON.stringify({ _tag: "answered", run, text })]))
                return true
              }),
              lines
            )
            aftermath.hear(lines)
            return isDecided
          })
        )
        assert.sameMembers([...new Set(found)], [true, false])
      })
    )
  }
})

describe("a process that is killed while a turn is redirected", patiently, () => {
  it.live(
    "has ended one turn together with the beginning of the next, or neither; no call is made twice",
    () =>
      Effect.gen(function* () {
        const path = yield* bundled("sessionChild.ts")
        const start = yield* prepared(path)
        const { session, pending } = start
        const { run, digest, sequence } = pending
        const order: Order = {
          do: "decide",
          turn: run,
          digest,
          sequence,
          action: "redirect",
          text: "another question"
        }
        const found = yield* dyingAtEach(path, start, [order], (directory, aftermath, child) =>
          Effect.gen(function* () {
            const lines: Array<string> = []
            const where = yield* looking(
              directory,
              Effect.gen(function* () {
                const sessions = yield* Sessions
                const steward = yield* Steward
                const decisions = yield* decisionsIn(run)
                const before = yield* sessions.status(session)
                const [held] = yield* steward.pending
                if (held?.run === run) {
                  assert.deepStrictEqual([decisions.length, before.turns, sides(child)], [0, 1, 0])
                  return "held"
                }
                assert.deepStrictEqual(
                  decisions.map(({ action }) => action),
                  ["redirect"]
                )
                assert.deepInclude(before, { turns: 2, turnCount: 1 })
                const where = held ? "next held" : "next running"
                assert.strictEqual(before.status, held ? "paused" : "active")
                // Whoever asks next is not in the way of what the dead process left.
                if (!held) {
                  assert.isAtMost(sides(child), 1)
                  const { rest, status } = yield* sessions.turn(session, turnOf("a third question"))
                  assert.strictEqual(rest._tag, "Held")
                  assert.deepInclude(status, { turns: 3, turnCount: 1, status: "paused" })
                }
                return where
              }),
              lines
            )
            aftermath.hear(lines)
            const calls = lines.filter((line) => JSON.parse(line)._tag === "called").length
            assert.strictEqual(calls, where === "next running" ? 1 : 0)
            return where
          })
        )
        assert.sameMembers([...new Set(found)], ["held", "next running", "next held"])
      })
  )
})

describe("a process that is killed during a turn", patiently, () => {
  for (const audit of [false, true]) {
    it.live(
      `leaves a session that goes on, and each call of the turn made once${audit ? ", the audit too" : ""}`,
      () =>
        Effect.gen(function* () {
          const path = yield* bundled("sessionChild.ts")
          const directory = join(yield* folder, "data")
          const begun = yield* obeying(path, directory, [{ do: "start" }])
          const session: string = parsed(begun).find(({ outcome }) => outcome === "start").session
          const turn: Order = { do: "turn", session, prompt: "a question", audit }
          const found = yield* dyingAtEach(
            path,
            { directory, lines: [...begun.lines] },
            [turn],
            (directory, aftermath) =>
              Effect.gen(function* () {
                const lines: Array<string> = []
                const look = Effect.gen(function* () {
                  const sessions = yield* Sessions
                  const before = yield* sessions.status(session)
                  if (before.status === "paused") return "held"
                  yield* Resumption.use(({ recover }) => recover)
                  const after = yield* sessions.status(session)
                  assert.deepInclude(after, { turns: before.turns, turnCount: 0 })
                  // A draft that was paid for is gone on with, to the steward who has to be asked.
                  if (after.status === "paused") return "went on"
                  assert.deepInclude(after, { status: "active", open: null })
                  const { status } = yield* sessions.turn(session, turnOf("once more"))
                  assert.deepInclude(status, { turns: before.turns + 1, status: "paused" })
                  return before.turns === 0 ? "never begun" : "failed"
                })
                const where = yield* looking(directory, look, lines)
                aftermath.hear(lines)
                return where
              })
          )
          const due = ["held", "never begun", "failed", ...(audit ? ["went on"] : [])]
          assert.sameMembers([...new Set(found)], due)
        })
    )
  }
})

describe("a process that is killed while a turn is held", patiently, () => {
  it.live("takes nothing along: whoever comes next sees it, and may decide", () =>
    Effect.gen(function* () {
      const path = yield* bundled("sessionChild.ts")
      const { directory, lines, pending, session } = yield* prepared(path)
      const aftermath = new Aftermath(directory, STREAMS_AT_ONCE)
      aftermath.hear(lines)
      const waiting = yield* startWith(path, directory)
      waiting.process.stdin?.write(`${JSON.stringify({ do: "pending" })}\n`)
      yield* waiting.said(2)
      waiting.process.kill("SIGKILL")
      yield* waiting.ended
      yield* aftermath.examine
      const { run, digest, sequence } = pending
      const decide = { turn: session, digest, sequence, principal, by: "person", reason: "other" } as const
      const told: Array<string> = []
      const text = yield* looking(
        directory,
        Effect.gen(function* () {
          const steward = yield* Steward
          assert.deepStrictEqual(yield* Resumption.use(({ recover }) => recover), [])
          assert.deepStrictEqual(yield* steward.pending, [pending])
          return (yield* steward.decide({ ...decide, action: "approve" })).released?.text
        }),
        told
      )
      aftermath.hear([...told, JSON.stringify({ _tag: "answered", run, text })])
      yield* aftermath.examine
      assert.strictEqual(text, "a question")
    })
  )
})
