/** Remembers, invokes and runs runbooks twice with other words of the same lengths: their records do not tell which were which. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option } from "effect"
import { Memories } from "../src/core/memory/Memories.ts"
import { Replays } from "../src/core/replay/Replays.ts"
import { Runs } from "../src/core/run/Runs.ts"
import { Runbooks, type Start } from "../src/core/runbook/Runbooks.ts"
import { Steward } from "../src/core/session/Steward.ts"
import { CapabilityErrorCode } from "../src/domain/capability/Capability.ts"
import { Content } from "../src/domain/Content.ts"
import { decode } from "../src/domain/ledger/Ledger.ts"
import { failure } from "../src/domain/Failure.ts"
import { CapabilityId, MemoryKey, MemoryScope, Mode, PackId, Principal } from "../src/domain/Ids.ts"
import { Provenance, type Sensitivity } from "../src/domain/memory/MemoryEvent.ts"
import type { Step } from "../src/domain/runbook/Runbook.ts"
import { Capabilities } from "../src/ports/Capability.ts"
import { Journal } from "../src/ports/Journal.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../src/testing.ts"
import { pairs, same } from "./support/equalWords.ts"
import { masked } from "./support/masked.ts"

const places = ["memory", "payload", "step", "redirected", "edited", "draft"] as const
type Words = Readonly<Record<(typeof places)[number], string>>

const principal = Principal.make("local")
const mode = Mode.make("executor")
const pack = PackId.make("pack.facts")
const scope = MemoryScope.make("facts")
const keys = ["first", "second"].map((key) => MemoryKey.make(key))
const by = {
  principal,
  surface: "program",
  checks: { constellation: true, health: false },
  audit: false
} as const
const start = (sessionMode: Start["sessionMode"]): Start => ({ sessionMode, personaMode: mode, by })

/** What each does with the text that it is given; none takes any time. */
const ways = ["test.gives", "test.says_no", "test.throws"] as const
const id = (way: (typeof ways)[number]) => CapabilityId.make(way)
const bounds = {
  maxCalls: 1,
  timeoutMillis: 1,
  maxInputChars: 1000,
  maxOutputChars: 1000,
  sideEffectsAllowed: false
} as const
const all = ways.map((way) => ({
  facts: { id: id(way), version: "1.0" as never, category: "computation" as const, bounds },
  description: "",
  input: {},
  output: {}
}))
const capabilities = Layer.succeed(Capabilities, {
  list: all,
  get: (wanted) => all.find(({ facts }) => facts.id === wanted),
  invoke: (wanted, payload) => {
    if (wanted === id("test.throws")) return Effect.fail(failure("CAPABILITY_EXCEPTION", "capability"))
    const output = Content.concat([Content.of("made of "), payload ?? Content.empty])
    const errorCode = wanted === id("test.gives") ? null : CapabilityErrorCode.make("NO")
    const chars = { inputChars: payload?.length ?? 0, outputChars: output.length }
    return Effect.succeed({ ok: errorCode === null, errorCode, output, durationMillis: 0, ...chars })
  }
})
const given = (way: (typeof ways)[number], { payload }: Words) => ({
  id: id(way),
  payload: Content.of(payload)
})

const write = (key: MemoryKey, text: string, sensitivity: Sensitivity) =>
  Memories.use((memories) =>
    memories.write(
      {
        scope,
        key,
        value: Content.of(text),
        sensitivity,
        provenance: Provenance.make("human"),
        expected: null,
        principal,
        surface: "program"
      },
      Effect.succeed(true)
    )
  )

const remembering = Runs.use((runs) => runs.run(Runs.request("executor", "question", { packs: [pack] })))

const stepOf = (prompt: string, rest: Partial<Step> = {}): Step => ({
  id: null,
  mode,
  prompt: Content.of(prompt),
  capability: null,
  packs: [],
  when: null,
  ...rest
})

const steps = (words: Words, way: (typeof ways)[number]): ReadonlyArray<Step> => [
  stepOf(words.step, { packs: [pack] }),
  stepOf(words.step, { capability: given(way, words) }),
  stepOf(words.step, { when: { key: "session_mode", op: "eq", value: Mode.make("steward") } })
]

const decided = (words: Words, action: "approve" | "redirect" | "edit" | "reject" | "close") =>
  Effect.gen(function* () {
    const steward = yield* Steward
    const held = (yield* steward.pending)[0] ?? assert.fail("nothing is held")
    const { run: turn, digest, sequence } = held
    const wish = { turn, digest, sequence, principal, by: "person", reason: "other" } as const
    const request = Runs.request("executor", words.redirected)
    if (action === "redirect") return yield* steward.decide({ ...wish, action, request })
    if (action === "edit") return yield* steward.decide({ ...wish, action, text: Content.of(words.edited) })
    return yield* steward.decide({ ...wish, action })
  })

const held = (words: Words, ...actions: ReadonlyArray<Parameters<typeof decided>[1]>) =>
  Effect.gen(function* () {
    const runbooks = yield* Runbooks
    const { execution } = yield* runbooks.run(
      { id: null, steps: steps(words, "test.gives") },
      start("steward")
    )
    for (const action of actions) yield* decided(words, action)
    return yield* (yield* Replays).resume(execution.run, { by, acceptConfig: false })
  })

type Needs = Memories | Replays | Runbooks | Runs | Steward

interface Path {
  readonly name: string
  /** The last event of the record. */
  readonly ending: string
  readonly does: (words: Words) => Effect.Effect<unknown, unknown, Needs>
}

const paths: ReadonlyArray<Path> = [
  {
    name: "values that are written, read and forgotten",
    ending: "MemoryForgotten",
    does: (words) =>
      Effect.gen(function* () {
        yield* write(scopeKey(0), words.memory, "standard")
        yield* write(scopeKey(1), words.memory, "elevated")
        yield* remembering
        yield* write(scopeKey(0), words.edited, "standard")
        yield* remembering
        const { forget } = yield* Memories
        yield* forget(scope, scopeKey(0), principal, Effect.succeed(true))
      })
  },
  {
    name: "a value that may not be read",
    ending: "Released",
    does: (words) => Effect.andThen(write(scopeKey(0), words.memory, "restricted"), remembering)
  },
  {
    name: "a value that does not fit",
    ending: "Released",
    does: (words) =>
      Effect.gen(function* () {
        yield* write(scopeKey(0), words.memory.repeat(40), "standard")
        yield* write(scopeKey(1), words.memory.repeat(40), "standard")
        yield* remembering
      })
  },
  ...ways.map((way): Path => ({
    name: `a run that invokes ${way}`,
    ending: way === "test.throws" ? "RunFailed" : "Released",
    does: (words) =>
      Runs.use((runs) => runs.run(Runs.request("executor", "question", { capability: given(way, words) })))
  })),
  ...ways.map((way): Path => ({
    name: `${way} by itself`,
    ending: way === "test.throws" ? "RunFailed" : "Released",
    does: (words) => Runs.use((runs) => runs.invoke(given(way, words), by))
  })),
  {
    name: "a runbook",
    ending: "RunbookCompleted",
    does: (words) =>
      Runbooks.use((runbooks) => runbooks.run({ id: null, steps: steps(words, "test.gives") }, start("work")))
  },
  {
    name: "a runbook that fails and is gone on with",
    ending: "RunbookTerminated",
    does: (words) =>
      Effect.gen(function* () {
        const runbooks = yield* Runbooks
        const { execution } = yield* runbooks.run(
          { id: null, steps: steps(words, "test.throws") },
          start("work")
        )
        return yield* (yield* Replays).resume(execution.run, { by, acceptConfig: false })
      })
  },
  {
    name: "a runbook whose steps are redirected, edited and approved",
    ending: "StepHeld",
    does: (words) => held(words, "redirect", "edit")
  },
  {
    name: "a runbook whose step is rejected",
    ending: "StepHeld",
    does: (words) => held(words, "reject")
  },
  { name: "a runbook that is closed", ending: "RunbookTerminated", does: (words) => held(words, "close") }
]

function scopeKey(index: number): MemoryKey {
  return keys[index] ?? assert.fail("there is a key")
}

/** What is left when the words are gone: the rows, and what the caller was told where it failed. */
const trace = ({ does }: Path, words: Words) => {
  const replies = Array.from({ length: 12 }, (): Reply => ({ say: words.draft }))
  const base = TestRuntime.settings
  const layer = TestRuntime.layer({
    providers: [ScriptedProvider.make("drafter", replies).provider],
    capabilities,
    settings: {
      ...base,
      memoryPacks: { packs: [{ id: pack, scope, keys }] },
      runtime: { ...base.runtime, steward_thresholds: { always: true }, memory_budget_chars: 100 }
    }
  })
  return Effect.gen(function* () {
    const exit = yield* Effect.exit(does(words))
    const rows = yield* (yield* Journal).scan(0, 1_000)
    const told = Exit.isFailure(exit) ? Option.getOrNull(Cause.findErrorOption(exit.cause)) : null
    return {
      digests: rows.flatMap(({ payload }) => payload.match(/[0-9a-f]{64}/gu) ?? []),
      // What is configured is the same whoever asks: its digests are of the record's keys.
      ending: Option.getOrNull(decode(rows.at(-1)?.payload ?? ""))?._tag,
      rows: rows.map(({ stream, seq, position, at, payload }) =>
        masked([stream, seq, position, at, payload])
      ),
      told: masked(told)
    }
  }).pipe(Effect.provide(Layer.fresh(layer)))
}

describe("two of these with other words of the same lengths", () => {
  for (const path of paths) {
    it.effect.prop(
      `leave the same: ${path.name}`,
      [pairs(places)],
      ([[one, other]]) =>
        Effect.gen(function* () {
          const { digests: _one, ...left } = yield* trace(path, one)
          const { digests: _other, ...right } = yield* trace(path, other)
          assert.strictEqual(left.ending, path.ending, left.told)
          assert.deepStrictEqual(left, right)
        }),
      { arbitrary: { runs: 6 } }
    )
  }

  it.effect("have no digest in common, though their words be the same, and tell of other lengths", () =>
    Effect.forEach(paths, (path) =>
      Effect.gen(function* () {
        const words = same(places)
        const { digests: one, ...left } = yield* trace(path, words)
        const { digests: other } = yield* trace(path, words)
        assert.isAbove(one.length, 1, path.name)
        assert.deepStrictEqual(
          one.filter((digest) => other.includes(digest)),
          [],
          path.name
        )
        const longer = Object.fromEntries(
          Object.entries(words).map(([place, text]) => [place, `${text}!`])
        ) as unknown as Words
        const { digests: _longer, ...right } = yield* trace(path, longer)
        assert.notDeepEqual<unknown>(left, right, path.name)
      })
    )
  )
})
