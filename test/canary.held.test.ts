/** Looks for a held draft wherever the real program says or writes something, before its decision and after each that discards it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { found, foundUnder, type Place, words } from "./support/canary.ts"
import { configure, type Ended, io3, type Options, slowly, start, until } from "./support/io3.ts"
import { begins, configuration, says, scene } from "./support/model.ts"
import { timed } from "./support/masked.ts"

const WAITS = "steward_thresholds: { always: true }\n"

/** A home in which every answer waits, and that has nothing of it beside its journal. */
const gated = Effect.fnUntraced(function* (draft: () => string, runtime = WAITS) {
  const { where, server } = yield* scene((socket) => socket.write(says(draft())))
  yield* configure(where.userConfig, { ...configuration(server), "runtime.yaml": runtime })
  const temporary = join(where.root, "tmp")
  mkdirSync(temporary)
  const environment = { IO3_DEBUG: "1", TMPDIR: temporary }
  const run = (args: ReadonlyArray<string>, options: Options = {}) =>
    io3(where, args, { environment, ...options })
  return { where, server, environment, run }
})

const begin = ["session", "start", "--mode", "steward"]

/** Ways to look at everything that there is, but at the draft itself: once, and of each turn. */
const lists: ReadonlyArray<ReadonlyArray<string>> = [
  ["session", "list", "-o", "json"],
  ["steward", "list"],
  ["steward", "list", "-o", "json"],
  ["runs", "list", "-o", "json"],
  ["ledger", "verify", "--texts", "-o", "json"],
  ["ledger", "export"]
]
const lookings = ({ session, run }: Pick<Ids, "session" | "run">): ReadonlyArray<ReadonlyArray<string>> => [
  ["session", "show", session, "--text"],
  ["session", "show", session, "-o", "json"],
  ["runs", "show", run, "-o", "json"],
  ["ledger", "show", run, "-o", "json"]
]

interface Ids {
  readonly run: string
  readonly session: string
  readonly digest: string
}

const idsOf = ({ stdout }: Pick<Ended, "stdout">): Ids => {
  const of = (name: string) =>
    new RegExp(`"${name}": ?"([^"]+)"`, "u").exec(stdout)?.[1] ?? assert.fail(stdout)
  return { run: of("run_id"), session: of("session_id"), digest: of("digest") }
}

describe("a held draft", { timeout: 240_000 }, () => {
  for (const output of ["text", "json", "ndjson"]) {
    it.live(`is nowhere while it waits, with output as ${output}`, () =>
      Effect.gen(function* () {
        const { where, run } = yield* gated(() => words.draft)
        const ended = yield* run([...begin, "-f", "-", "-o", output], { stdin: words.prompt })
        assert.strictEqual(ended.code, 3, ended.stderr)
        assert.deepStrictEqual(found(ended.stdout + ended.stderr), [])
        assert.deepStrictEqual(foundUnder(where.root), [])
      })
    )
  }

  /** What is done with it, with what text, what then may be seen of the conversation, and the exit code. */
  const discards: ReadonlyArray<
    readonly [action: string, stdin: string, shows: ReadonlyArray<Place>, code: number]
  > = [
    ["reject", "", [], 0],
    ["close", "", [], 0],
    ["redirect", words.typed, ["typed"], 3],
    ["edit", words.answer, ["answer"], 0]
  ]

  it.live("is nowhere before it is discarded, and nowhere after, but where a steward has looked at it", () =>
    Effect.gen(function* () {
      let draft: string = words.draft
      const { where, server, run } = yield* gated(() => draft)
      const held = yield* Effect.forEach(discards, () =>
        Effect.map(run([...begin, "-f", "-", "-o", "json"], { stdin: words.prompt }), idsOf)
      )
      const looks = (args: ReadonlyArray<string>, shows: ReadonlyArray<Place>) =>
        Effect.map(run(args), ({ code, stdout, stderr }) => {
          assert.strictEqual(code, 0, `${args.join(" ")}: ${stderr}`)
          const allowed: ReadonlyArray<Place> = args.includes("--text") ? ["prompt", ...shows] : []
          assert.deepStrictEqual(found(stdout + stderr, allowed), [], args.join(" "))
        })
      const sweep = Effect.fnUntraced(function* (isDecided: boolean) {
        // Before they are decided, one is as another.
        const each = held
          .slice(0, isDecided ? held.length : 1)
          .flatMap((ids, index) =>
            lookings(ids).map((args) => [args, isDecided ? (discards[index]?.[2] ?? []) : []] as const)
          )
        const all = [...lists.map((args) => [args, []] as const), ...each]
        yield* Effect.forEach(all, ([args, shows]) => looks(args, shows), { concurrency: 2 })
        assert.deepStrictEqual(foundUnder(where.root), [])
      })
      for (const { run: id } of held) {
        const shown = yield* run(["steward", "show", id])
        assert.strictEqual(shown.stdout, `${words.draft}\n`)
        assert.deepStrictEqual(found(shown.stderr), [])
      }
      yield* sweep(false)

      // What is answered from here on is another matter.
      draft = "nothing in particular"
      for (const [index, [action, stdin, shows, code]] of discards.entries()) {
        const { run: id, digest } = held[index] ?? assert.fail()
        const text = stdin === "" ? [] : ["-f", "-"]
        const decided = yield* run(["steward", action, id, "--digest", digest, ...text], { stdin })
        assert.strictEqual(decided.code, code, decided.stderr)
        assert.deepStrictEqual(found(decided.stdout, action === "edit" ? shows : []), [])
        assert.deepStrictEqual(found(decided.stderr), [])
      }
      yield* sweep(true)
      for (const { session } of [held[0], held[3]].flatMap((ids) => ids ?? [])) {
        yield* run(["session", "continue", session, "-f", "-"], { stdin: "another question" })
      }
      assert.notInclude(JSON.stringify(server.calls), words.draft, "no model is told of it")
      assert.strictEqual(server.calls.length, discards.length + 3)
    })
  )

  it.live("is nowhere when nobody has decided in time", () =>
    Effect.gen(function* () {
      const { where, run } = yield* gated(() => words.draft, `${WAITS}steward_expiry_seconds: 1\n`)
      const { run: id, session } = idsOf(
        yield* run([...begin, "-f", "-", "-o", "json"], { stdin: words.prompt })
      )
      const isOver = Effect.map(run(["session", "status", session, "-o", "json"]), ({ stdout }) =>
        stdout.includes('"active"')
      )
      yield* Effect.repeat(Effect.andThen(run(["steward", "list"]), isOver), { until: (is) => is })
      const late = yield* run(["steward", "show", id])
      assert.strictEqual(late.code, 1)
      assert.deepStrictEqual(found(late.stdout + late.stderr), [])
      assert.deepStrictEqual(foundUnder(where.root), [])
    })
  )

  it.live.skipIf(!existsSync("/proc/self/task"))(
    "is in nothing that other processes may see while it is made, nor in what a killed one leaves",
    () =>
      Effect.gen(function* () {
        const { where, server } = yield* scene((socket) => socket.write(begins(words.draft)))
        yield* configure(where.userConfig, { ...configuration(server), "runtime.yaml": WAITS })
        const asking = yield* start(where, [...begin, "-f", "-"], {
          stdin: words.prompt,
          environment: { IO3_DEBUG: "1" }
        })
        yield* until(() => server.calls.length === 1)
        const of = (name: string) => readFileSync(`/proc/${asking.process.pid}/${name}`)
        assert.deepStrictEqual(found(Buffer.concat([of("cmdline"), of("environ"), of("comm")])), [])
        assert.deepStrictEqual(
          readdirSync(`/proc/${asking.process.pid}/task`)
            .map((task) => of(`task/${task}/children`).toString())
            .join(""),
          ""
        )
        asking.process.kill("SIGKILL")
        const { stdout, stderr } = yield* asking.ended
        assert.deepStrictEqual(found(stdout + stderr), [])
        assert.deepStrictEqual(foundUnder(where.root), [])
      })
  )
})

/** Everything that anybody gets to see of one held turn and its end, the steward's look at it excepted. */
const seen = Effect.fnUntraced(function* (draft: string, action: string) {
  const { where, server, run } = yield* gated(() => draft)
  const said: Array<readonly [what: string, text: string]> = []
  const ids: Array<string> = []
  const ask = Effect.fnUntraced(function* (args: ReadonlyArray<string>, stdin = "") {
    const ended = yield* run(args, { stdin })
    const { code, stdout, stderr } = ended
    const what = ids.reduce((text, id) => text.replaceAll(id, "<id>"), args.join(" "))
    said.push([what, timed(`${code}\n${stdout}\n${stderr}`.replaceAll(server.baseUrl, "<host>"))])
    return ended
  })
  const { run: id, session, digest } = idsOf(yield* ask([...begin, "-f", "-", "-o", "json"], "a question"))
  ids.push(id, session, digest)
  const all = [...lists, ...lookings({ session, run: id })]
  for (const args of all) yield* ask(args)
  yield* run(["steward", "show", id])
  yield* ask(["steward", action, id, "--digest", digest])
  for (const args of all) yield* ask(args)
  said.push(["metadata.jsonl", timed(readFileSync(join(where.data, "logs/metadata.jsonl"), "utf8"))])
  return said
})

describe("two held drafts of one length", slowly, () => {
  it.live("cannot be told apart by anything that is said or left, before and after they are rejected", () =>
    Effect.gen(function* () {
      const [one, other] = yield* Effect.all(
        [seen("one é draft, or not", "reject"), seen("two ß tries. OK now", "reject")],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(one, other)
      assert.strictEqual(one[0]?.[1].slice(0, 2), "3\n")
      assert.strictEqual(one.length, 2 * (lists.length + 4) + 3)
    })
  )
})
