/**
 * Owns a process of its own that runs the core over a folder, for tests that kill it or have several at once:
 * `node coreChild.ts TASK DIRECTORY [NUMBER or RUN] [before|after]`. It tells what happened line by line, as soon as it knows.
 */
import { Effect, Exit, Option } from "effect"
import { once } from "node:events"
import type { Pass, WritePoint } from "../../src/adapters/WritePoint.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { Resumption } from "../../src/core/run/Resumption.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import type { RuntimeFailure } from "../../src/domain/Failure.ts"
import { Principal } from "../../src/domain/Ids.ts"
import { keyed } from "./keyed.ts"
import { scene, type Told } from "./coreScene.ts"
import { tell as say } from "./tell.ts"

const [task = "", directory = "", number = "", side] = process.argv.slice(2)

const tell = (told: Told) => say(told)

/** Dies at one of the moments at which the disk changes, counted from 0; collects them all on the way. */
const passed: Array<WritePoint> = []
const dying: Pass = (point, act) => {
  const here = passed.push(point) - 1 === Number(number)
  if (here && side === "before") process.kill(process.pid, "SIGKILL")
  const result = act()
  if (here && side === "after") process.kill(process.pid, "SIGKILL")
  return result
}

const ask = Effect.fnUntraced(function* (question: string, audit: boolean) {
  const { run, released } = yield* (yield* Runs).run(Runs.request("executor", question, { audit }))
  tell({ _tag: "answered", run, text: released.text })
  return run
})

const erase = Effect.fnUntraced(function* (run: string) {
  tell({ _tag: "erasing", run })
  yield* (yield* Erasure).erase(run, Principal.make("local"))
  tell({ _tag: "erased", run })
})

/** One of everything that writes. */
const everything = Effect.gen(function* () {
  yield* (yield* Resumption).recover
  const first = yield* ask(`${process.pid} plain`, false)
  yield* keyed
  yield* ask(`${process.pid} audited`, true)
  yield* erase(first)
})

const layers = { passes: scene({ directory, tell, at: dying }), plain: scene({ directory, tell }) }

/** Writes in every way, over and over, until something stops it. */
const live = Effect.gen(function* () {
  say({ started: true })
  yield* (yield* Resumption).recover
  for (let count = 0; ; count++) {
    const run = yield* ask(`${process.pid} ${count}`, count % 2 === 1)
    if (count % 3 === 2) yield* erase(run)
  }
})

/** Asks so many questions at the same moment, tells of each how it went, and lets no model answer before its input ends. */
const crowd = (calls: number) => {
  const inputEnded = once(process.stdin.resume(), "end")
  const held = Effect.promise(() => {
    say({ admitted: true })
    return inputEnded
  })
  const one = (_: unknown, index: number) =>
    Effect.exit(Effect.flatMap(Runs, (runs) => runs.run(Runs.request("executor", `question ${index}`)))).pipe(
      Effect.map((exit) => Option.getOrNull(Exit.findErrorOption(exit))?.code ?? null),
      Effect.tap((code) => Effect.sync(() => code && say({ refused: code })))
    )
  return Effect.all(Array.from({ length: Number(number) }, one), { concurrency: "unbounded" }).pipe(
    Effect.provide(scene({ directory, hold: held, budgets: { window_hours: 24, calls } }))
  )
}

/** Erases a run and dies before the log is emptied. */
const half: Pass = (point, act) => {
  if (point === "checkpoint") process.kill(process.pid, "SIGKILL")
  return act()
}

const tasks: Readonly<Record<string, Effect.Effect<unknown, RuntimeFailure>>> = {
  once: Effect.tap(Effect.provide(everything, layers.passes), () => Effect.sync(() => say({ passed }))),
  live: Effect.provide(live, layers.plain),
  erase: Effect.provide(erase(number), scene({ directory, tell, at: half })),
  crowd: Effect.suspend(() => crowd(20))
}

await Effect.runPromise(tasks[task] ?? Effect.die(new Error("no such task")))
