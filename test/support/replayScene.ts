/** Owns processes over one journal that outlives them, each with models of its own, for what is gone on with or done again. */
import { Deferred, Effect, Layer } from "effect"
import type { Options } from "../../src/core/replay/Again.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { unwatched, type Watcher } from "../../src/core/run/Request.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import type { Start } from "../../src/core/runbook/Runbooks.ts"
import type { Settings } from "../../src/domain/config/Settings.ts"
import { Content } from "../../src/domain/Content.ts"
import { RunbookId, runStream, TaskSpecId } from "../../src/domain/Ids.ts"
import type { RunId, StreamId } from "../../src/domain/Ids.ts"
import type { Runbook, Step } from "../../src/domain/runbook/Runbook.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { type Reply, ScriptedProvider } from "../../src/testing.ts"
import { over, persona, principal, settingsWith, type Shared } from "./sessionScene.ts"

export const checks = { constellation: true, health: false }
export const by = { principal, surface: "program", checks, audit: false } as const
export const options: Options = { by, acceptConfig: false }
export const start: Start = { sessionMode: "work", personaMode: persona, by }

export const step = (name: string, prompt: string, rest: Partial<Step> = {}): Step => ({
  id: TaskSpecId.make(name),
  mode: persona,
  prompt: Content.of(prompt),
  capability: null,
  packs: null,
  when: null,
  ...rest
})
export const runbook = (...steps: ReadonlyArray<Step>): Runbook => ({ id: RunbookId.make("rb-demo"), steps })

export interface Changes {
  readonly settings?: Settings
  /** What it sees of the journal. */
  readonly journal?: (journal: Journal["Service"]) => Journal["Service"]
}

/** A process with a model that gives these replies in order. */
export const starting = (
  shared: Shared,
  replies: ReadonlyArray<Reply>,
  { settings = settingsWith({}), journal = (same) => same }: Changes = {}
) => {
  const process = shared.process()
  const drafter = ScriptedProvider.make("drafter", replies)
  const judge = ScriptedProvider.make(
    "judge",
    Array.from({ length: 9 }, () => ({ say: PASS }))
  )
  const models = { providers: [drafter.provider, judge.provider], sent: [] }
  const layer = over(Layer.succeed(Journal, journal(process.journal)), models, settings)
  const calls = Effect.map(drafter.asked, ({ length }) => length)
  return { ...process, drafter, judge, calls, layer }
}
const PASS = '{"decision":"pass","issues":[],"high_risk_claims":[],"suggested_fixes":[]}'

/** Asks in a process, which may fail. */
export const ask = (prompt: string, audit = false, watcher: Watcher = unwatched) =>
  Runs.use((runs) => runs.run(Runs.request("executor", prompt, { audit }), watcher))

/** Asks what is never answered, and comes back once its call is out. */
export const asking = (prompt: string) =>
  Effect.gen(function* () {
    const isOut = yield* Deferred.make<void>()
    const accepted = () => Effect.asVoid(Deferred.succeed(isOut, undefined))
    const fiber = yield* Effect.forkChild(ask(prompt, false, { ...unwatched, accepted }))
    yield* Deferred.await(isOut)
    return fiber
  })

export const verified = Effect.map(
  Verifier.use((verifier) => verifier.journal(true)),
  ({ broken }) => broken
)

/** The journal with one row of a stream another one. */
export const tampered =
  (stream: StreamId, seq: number, change: (payload: string) => string) =>
  (journal: Journal["Service"]): Journal["Service"] => ({
    ...journal,
    read: (name, ...range) =>
      Effect.map(journal.read(name, ...range), (rows) =>
        rows.map((row) =>
          name === stream && row.seq === seq ? { ...row, payload: change(row.payload) } : row
        )
      )
  })

/** The journal with the sealed text of one stream in the place of another's. */
export const swapped =
  (from: StreamId, to: StreamId) =>
  (journal: Journal["Service"]): Journal["Service"] => ({
    ...journal,
    sealed: (name, id) => journal.sealed(name === from ? to : name, id)
  })

export const streamOfRun = (run: RunId): StreamId => runStream(run)

/** Three steps, whose model says what it is given. */
export const three = runbook(step("a", "first"), step("b", "second"), step("c", "third"))
export const says = (...texts: ReadonlyArray<string>) => texts.map((say) => ({ say }))

/** Goes on with a runbook, or says why not. */
export const resume = (run: string, rest = {}) =>
  Effect.flatMap(
    Replays.use((all) => all.resume(run, { ...options, ...rest })),
    (made) => (made._tag === "Runbook" ? Effect.succeed(made.result) : Effect.die("it is a runbook"))
  )
export const refusalOf = (run: string) => Effect.map(Effect.flip(resume(run)), ({ code }) => code)

/** The newest runbook of a journal. */
export const newest = Effect.fnUntraced(function* (journal: Journal["Service"]) {
  const [found] = yield* journal.streams({ prefix: "runbook/", openOnly: false, before: null, limit: 1 })
  return found ? found.stream.slice("runbook/".length) : null
})
