/** Owns the figures of the ledger: how fast it verifies and folds, what a row costs, and how that grows. */
import { Effect, Layer, Option, Result } from "effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sha256 } from "../../src/adapters/journal/Plan.ts"
import * as RandomIdentity from "../../src/adapters/RandomIdentity.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import { certify } from "../../src/domain/run/Bounds.ts"
import { Content } from "../../src/domain/Content.ts"
import { isRunEvent, type RunEvent } from "../../src/domain/Event.ts"
import * as Governance from "../../src/domain/run/Governance.ts"
import { ContentId, Mode, runStream, type StreamId } from "../../src/domain/Ids.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { switchesOf } from "../../src/domain/config/Policy.ts"
import { resolve } from "../../src/domain/run/Route.ts"
import { initial, next, type RunState } from "../../src/domain/run/Run.ts"
import { evolve } from "../../src/domain/run/Evolution.ts"
import { Identity } from "../../src/ports/Identity.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Vault } from "../../src/ports/Vault.ts"
import { fill, policy } from "./journals.ts"
import { type Candidate, compare, median, p99, table } from "./rounds.ts"
import { check, journalIn, walk } from "./verification.ts"

const ROUNDS = 5
const SIZES = [1e3, 1e4, 1e5, ...(process.argv.includes("--large") ? [1e6] : [])]
const FOLDED = 1e4
const CROWD = 64
const release = join(import.meta.dirname, "..", "..", "dist", "io3.js")

const once = (name: string, effect: () => Promise<unknown>): Candidate => ({
  name,
  measure: async () => {
    const start = performance.now()
    await effect()
    return [performance.now() - start]
  }
})

const rate = (events: number, millis: number): string =>
  `${Math.round(events / (millis / 1000)).toLocaleString("en")} events/s`

/** Of one size: the check against what can not be done without. */
const verification = async (directory: string, events: number): Promise<string> => {
  const figures = await compare(
    [
      once("reading, JSON.parse and SHA-256 (reference)", () =>
        walk(directory, ({ payload }) => void [JSON.parse(payload), sha256(payload)])
      ),
      once("reading alone", () => walk(directory, () => {})),
      once("verified by one thread", () => check(directory)),
      once("io3 ledger verify, the whole process", () => command(directory))
    ],
    ROUNDS
  )
  const rates = figures.map(({ name, millis }) => `  ${name.padEnd(46)} ${rate(events, millis).padStart(20)}`)
  return [table(`ledger of ${events.toLocaleString("en")} events`, figures), ...rates].join("\n")
}

/** As somebody types it; the release has several threads for a large journal. */
const command = async (directory: string): Promise<void> => {
  const { status } = spawnSync(process.execPath, [release, "--data", directory, "ledger", "verify"])
  if (status !== 0) throw new Error(`the program ended with ${status}`)
}

/** Folds the first rows of a journal into its runs; what a process does that has just begun. */
const fold = async (directory: string): Promise<number> => {
  const start = performance.now()
  const runs = new Map<StreamId, RunState>()
  let folded = 0
  await walk(directory, ({ stream, payload }) => {
    const event = Option.getOrThrow(decode(payload))
    if (folded++ >= FOLDED || !isRunEvent(event)) return
    runs.set(stream, Result.getOrThrow(evolve(runs.get(stream) ?? initial, event)))
  })
  return performance.now() - start
}

const coldFold = (directory: string): string => {
  const taken = Array.from({ length: ROUNDS }, () => {
    const { stdout } = spawnSync(process.execPath, [import.meta.filename, "--fold", directory])
    return Number(stdout)
  })
  return `  ${`cold fold of ${FOLDED.toLocaleString("en")} events`.padEnd(46)} ${median(taken).toFixed(1).padStart(9)} ms`
}

/** What one event costs on its way in, processor time alone: chaining, sealing, writing, all but the wait for the disk. */
const append = (directory: string, pattern: ReadonlyArray<RunEvent>) => {
  const prompt = Content.of("What is a receipt? ".repeat(10))
  const one = Effect.gen(function* () {
    const journal = yield* Journal
    const stream = runStream(yield* (yield* Identity).runId)
    const keys = yield* (yield* Vault).create(stream)
    const intent = pattern.findIndex(({ _tag }) => _tag === "CallIntended") + 1
    const sealed = (id: string) => [keys.seal(ContentId.make(id), prompt)]
    const begun = { stream, expected: 0, events: pattern.slice(0, intent), key: keys.wrapped }
    yield* journal.commit({ appends: [{ ...begun, sealed: sealed("prompt") }] })
    const ended = { stream, expected: intent, events: pattern.slice(intent), key: null }
    yield* journal.commit({ appends: [{ ...ended, sealed: sealed("draft.1") }] })
  })
  return Effect.gen(function* () {
    const taken: Array<number> = []
    for (let round = 0; round <= ROUNDS * 4; round++) {
      const before = process.cpuUsage()
      yield* Effect.all(
        Array.from({ length: CROWD }, () => one),
        { concurrency: CROWD }
      )
      const { user, system } = process.cpuUsage(before)
      if (round > ROUNDS) taken.push((user + system) / (CROWD * pattern.length))
    }
    return `  ${`an event in, ${CROWD} runs at once`.padEnd(46)} ${median(taken).toFixed(1).padStart(9)} µs of processor`
  }).pipe(
    Effect.provide(Layer.mergeAll(journalIn(directory), AesVault.layer({ directory }), RandomIdentity.layer)),
    Effect.runPromise
  )
}

const bytesIn = (directory: string): number =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).reduce(
    (sum, name) => sum + statSync(join(directory, name)).size,
    0
  )

/** Each decision by itself, so that its slowest hundredth can be told. */
const decisions = (pattern: ReadonlyArray<RunEvent>): string => {
  const mode = Mode.make("executor")
  const switches = switchesOf(policy)
  const route = Result.getOrThrow(resolve(policy.routing, mode, switches))
  const wish = Governance.wishOf(
    policy,
    route,
    Governance.auditorOf(policy),
    { bytes: 900, messages: 2 },
    {
      mode,
      gates: 0,
      capability: null,
      maxOutputTokens: null
    }
  )
  const micros = (decide: () => unknown): ReadonlyArray<number> =>
    Array.from({ length: 20_000 }, () => {
      const start = process.hrtime.bigint()
      decide()
      return Number(process.hrtime.bigint() - start) / 1000
    }).slice(10_000)
  const life = () => {
    let state = initial
    for (const event of pattern) {
      next(state)
      state = Result.getOrThrow(evolve(state, event))
    }
  }
  const line = (name: string, taken: ReadonlyArray<number>, by = 1) =>
    `  ${name.padEnd(46)} ${(median(taken) / by).toFixed(2).padStart(9)} µs  p99 ${(p99(taken) / by).toFixed(2)}`
  return [
    line(
      "route",
      micros(() => resolve(policy.routing, mode, switches))
    ),
    line(
      "worst case and permits",
      micros(() => certify(wish))
    ),
    line("one step of a run: next and evolve", micros(life), pattern.length)
  ].join("\n")
}

export const ledger = async (): Promise<string> => {
  const root = mkdtempSync(join(tmpdir(), "io3-bench-ledger-"))
  const said: Array<string> = []
  try {
    for (const size of SIZES) {
      const directory = join(root, `${size}`)
      // oxlint-disable-next-line no-await-in-loop -- one after the other is what is measured
      const { events, runs, pattern } = await Effect.runPromise(fill(directory, size))
      // oxlint-disable-next-line no-await-in-loop
      said.push(await verification(directory, events))
      said.push(`  ${"bytes of a run in the journal".padEnd(46)} ${Math.round(bytesIn(directory) / runs)}`)
      if (size === FOLDED) {
        said.push(coldFold(directory), decisions(pattern))
        // oxlint-disable-next-line no-await-in-loop
        said.push(await append(join(root, "append"), pattern))
      }
    }
    return said.join("\n")
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [flag, directory] = process.argv.slice(2)
  if (flag === "--fold" && directory) process.stdout.write(`${await fold(directory)}`)
}
