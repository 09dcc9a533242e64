/**
 * Owns a process of its own that remembers, invokes, and runs runbooks with the words that it is given on its standard input,
 * in every way that ends well or otherwise. It prints what a program may do with each result: show it, log it, write it as JSON.
 */
import { Cause, Effect, Exit, Layer, Stdio } from "effect"
import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import * as FileRunbooks from "../../src/adapters/runbook/FileRunbooks.ts"
import * as App from "../../src/App.ts"
import { Erasure } from "../../src/core/ledger/Erasure.ts"
import { History } from "../../src/core/ledger/History.ts"
import { Memories, type Writing } from "../../src/core/memory/Memories.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { Runbooks, type Start } from "../../src/core/runbook/Runbooks.ts"
import { Steward } from "../../src/core/session/Steward.ts"
import { Content } from "../../src/domain/Content.ts"
import { CapabilityId, Mode, PackId, Principal, type RunId } from "../../src/domain/Ids.ts"
import { Provenance } from "../../src/domain/memory/MemoryEvent.ts"
import { RunbookReader } from "../../src/ports/RunbookReader.ts"
import type { words as Words } from "./canary.ts"
import { misbehaving, type Way } from "./misbehaving.ts"
import { broken, good } from "./runbookWords.ts"
import { tell } from "./tell.ts"

const words: typeof Words = JSON.parse(readFileSync(0, "utf8"))
const principal = Principal.make("local")
const checks = { constellation: true, health: false }
const by = { principal, surface: "program" } as const
const mode = Mode.make("executor")
const start = (sessionMode: Start["sessionMode"]): Start => ({
  sessionMode,
  personaMode: mode,
  by: { ...by, checks, audit: false }
})

/** Prints everything that can be seen of how something ended. */
const seen = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.tap(Effect.exit(effect), (exit) =>
    Effect.gen(function* () {
      const cause = Exit.isFailure(exit) ? exit.cause : null
      const code = cause && /\b[A-Z]{3,}(?:_[A-Z]+)+\b/u.exec(Cause.pretty(cause))?.[0]
      tell({
        name,
        code: code ?? null,
        json: JSON.stringify(exit),
        shown: inspect(exit, { depth: 40, showHidden: true }),
        text: String(exit),
        pretty: cause && Cause.pretty(cause)
      })
      yield* cause ? Effect.logError(name, cause) : Effect.logInfo(name, exit)
    })
  )

const yes = Effect.succeed(true)
const writing = (key: string, value: string, rest: Partial<Writing> = {}): Writing => ({
  scope: "facts",
  key,
  value: Content.of(value),
  sensitivity: "standard",
  provenance: Provenance.make("human"),
  expected: null,
  ...by,
  ...rest
})

const remember = Effect.gen(function* () {
  const { write, forget, show, list } = yield* Memories
  yield* seen("write", write(writing("fact", words.memory), yes))
  yield* seen("write", write(writing("deep", words.elevated, { sensitivity: "elevated" }), yes))
  yield* seen("write", write(writing("secret", words.restricted, { sensitivity: "restricted" }), yes))
  yield* seen("write", write(writing("gone", words.forgotten), yes))
  yield* seen("forget", forget("facts", "gone", principal, yes))
  yield* seen("show", show("facts", "gone"))
  yield* seen("show", show("facts", "fact"))
  yield* seen("conflict", write(writing("fact", words.memory, { expected: 7 }), yes))
  yield* seen("no", write(writing("fact", words.memory), Effect.succeed(false)))
  yield* seen("large", write(writing("fact", words.memory.repeat(20_000)), yes))
  yield* seen("name", write(writing(`../${words.typed}`, words.memory), yes))
  yield* seen("list", list(null, 50, null))
})

const ways: ReadonlyArray<Way> = [
  "throws",
  "throwsText",
  "rejects",
  "floats",
  "getter",
  "refuses",
  "refusesWith",
  "prints",
  "otherType"
]

const invoke = Effect.gen(function* () {
  const runs = yield* Runs
  const said = JSON.stringify({ text: words.payload })
  const payloads = [
    ["cap.echo_json", JSON.stringify({ [words.payload]: words.payload })],
    ["cap.echo_json", words.payload],
    ["cap.json_pretty", said],
    ...ways.map((way) => [`test.${way.toLowerCase()}`, said] as const),
    ["test.throws", JSON.stringify({ [words.payload]: 1 })],
    ["test.throws", JSON.stringify({ text: words.payload.repeat(20) })],
    [words.typed, said]
  ] as const
  for (const [id, payload] of payloads) {
    const capability = { id: CapabilityId.make(id), payload: Content.of(payload) }
    yield* seen(`invoke ${id === words.typed ? "another" : id}`, runs.invoke(capability, by))
  }
  for (const id of ["cap.echo_json", "test.refuses", "test.throws"]) {
    const payload = Content.of(id === "cap.echo_json" ? JSON.stringify({ [words.payload]: 1 }) : said)
    const capability = { id: CapabilityId.make(id), payload }
    const request = Runs.request("executor", words.prompt, { capability, file: Content.of(words.file) })
    yield* seen(`run ${id}`, runs.run({ ...request, packs: [PackId.make("pack.words")] }))
  }
})

const decide = Effect.fnUntraced(function* (action: "redirect" | "edit" | "reject" | "close") {
  const steward = yield* Steward
  const [held] = yield* steward.pending
  if (!held) return yield* Effect.die(new Error("nothing is held"))
  yield* seen("view", steward.show(held.run, principal))
  const [{ run: turn, digest, sequence }] = (yield* steward.pending) as [typeof held]
  const wish = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
  const request = { ...Runs.request("executor", words.redirected), ...by, checks }
  const text = Content.of(words.edited)
  yield* seen(
    action,
    steward.decide(
      action === "redirect"
        ? { ...wish, action, request }
        : action === "edit"
          ? { ...wish, action, text }
          : { ...wish, action }
    )
  )
})

const undertake = Effect.gen(function* () {
  const reader = yield* RunbookReader
  const runbooks = yield* Runbooks
  const replays = yield* Replays
  for (const [name, text] of Object.entries(broken(words)))
    yield* seen(`decode ${name}`, reader.decode(Buffer.from(text)))
  const { runbook } = yield* reader.decode(Buffer.from(good(words)))
  const options = { by: start("work").by, acceptConfig: false }
  yield* seen("bounds", runbooks.bounds(runbook, start("steward")))
  const [first, ...rest] = runbook.steps
  if (!first) return yield* Effect.die(new Error("there is a step"))
  const other = { ...runbook, steps: [{ ...first, mode: Mode.make(words.typed) }] }
  yield* seen("another mode", runbooks.run(other, start("work")))

  const { execution } = yield* runbooks.run(runbook, start("steward"))
  const resume = seen("resume", replays.resume(execution.run, options))
  for (const action of ["redirect", "edit"] as const) yield* decide(action)
  yield* resume
  yield* decide("reject")
  yield* resume
  yield* seen("replay", replays.replay(execution.run, options))
  yield* decide("close")
  yield* seen("replay", replays.replay(execution.run, options))

  // In work mode nothing is held: the last step's capability fails, and the runbook ends there.
  const failing = yield* runbooks.run({ ...runbook, steps: [first, ...rest] }, start("work"))
  yield* seen("failed", Effect.succeed(failing))
  yield* seen("resume", replays.resume(failing.execution.run, options))
  return failing.steps.map(({ run }) => run)
})

const program = Effect.gen(function* () {
  yield* remember
  yield* invoke
  const [released] = yield* undertake
  const run: RunId = released ?? (yield* Effect.die(new Error("a step was released")))
  yield* seen("text", (yield* History).text(run))
  yield* seen("erase", (yield* Erasure).erase(run, principal))
  yield* seen("text", (yield* History).text(run))
  tell({ done: true })
})

const options = App.here({}, "in-thread")
const runtime = App.runtime(options, { added: ways.map((way) => misbehaving(way)) })
const reading = FileRunbooks.layer.pipe(Layer.provide(Stdio.layerTest({})))
await Effect.runPromise(
  program.pipe(Effect.provide(Layer.mergeAll(reading, Layer.provideMerge(Erasure.layer, runtime))))
)
