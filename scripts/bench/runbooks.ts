/**
 * Owns the figures of what is undertaken: steps of a runbook against runs by themselves, resuming one, memory records among ten
 * thousand, capabilities, and how fast the record of it all is decided again.
 */
import { Effect, Fiber, Layer, ManagedRuntime } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { packagedSettings } from "../../src/adapters/config/YamlConfiguration.ts"
import * as App from "../../src/App.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { Memories } from "../../src/core/memory/Memories.ts"
import { Recollections } from "../../src/core/memory/Recollections.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { PolicyInForce } from "../../src/core/run/PolicyInForce.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Runbooks, type RunbookWatcher, type Start, unwatched } from "../../src/core/runbook/Runbooks.ts"
import { Sessions } from "../../src/core/session/Sessions.ts"
import { Content } from "../../src/domain/Content.ts"
import { CapabilityId, MemoryKey, MemoryScope, Mode, PackId, Principal, RunId } from "../../src/domain/Ids.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import { Provenance } from "../../src/domain/memory/MemoryEvent.ts"
import type { Runbook } from "../../src/domain/runbook/Runbook.ts"
import { Capabilities } from "../../src/ports/Capability.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { type Candidate, compare, type Figure, table } from "./rounds.ts"
import { check } from "./verification.ts"

const REPETITIONS = 8
const ROUNDS = 5
const STEPS = 20
const RECORDS = 10_000
const RECALLED = 50
const WORDS = "x".repeat(100)

const directory = mkdtempSync(join(tmpdir(), "io3-bench-runbooks-"))
const scope = MemoryScope.make("bench")
const keyOf = (index: number) => MemoryKey.make(`record.${index}`)
/** Not next to one another: one in two hundred. */
const many = PackId.make("pack.bench.many")
const keys = Array.from({ length: RECALLED }, (_, index) => keyOf(index * (RECORDS / RECALLED)))
const sessionPack = PackId.make("pack.io_iii.session_resume")
const packaged = packagedSettings()
/** No provider is configured: the stand-in answers. */
const settings: Settings = {
  ...packaged,
  providers: { ...packaged.providers, providers: {} },
  memoryPacks: { ...packaged.memoryPacks, packs: [...packaged.memoryPacks.packs, { id: many, scope, keys }] },
  runtime: { ...packaged.runtime, session_max_turns: 100_000 }
}
const program = ManagedRuntime.make(
  App.runtime(App.here({ data: directory, offline: true }, "in-thread"), {
    settings: Layer.succeed(Configuration, { settings, placed: [], untrusted: [] })
  })
)
type Needs = ManagedRuntime.ManagedRuntime.Services<typeof program>

const mode = Mode.make("executor")
const principal = Principal.make("local")
const checks = { constellation: true, health: false }
const by = { principal, surface: "program" } as const
const start: Start = { sessionMode: "work", personaMode: mode, by: { ...by, checks, audit: false } }
const prompt = Content.of(WORDS)
const runbookOf = (steps: number): Runbook => ({
  id: null,
  steps: Array.from({ length: steps }, () => ({
    id: null,
    mode,
    prompt,
    capability: null,
    packs: [],
    when: null
  }))
})

const clocked = async <A, E>(effect: Effect.Effect<A, E, Needs>): Promise<number> => {
  const start = performance.now()
  await program.runPromise(effect)
  return performance.now() - start
}

const repeat = async (once: () => Promise<number>, times = REPETITIONS): Promise<ReadonlyArray<number>> => {
  const taken: Array<number> = []
  // oxlint-disable-next-line no-await-in-loop -- one at a time is what is measured
  for (let i = 0; i < times; i++) taken.push(await once())
  return taken
}

const on = <E>(name: string, effect: Effect.Effect<unknown, E, Needs>): Candidate => ({
  name,
  measure: () => repeat(() => clocked(effect))
})

/** What one of the steps of a runbook takes. */
const stepOf = (steps: number, name: string): Candidate => ({
  name,
  measure: () =>
    repeat(async () => {
      const all = Runbooks.use((runbooks) => runbooks.run(runbookOf(steps), start))
      return (await clocked(all)) / steps
    }, 2)
})

/** A runbook that nobody goes on with after the last step but one. */
const interrupted: Effect.Effect<RunId, unknown, Needs> = Effect.gen(function* () {
  let run: RunId | null = null
  const watcher: RunbookWatcher = {
    ...unwatched,
    started: (execution) => Effect.sync(() => void (run = execution.run)),
    step: (index) => (index === STEPS - 1 ? Effect.interrupt : Effect.void)
  }
  const fiber = yield* Effect.forkChild(
    Runbooks.use((runbooks) => runbooks.run(runbookOf(STEPS), start, watcher))
  )
  yield* Fiber.await(fiber)
  return run ?? (yield* Effect.die(new Error("the runbook has not begun")))
})

/** It is made before the clock runs. */
const resumed: Candidate = {
  name: `resume a runbook at step ${STEPS} of ${STEPS}`,
  measure: () =>
    repeat(async () => {
      const run = await program.runPromise(interrupted)
      return clocked(Replays.use((all) => all.resume(run, { by: start.by, acceptConfig: false })))
    }, 4)
}

const remember = Effect.gen(function* () {
  const memories = yield* Memories
  const yes = Effect.succeed(true)
  const about = {
    scope,
    sensitivity: "standard",
    provenance: Provenance.make("human"),
    expected: null
  } as const
  const value = Content.of("A fact worth keeping.")
  const write = (index: number) => memories.write({ ...about, ...by, key: keyOf(index), value }, yes)
  yield* Effect.forEach(Array.from({ length: RECORDS }).keys(), write, { concurrency: 64, discard: true })
})

const recall = Effect.gen(function* () {
  const { memory } = yield* PolicyInForce
  if (!memory) return yield* Effect.die(new Error("there is no memory policy"))
  const { values } = yield* (yield* Recollections).recall(memory, { mode, cloud: false }, [many])
  if (values.length !== RECALLED) return yield* Effect.die(new Error(`${values.length} are remembered`))
})

const echo = CapabilityId.make("cap.echo_json")
const payload = Content.of('{"a":1}')
const invoke = Capabilities.use((capabilities) => capabilities.invoke(echo, payload))

const request = { mode: null, prompt, file: null, capability: null, audit: false, checks, ...by }

/** A turn of a session that may read these, at each measurement the next one. */
const turnWith = async (name: string, packs: ReadonlyArray<PackId>): Promise<Candidate> => {
  const { session } = await program.runPromise(
    Sessions.use((sessions) =>
      sessions.start({ mode: "work", persona: mode, audit: false, title: null, packs, ...by })
    )
  )
  return on(
    name,
    Sessions.use((sessions) => sessions.turn(session, { ...request, packs: null }))
  )
}

/** Every decision of the journal so far, by one thread and as a program asks for it. */
const decided = async (): Promise<string> => {
  const { position } = await program.runPromise(Verifier.use((verifier) => verifier.sound))
  const rates = await compare(
    [
      on(
        "decisions made again (Verifier)",
        Verifier.use((verifier) => verifier.journal(false))
      ),
      { name: "decisions made again by one thread", measure: () => repeat(() => checked(), 2) }
    ],
    2
  )
  return rates
    .map(({ name, millis }) => `  ${name.padEnd(46)} ${rateOf(position, millis)}`)
    .concat(`  of ${position.toLocaleString("en")} events`)
    .join("\n")
}
const rateOf = (events: number, millis: number) =>
  `${Math.round((events / millis) * 1000).toLocaleString("en")} events/s`.padStart(20)
const checked = async () => {
  const start = performance.now()
  await check(directory)
  return performance.now() - start
}

/** What each was to take at most, in milliseconds; of a step, what it takes more than a run by itself. */
const goals: ReadonlyArray<
  readonly [name: string, most: number, of: (all: ReadonlyArray<Figure>) => number]
> = [
  [
    "more for a step than for a run by itself",
    1.5,
    (all) => millisOf(all, `a step of ${STEPS}`) - millisOf(all, "a run by itself")
  ],
  [`resume at step ${STEPS} of ${STEPS}`, 50, (all) => millisOf(all, "resume")],
  [`${RECALLED} of ${RECORDS} memory records`, 10, (all) => millisOf(all, "recall")]
]
const millisOf = (all: ReadonlyArray<Figure>, name: string): number =>
  all.find((figure) => figure.name.startsWith(name))?.millis ?? Number.NaN

export const runbooks = async (): Promise<string> => {
  try {
    await program.runPromise(remember)
    const figures = await compare(
      [
        on(
          "a run by itself (reference)",
          Runs.use((runs) => runs.run(Runs.request("executor", WORDS, { packs: [] })))
        ),
        stepOf(STEPS, `a step of ${STEPS}`),
        stepOf(1, "a runbook of one step"),
        resumed,
        on(`recall ${RECALLED} of ${RECORDS} records`, recall),
        on(
          "list 50 records",
          Memories.use((memories) => memories.list(null, 50, null))
        ),
        {
          ...on("", Effect.void),
          name: `list ${RECORDS} records`,
          measure: () =>
            repeat(() => clocked(Memories.use((memories) => memories.list(scope, RECORDS, null))), 1)
        },
        on("a capability, its thread warm", invoke),
        on(
          "the same, its thread cold, from the sources",
          Effect.provide(invoke, Layer.fresh(App.capabilities()))
        ),
        await turnWith("a turn without packs", []),
        await turnWith("a turn with the packaged session pack", [sessionPack])
      ],
      ROUNDS
    )
    const met = goals.map(([name, most, of]) => {
      const millis = of(figures)
      return `  ${name.padEnd(46)} ${millis.toFixed(3).padStart(9)} ms  goal ≤ ${most} ms: ${millis <= most ? "met" : "missed"}`
    })
    return [table("runbooks, memory, capabilities (fsync on)", figures), ...met, await decided()].join("\n")
  } finally {
    await program.dispose()
    rmSync(directory, { recursive: true, force: true })
  }
}
