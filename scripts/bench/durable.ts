/** Owns the figures of the durable path: two commits against two raw appends, and whole runs of the stand-in. */
import { Effect, ManagedRuntime, Option } from "effect"
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as App from "../../src/App.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Content } from "../../src/domain/Content.ts"
import { ContentId, runStream } from "../../src/domain/Ids.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { Identity } from "../../src/ports/Identity.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { type Candidate, compare, table } from "./rounds.ts"

const REPETITIONS = 40
const ROUNDS = 9
const CONCURRENCY = 32

const directory = mkdtempSync(join(tmpdir(), "io3-bench-"))
const prompt = "What is a receipt? ".repeat(10).slice(0, 200)

const program = (journal: App.Options["journal"], name: string) =>
  ManagedRuntime.make(App.runtime(App.here({ data: join(directory, name), offline: true }, journal)))
const inThread = program("in-thread", "in-thread")
const inWorker = program("worker", "worker")
type Program = typeof inThread

const repeat = async (times: number, once: () => Promise<unknown>): Promise<ReadonlyArray<number>> => {
  const taken: Array<number> = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
    await once()
    taken.push(performance.now() - start)
  }
  return taken
}

const run = Effect.flatMap(Runs, (runs) => runs.run(Runs.request("executor", prompt)))

/** The events of a real run, as the two commits it made of them. */
const recorded = await inThread.runPromise(
  Effect.gen(function* () {
    const { run: id } = yield* run
    const rows = yield* (yield* Journal).read(runStream(id))
    const events = rows.flatMap(({ payload }) => Option.toArray(decode(payload)))
    const intent = events.findIndex(({ _tag }) => _tag === "CallIntended") + 1
    return {
      intention: events.slice(0, intent),
      settlement: events.slice(intent),
      bytes: rows.map(({ payload }) => payload.length)
    }
  })
)

/** What a commit of these events would be if nothing but bytes had to be kept. */
const rawAppend = (() => {
  const file = openSync(join(directory, "raw"), "a")
  const half = Buffer.alloc(recorded.bytes.reduce((sum, bytes) => sum + bytes, 0) / 2, "x")
  const append = () => {
    writeSync(file, half)
    fdatasyncSync(file)
  }
  return {
    pair: async () => {
      append()
      append()
    },
    close: () => closeSync(file)
  }
})()

/** A new stream's keys and the two sealed texts of a run. */
const seal = Effect.gen(function* () {
  const stream = runStream(yield* (yield* Identity).runId)
  const keys = yield* (yield* Vault).create(stream)
  const sealed = (id: string) => [keys.seal(ContentId.make(id), Content.of(prompt))]
  return { stream, key: keys.wrapped, prompt: sealed("prompt"), draft: sealed("draft.1") }
})

/** Chains and commits a run's events in its two commits. */
const settle = Effect.fnUntraced(function* (ready: Effect.Success<typeof seal>) {
  const journal = yield* Journal
  const { stream, key } = ready
  const { intention, settlement } = recorded
  yield* journal.commit({ appends: [{ stream, expected: 0, events: intention, sealed: ready.prompt, key }] })
  const settled = { stream, expected: intention.length, events: settlement, sealed: ready.draft, key: null }
  yield* journal.commit({ appends: [settled] })
})

/** The two commits alone: what they commit was sealed before the clock ran. */
const step = (name: string, runtime: Program): Candidate => ({
  name,
  measure: async () => {
    const ready = await runtime.runPromise(Effect.all(Array.from({ length: REPETITIONS }, () => seal)))
    let next = 0
    return repeat(REPETITIONS, () => runtime.runPromise(settle(ready[next++]!)))
  }
})

const candidate = (name: string, once: () => Promise<unknown>): Candidate => ({
  name,
  measure: () => repeat(REPETITIONS, once)
})
const on = <A, E>(
  name: string,
  runtime: Program,
  effect: Effect.Effect<A, E, Runs | Journal | Vault | Identity>
) => candidate(name, () => runtime.runPromise(effect))

/** Runs per second with many at once, as milliseconds a run. */
const crowd = (name: string, runtime: Program): Candidate => ({
  name,
  measure: async () => {
    const [taken] = await repeat(1, () =>
      runtime.runPromise(
        Effect.all(
          Array.from({ length: CONCURRENCY * 4 }, () => run),
          { concurrency: CONCURRENCY }
        )
      )
    )
    return [(taken ?? 0) / (CONCURRENCY * 4)]
  }
})

export const durable = async (): Promise<string> => {
  try {
    const figures = await compare(
      [
        candidate("two raw appends, fdatasync each (reference)", rawAppend.pair),
        step("intent + settlement, SQLite in-thread", inThread),
        step("intent + settlement, SQLite in a worker", inWorker),
        on("keys of a stream and two sealed texts", inThread, seal),
        on("whole run of the stand-in, in-thread", inThread, run),
        on("whole run of the stand-in, worker", inWorker, run),
        crowd(`one of ${CONCURRENCY} runs at once, in-thread`, inThread),
        crowd(`one of ${CONCURRENCY} runs at once, worker`, inWorker)
      ],
      ROUNDS
    )
    const perSecond = figures
      .slice(3)
      .map(({ name, millis }) => `  ${name.padEnd(46)} ${(1000 / millis).toFixed(0).padStart(9)} runs/s`)
    return [table("durable path (fsync on)", figures), ...perSecond].join("\n")
  } finally {
    rawAppend.close()
    await inThread.dispose()
    await inWorker.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
}
