/** Looks at what a model receives: memory that a run may read is in its request, whole and in order, and nothing else of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { FileName } from "../../src/domain/config/Settings.ts"
import { Rehearsed } from "../../src/core/run/Rehearsal.ts"
import { ChatLine } from "../../src/cli/chat/ChatResults.ts"
import { RunLine, RunOutput } from "../../src/api/results/RunResults.ts"
import { PastOutput, SessionOutput } from "../../src/api/results/SessionResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { configure, type Home, io3, parse, slowly } from "../support/io3.ts"
import { announceSkip, locate, overhearing, start } from "../support/ollamaLite.ts"
import { type Model, named, says, scene } from "../support/model.ts"

const lite = locate()
if (lite === null) announceSkip("memory in the request of a real model")

const PACKS = `\
packs:
  - { id: pack.facts, scope: project, keys: [colour, tone, long, secret] }
  - { id: pack.other, scope: project, keys: [other] }
`
/** What the policy and the packs are in these scenes, but for what one of them says. */
const files = (more: Partial<Record<FileName, string>> = {}): Partial<Record<FileName, string>> => ({
  "memory_packs.yaml": PACKS,
  ...more
})
const policy = (routes: string, elevated: string, restricted: string): Partial<Record<FileName, string>> => ({
  "memory_retrieval_policy.yaml": `\
route_allowlist: [${routes}]
sensitivity_allowlist: { elevated: [${elevated}], restricted: [${restricted}] }
`
})

const remember = (where: Home, key: string, value: string, ...more: ReadonlyArray<string>) =>
  Effect.map(
    io3(where, ["memory", "write", "project", key, "--yes", ...more], { stdin: value }),
    ({ code, stderr }) => assert.strictEqual(code, 0, stderr)
  )

const remembering = Effect.gen(function* () {
  const made = yield* scene((socket) => socket.write(says("An answer")))
  yield* configure(made.where.projectConfig, files())
  yield* remember(made.where, "tone", "The tone is dry.")
  yield* remember(made.where, "colour", "The colour is teal.\nAnd not [project/tone] blue.")
  yield* remember(made.where, "secret", "The secret is swordfish.", "--sensitivity", "restricted")
  return made
})

/** The part of the last request that is memory; null where it has none. */
const memoryIn = ({ calls }: Model): string | null => {
  const system = calls.at(-1)?.messages.find(({ role }) => role === "system")?.content ?? ""
  return /=== Memory ===\n([^]*?)(?:\n=== |$)/u.exec(system)?.[1] ?? null
}
const everything = ({ calls }: Model) => JSON.stringify(calls.at(-1))

const ask = (where: Home, ...more: ReadonlyArray<string>) =>
  io3(where, ["run", "executor", "-p", "question", ...more])
const json = (where: Home, ...more: ReadonlyArray<string>) =>
  Effect.map(ask(where, "-o", "json", ...more), ({ stdout }) => parse(RunOutput, stdout))

describe("memory on the wire", slowly, () => {
  it.live("is what a pack names, in its order and whole; what is denied or not there is counted", () =>
    Effect.gen(function* () {
      const { where, server } = yield* remembering
      yield* ask(where)
      assert.isNull(memoryIn(server))
      const { code, stdout, stderr } = yield* ask(where, "--pack", "pack.facts")
      assert.deepStrictEqual([code, stdout], [0, "An answer\n"])
      assert.include(stderr, " · 2 memory records read, 1 denied · ")
      const memory = memoryIn(server) ?? ""
      assert.match(
        memory,
        /^\[project\/colour\]\nThe colour is teal\.\nAnd not \[project\/tone\] blue\.\n\s*\[project\/tone\]\nThe tone is dry\.\s*$/u
      )
      assert.notInclude(everything(server), "swordfish")

      const lines = (yield* ask(where, "--pack", "pack.other", "--pack", "pack.facts", "-o", "ndjson")).stdout
        .trimEnd()
        .split("\n")
        .map((line) => parse(RunLine, line))
      const context = {
        pack_ids: ["pack.other", "pack.facts"],
        keys_declared: 5,
        keys_loaded: ["colour", "tone"].map((key) => ({ scope: "project", key, version: 1 })),
        keys_missing: 2,
        keys_denied: 1,
        keys_dropped: 0
      }
      const [accepted, finished] = [lines.at(0), lines.at(-1)]
      if (accepted?.type !== "accepted" || finished?.type !== "finished") return assert.fail("no such lines")
      assert.deepEqual([accepted.memory_context, finished.memory_context], [context, context])
      assert.isNull((yield* json(where, "--no-packs")).memory_context)

      const rehearsed = yield* ask(where, "--pack", "pack.facts", "--dry-run")
      assert.match(
        rehearsed.stdout,
        /^memory {3}project\/colour {2}version 1 · standard · 48 characters · read\n +project\/tone [^\n]+ read\n +project\/long {2}not there\n +project\/secret [^\n]+restricted · 24 characters · denied by the policy$/mu
      )
      const plan = parse(
        Rehearsed,
        (yield* ask(where, "--pack", "pack.facts", "--dry-run", "-o", "json")).stdout
      )
      assert.deepStrictEqual(
        plan.memory?.map(({ outcome }) => outcome),
        ["released", "released", "missing", "denied"]
      )
      for (const said of [rehearsed.stdout, rehearsed.stderr]) assert.notInclude(said, "teal")
    })
  )

  it.live("is cut between records where the budget ends, and that is said", () =>
    Effect.gen(function* () {
      const { where, server } = yield* remembering
      yield* remember(where, "long", "long ".repeat(30))
      yield* configure(where.projectConfig, { "runtime.yaml": "memory_budget_chars: 64\n" })
      const { stderr } = yield* ask(where, "--pack", "pack.facts")
      // 48 and 16 characters fit exactly.
      assert.include(stderr, " · 2 memory records read, 1 denied, 1 left out · ")
      assert.include(memoryIn(server) ?? "", "The tone is dry.")
      assert.notInclude(everything(server), "long long")
      yield* configure(where.projectConfig, { "runtime.yaml": "memory_budget_chars: 63\n" })
      const { memory_context: less } = yield* json(where, "--pack", "pack.facts")
      assert.deepStrictEqual(
        [less?.keys_loaded.map(({ key }) => key), less?.keys_dropped, less?.keys_denied],
        [["colour"], 2, 1]
      )
      assert.notInclude(everything(server), "The tone is dry.")
    })
  )

  it.live("stays away where the policy denies it: by route, by sensitivity; and once forgotten", () =>
    Effect.gen(function* () {
      const { where, server } = yield* remembering
      const loaded = (more: Partial<Record<FileName, string>>) =>
        Effect.gen(function* () {
          yield* configure(where.projectConfig, more)
          const { memory_context } = yield* json(where, "--pack", "pack.facts")
          const sent = everything(server)
          const found = ["teal", "dry", "swordfish"].filter((word) => sent.includes(word))
          return [memory_context?.keys_loaded.map(({ key }) => key), memory_context?.keys_denied, found]
        })
      assert.deepStrictEqual(yield* loaded(policy("explorer", "executor", "executor")), [[], 3, []])
      assert.deepStrictEqual(yield* loaded(policy("executor", "", "")), [
        ["colour", "tone"],
        1,
        ["teal", "dry"]
      ])
      assert.deepStrictEqual(yield* loaded(policy("executor", "", "executor")), [
        ["colour", "tone", "secret"],
        0,
        ["teal", "dry", "swordfish"]
      ])
      yield* remember(where, "tone", "The tone is dry.", "--sensitivity", "elevated")
      assert.deepStrictEqual(yield* loaded(policy("executor", "explorer", "")), [["colour"], 2, ["teal"]])
      assert.deepStrictEqual(yield* loaded(policy("executor", "executor", "")), [
        ["colour", "tone"],
        1,
        ["teal", "dry"]
      ])

      yield* io3(where, ["memory", "forget", "project", "colour", "--yes"])
      const { memory_context } = yield* json(where, "--pack", "pack.facts")
      assert.deepStrictEqual(
        [memory_context?.keys_missing, memory_context?.keys_loaded.map(({ key }) => key)],
        [2, ["tone"]]
      )
      assert.notInclude(everything(server), "teal")
      yield* remember(where, "colour", "The colour is red.")
      yield* ask(where, "--pack", "pack.facts")
      assert.include(memoryIn(server) ?? "", "The colour is red.")
    })
  )

  it.live("follows a session: its own packs, those of a turn, those of the configuration, or none", () =>
    Effect.gen(function* () {
      const { where, server } = yield* remembering
      const turn = (...args: ReadonlyArray<string>) =>
        Effect.map(io3(where, ["session", ...args, "-o", "json"], { stdin: "question" }), ({ stdout }) =>
          parse(TurnOutput, stdout)
        )
      const begun = yield* turn("start", "--pack", "pack.facts", "-p", "one")
      const session = begun.session_id ?? ""
      assert.deepStrictEqual([begun.memory_keys_loaded, begun.memory_context?.keys_denied], [2, 1])
      assert.strictEqual((yield* turn("continue", session)).memory_keys_loaded, 2)
      assert.include(memoryIn(server) ?? "", "teal")
      const other = yield* turn("continue", session, "--pack", "pack.other")
      assert.deepStrictEqual(
        [other.memory_keys_loaded, other.memory_context?.pack_ids.join()],
        [0, "pack.other"]
      )
      const none = yield* turn("continue", session, "--no-packs")
      assert.deepStrictEqual(
        [none.memory_keys_loaded, none.memory_context, memoryIn(server)],
        [0, null, null]
      )
      const past = parse(PastOutput, (yield* io3(where, ["session", "show", session, "-o", "json"])).stdout)
      assert.deepStrictEqual(
        past.turns.map(({ memory_keys_loaded }) => memory_keys_loaded),
        [2, 2, 0, 0]
      )

      yield* configure(where.projectConfig, {
        "memory_packs.yaml": `${PACKS}defaults: { modes: { executor: [pack.other] }, sessions: [pack.facts] }\n`
      })
      assert.strictEqual((yield* turn("start", "-p", "one")).memory_context?.pack_ids.join(), "pack.facts")
      assert.strictEqual((yield* json(where)).memory_context?.pack_ids.join(), "pack.other")
      // Whoever wants none in a session gets none of its mode either.
      const bare = yield* io3(where, ["session", "start", "--no-packs", "-o", "json"])
      const { session_id } = parse(SessionOutput, bare.stdout)
      assert.isNull((yield* turn("continue", session_id)).memory_context)
      const both = yield* ask(where, "--no-packs", "--pack", "pack.facts")
      assert.deepStrictEqual([both.code, both.stderr], [2, "--pack and --no-packs do not go together\n"])
      const unknown = yield* ask(where, "--pack", "pack.none")
      assert.deepStrictEqual([unknown.code, unknown.stderr.split(":")[0]], [2, "MEMORY_PACK_UNKNOWN"])
    })
  )

  it.live("follows a chat, and a steward who asks something else", () =>
    Effect.gen(function* () {
      const { where, server } = yield* remembering
      const typed =
        "one\n/pack pack.other\ntwo\n/pack pack.facts pack.other\n/pack nope\nthree\n/pack none\nfour\n"
      const chat = yield* io3(where, ["chat", "--pack", "pack.facts", "-o", "ndjson"], { stdin: typed })
      const turns = chat.stdout
        .trimEnd()
        .split("\n")
        .map((line) => parse(ChatLine, line))
        .flatMap((line) => (line.type === "turn" ? [line] : []))
      assert.deepStrictEqual(
        turns.map(({ memory_keys_loaded, memory_context }) => [
          memory_keys_loaded,
          memory_context?.pack_ids.join() ?? null
        ]),
        [
          [2, "pack.facts"],
          [0, "pack.other"],
          [2, "pack.facts,pack.other"],
          [0, null]
        ]
      )
      assert.include(chat.stderr, "No such pack is declared")
      assert.strictEqual(chat.code, 2)

      yield* configure(where.projectConfig, { "runtime.yaml": "steward_thresholds: { always: true }\n" })
      const held = yield* io3(where, ["session", "start", "--mode", "steward", "-p", "one", "-o", "json"])
      const { run_id, pause } = parse(TurnOutput, held.stdout)
      assert.isNull(memoryIn(server))
      const decision = ["steward", "redirect", run_id, "--digest", pause?.digest ?? "", "-p", "two"]
      assert.strictEqual((yield* io3(where, [...decision, "--pack", "pack.facts"])).code, 3)
      assert.include(memoryIn(server) ?? "", "teal")
    })
  )
})

describe.skipIf(lite === null)("memory with a real model", { timeout: 180_000 }, () => {
  it.live("is in its request, and is not once it is forgotten", () =>
    Effect.gen(function* () {
      if (lite === null) return assert.fail("no model")
      const { url, bodies } = yield* overhearing(yield* start(lite))
      const { where, server } = yield* remembering
      yield* configure(where.userConfig, {
        ...named(server, "smollm2:135m"),
        "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${url}\n    num_ctx: 2048\n`,
        "runtime.yaml": "max_output_tokens: 8\n"
      })
      const patient = { patienceMillis: 120_000 }
      const args = ["run", "executor", "-p", "Which colour?", "--pack", "pack.facts"]
      const first = yield* io3(where, args, patient)
      assert.strictEqual(first.code, 0, first.stderr)
      const sent = bodies.at(-1) ?? ""
      assert.include(sent, "The colour is teal.")
      assert.notInclude(sent, "swordfish")
      yield* io3(where, ["memory", "forget", "project", "colour", "--yes"])
      assert.strictEqual((yield* io3(where, args, patient)).code, 0)
      assert.notInclude(bodies.at(-1) ?? "", "teal")
    })
  )
})
