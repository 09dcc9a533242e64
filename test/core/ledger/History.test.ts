import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Stream } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Erasure } from "../../../src/core/ledger/Erasure.ts"
import { History, type Query } from "../../../src/core/ledger/History.ts"
import type { Page } from "../../../src/domain/ledger/Records.ts"
import { again } from "../../../src/core/run/Release.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { Content } from "../../../src/domain/Content.ts"
import { ContentId, Digest, madeAt, Mode, Principal, RunId } from "../../../src/domain/Ids.ts"
import type { Reply } from "../../../src/testing.ts"
import { folder } from "../../support/ledger.ts"
import { codeOf, journalIn, lastRun, scene, sceneOver } from "../../support/runs.ts"

const any: Query = { standing: null, mode: null, since: null, until: null, limit: 10, cursor: null }
const ask = Runs.use((runs) => Effect.exit(runs.run(Runs.request("executor", "question"))))
const page = (query: Partial<Query> = {}) => History.use((history) => history.page({ ...any, ...query }))

/** Every page from the first on; `between` happens after each. */
const pages = Effect.fnUntraced(function* (
  query: Partial<Query>,
  between: Effect.Effect<unknown, never, Runs>
) {
  const found: Array<Page> = []
  for (let cursor: number | null = null; ;) {
    const one: Page = yield* page({ ...query, cursor })
    found.push(one)
    if (one.next === null) return found
    cursor = one.next
    yield* between
  }
})

describe("a list of runs", () => {
  const answers = (count: number) => Array.from({ length: count }, (): Reply => ({ say: "answer" }))

  it.effect("has each run once, the newest first, whatever is added between two pages", () => {
    const { layer } = scene({ drafter: answers(40) })
    return Effect.gen(function* () {
      for (let n = 0; n < 25; n++) yield* ask
      const before = (yield* page({ limit: 1000 })).runs.map(({ run }) => run)
      const found = yield* pages({ limit: 7 }, ask)
      assert.deepStrictEqual(
        found.flatMap(({ runs }) => runs.map(({ run }) => run)),
        before
      )
      assert.deepStrictEqual(before, before.toSorted().toReversed())
      assert.deepStrictEqual(
        found.map(({ runs }) => runs.length),
        [7, 7, 7, 4]
      )
    }).pipe(Effect.provide(layer))
  })

  it.effect("ends where it ends, and begins with nothing", () => {
    const { layer } = scene({ drafter: answers(3) })
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* page(), { runs: [], next: null })
      for (let n = 0; n < 3; n++) yield* ask
      assert.isNull((yield* page({ limit: 3 })).next)
      assert.isNotNull((yield* page({ limit: 2 })).next)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is of one standing, of one mode, of one time", () => {
    const failing: Reply = { fail: "PROVIDER_TIMEOUT" }
    const { layer } = scene({ drafter: [...answers(2), failing, ...answers(2), failing] })
    return Effect.gen(function* () {
      for (let n = 0; n < 6; n++) yield* ask
      const standings = (found: Page) => found.runs.map(({ standing }) => standing)
      assert.deepStrictEqual(standings(yield* page({ standing: "failed" })), ["failed", "failed"])
      const first = yield* page({ standing: "released", limit: 3 })
      assert.strictEqual(standings(first).length, 3)
      assert.strictEqual(standings(yield* page({ standing: "released", cursor: first.next })).length, 1)
      assert.deepStrictEqual((yield* page({ standing: "running" })).runs, [])
      assert.strictEqual((yield* page({ mode: Mode.make("executor") })).runs.length, 6)
      assert.strictEqual((yield* page({ mode: Mode.make("fast") })).runs.length, 0)
      const at = madeAt(RunId.make(first.runs[0]?.run ?? ""))
      assert.strictEqual((yield* page({ since: at, until: at })).runs.length, 6)
      assert.strictEqual((yield* page({ since: at + 1 })).runs.length, 0)
      assert.strictEqual((yield* page({ until: at - 1 })).runs.length, 0)
    }).pipe(Effect.provide(layer))
  })

  it.effect("shows a broken run as broken, and everything else as it is", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { layer } = sceneOver({ drafter: answers(3) }, journalIn(directory), directory)
      yield* Effect.gen(function* () {
        for (let n = 0; n < 3; n++) yield* ask
        const { run } = yield* lastRun
        const database = new DatabaseSync(join(directory, "journal.sqlite"))
        database
          .prepare("DELETE FROM rows WHERE seq = 7 AND stream = (SELECT first FROM streams WHERE name = ?)")
          .run(`run/${run}`)
        database.close()
        const { runs } = yield* page()
        assert.deepStrictEqual(
          runs.map(({ standing }) => standing),
          ["broken", "released", "released"]
        )
        assert.strictEqual((yield* page({ standing: "broken" })).runs[0]?.run, run)
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )
})

describe("an answer again", () => {
  it.effect("is the one that was released, until it is erased", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { layer } = sceneOver(
        { drafter: [{ say: "The answer." }, { say: "" }] },
        journalIn(directory),
        directory
      )
      yield* Effect.gen(function* () {
        const history = yield* History
        yield* ask
        const { run } = yield* lastRun
        const again = yield* history.text(run.slice(0, 30))
        assert.deepStrictEqual([again.run, again.released.text], [run, "The answer."])
        yield* ask
        assert.strictEqual((yield* history.text((yield* lastRun).run)).released.text, "")
        yield* (yield* Erasure).erase(run, Principal.make("local"))
        assert.strictEqual(codeOf(yield* Effect.exit(history.text(run))), "RUN_ERASED")
        assert.isTrue((yield* page()).runs.at(-1)?.erased)
        const { standing, state, endedAt } = yield* history.find(run)
        assert.deepStrictEqual([standing, state?.erased?._tag], ["released", "RunErased"])
        assert.isNotNull(endedAt)
      }).pipe(Effect.provide(Layer.provideMerge(Erasure.layer, layer)))
    }).pipe(Effect.scoped)
  )

  it.effect("there is none of a run that released nothing, nor of one that is not there", () => {
    const { layer } = scene({ drafter: [{ fail: "PROVIDER_TIMEOUT", after: ["half"] }] })
    return Effect.gen(function* () {
      const history = yield* History
      yield* ask
      assert.strictEqual(codeOf(yield* Effect.exit(history.text((yield* lastRun).run))), "RECEIPT_NOT_FOUND")
      assert.strictEqual(codeOf(yield* Effect.exit(history.text("ffff"))), "RUN_NOT_FOUND")
      yield* ask
      assert.strictEqual(codeOf(yield* Effect.exit(history.find("0"))), "RUN_AMBIGUOUS")
    }).pipe(Effect.provide(layer))
  })

  it.effect("is as much as was out when it was cut off", () => {
    const { layer } = scene({ drafter: [{ fail: "PROVIDER_TIMEOUT", after: ["half ", "of it"] }] })
    return Effect.gen(function* () {
      const history = yield* History
      const frames = (yield* Runs).stream(Runs.request("executor", "question"))
      const shown: Array<string> = []
      yield* frames.pipe(
        Stream.runForEach((frame) =>
          Effect.sync(() => frame._tag === "Chunk" && shown.push(frame.chunk.text))
        ),
        Effect.exit
      )
      const { released } = yield* history.text((yield* lastRun).run)
      assert.strictEqual(released.text, "half of it")
      assert.strictEqual(released.text, shown.join(""))
      assert.isFalse(released.receipt.complete)
    }).pipe(Effect.provide(layer))
  })

  it.effect("is not handed out when it is not what the receipt is over, or is gone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { layer } = sceneOver({ drafter: [{ say: "The answer." }] }, journalIn(directory), directory)
      yield* Effect.gen(function* () {
        const history = yield* History
        yield* ask
        const { run } = yield* lastRun
        const { receipt } = (yield* history.text(run)).released
        const DRAFT = ContentId.make("draft.1")
        const digestOf = (text: string) => (_id: ContentId, content: Content) =>
          content.equals(Content.of(text)) ? receipt.digest : Digest.make("0".repeat(64))
        const other = Content.of("Another answer.")
        assert.isTrue(Result.isFailure(again(receipt, DRAFT, other, null, digestOf("The answer."))))
        assert.isTrue(
          Result.isSuccess(again(receipt, DRAFT, Content.of("The answer."), null, digestOf("The answer.")))
        )
        const database = new DatabaseSync(join(directory, "journal.sqlite"))
        database.exec("DELETE FROM sealed WHERE id = 'draft.1'")
        database.close()
        assert.strictEqual(codeOf(yield* Effect.exit(history.text(run))), "VAULT_CONTENT_UNREADABLE")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )
})

describe("one run whole", () => {
  it.effect("has its state, its cost, and what its model counts", () => {
    const { layer } = scene({ drafter: [{ say: "answer", inputTokens: 300, outputTokens: 2 }] })
    return Effect.gen(function* () {
      yield* ask
      const { run } = yield* lastRun
      const { state, usage, calibration, standing } = yield* (yield* History).find(run)
      assert.strictEqual(standing, "released")
      assert.deepInclude(usage, { calls: 1, inputTokens: 300, outputTokens: 2 })
      assert.strictEqual(state?.accepted?.run, run)
      const bytes = state?.context?.bytes ?? 0
      assert.deepStrictEqual(calibration, { bytesPerToken: bytes / 300, calls: 1 })
    }).pipe(Effect.provide(layer))
  })
})
