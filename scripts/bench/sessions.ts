/** Owns the figures of sessions: turns at 1, 50 and 1,000 turns of history, a pause with its approval, a long listing. */
import { Effect, Layer, ManagedRuntime } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { packagedSettings } from "../../src/adapters/config/YamlConfiguration.ts"
import * as App from "../../src/App.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { Mode, Principal, type SessionId } from "../../src/domain/Ids.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import type { Journal } from "../../src/ports/Journal.ts"
import { type Candidate, compare, table } from "./rounds.ts"

const REPETITIONS = 12
const ROUNDS = 7
const SESSIONS = 1000
/** The stand-in answers with some 250 characters more: 45 turns fill the history. */
const WORDS = "x".repeat(100)

const directory = mkdtempSync(join(tmpdir(), "io3-bench-"))
const packaged = packagedSettings()
/** No provider is configured: the stand-in answers. */
const settings: Settings = {
  ...packaged,
  providers: { ...packaged.providers, providers: {} },
  runtime: { ...packaged.runtime, session_max_turns: 100_000, steward_thresholds: { always: true } }
}
const program = ManagedRuntime.make(
  App.runtime(App.here({ data: directory, offline: true }, "in-thread"), {
    settings: Layer.succeed(Configuration, { settings, placed: [], untrusted: [] })
  })
)
type Needs = Runs | Sessions | Steward | Journal

const principal = Principal.make("local")
const checks = { constellation: true, health: false }
const by = { principal, surface: "program" } as const
const request = {
  mode: null,
  prompt: Content.of(WORDS),
  file: null,
  capability: null,
  packs: null,
  audit: false,
  checks,
  ...by
}
const start = (mode: "work" | "steward") =>
  Effect.map(
    Sessions.use((sessions) =>
      sessions.start({ mode, persona: Mode.make("executor"), audit: false, title: null, packs: null, ...by })
    ),
    ({ session }) => session
  )
const turn = (session: SessionId) => Sessions.use((sessions) => sessions.turn(session, request))
const take = (turns: number, session: SessionId) =>
  Effect.forEach(Array.from({ length: turns }), () => turn(session), { discard: true })

const repeat = async (once: () => Promise<number>): Promise<ReadonlyArray<number>> => {
  const taken: Array<number> = []
  // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
  for (let i = 0; i < REPETITIONS; i++) taken.push(await once())
  return taken
}

const clocked = async <A, E>(effect: Effect.Effect<A, E, Needs>): Promise<number> => {
  const start = performance.now()
  await program.runPromise(effect)
  return performance.now() - start
}

const on = <E>(name: string, effect: Effect.Effect<unknown, E, Needs>): Candidate => ({
  name,
  measure: () => repeat(() => clocked(effect))
})

/** The pause is made before the clock runs. */
const decision = (session: SessionId): Candidate => ({
  name: "approve a held turn and release it",
  measure: () =>
    repeat(async () => {
      const { run, pending } = await program.runPromise(
        Effect.gen(function* () {
          const { run } = yield* turn(session)
          const all = yield* (yield* Steward).pending
          return { run, pending: all.find((one) => one.run === run) }
        })
      )
      if (!pending) throw new Error("the turn is not held")
      const { digest, sequence } = pending
      const wish = { turn: run, digest, sequence, principal, by: "person", reason: "acceptable" } as const
      return clocked(Steward.use((steward) => steward.decide({ ...wish, action: "approve" })))
    })
})

export const sessions = async (): Promise<string> => {
  try {
    const lived = await program.runPromise(
      Effect.gen(function* () {
        const [long, held] = [yield* start("work"), yield* start("steward")]
        yield* take(1000, long)
        yield* Effect.forEach(Array.from({ length: SESSIONS }), () => start("work"), { discard: true })
        return { long, held }
      })
    )
    /** A session with that many turns behind it, at each measurement a new one. */
    const after = (turns: number): Candidate => ({
      name: `a turn after ${turns} turns`,
      measure: async () => {
        const session = await program.runPromise(Effect.tap(start("work"), (made) => take(turns, made)))
        return repeat(() => clocked(turn(session)))
      }
    })
    const figures = await compare(
      [
        on(
          "a run by itself (reference)",
          Runs.use((runs) => runs.run(Runs.request("executor", WORDS)))
        ),
        after(1),
        after(50),
        on("a turn after 1000 turns", turn(lived.long)),
        decision(lived.held),
        on(
          `list ${SESSIONS} sessions`,
          Sessions.use((all) => all.list(SESSIONS, null))
        )
      ],
      ROUNDS
    )
    setFlagsFromString("--expose-gc")
    const collect: unknown = runInNewContext("gc")
    if (typeof collect === "function") collect()
    const heap = process.memoryUsage().heapUsed / 2 ** 20
    return [table("sessions (fsync on)", figures), `  heap in use after it ${heap.toFixed(0)} MiB`].join("\n")
  } finally {
    await program.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
}
