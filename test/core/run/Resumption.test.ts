import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { MAX_ATTEMPTS } from "../../../src/domain/run/Run.ts"
import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { History } from "../../../src/core/ledger/History.ts"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Recovery } from "../../../src/core/run/Recovery.ts"
import { Recovered, Resumption } from "../../../src/core/run/Resumption.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { reveal } from "../../../src/domain/Content.ts"
import { Count } from "../../../src/domain/Ids.ts"
import type { Commit } from "../../../src/ports/Journal.ts"
import { type Reply, TestRuntime } from "../../../src/testing.ts"
import { client, generation } from "../../support/clientWorks.ts"
import { startProgram } from "../../support/children.ts"
import { folder } from "../../support/ledger.ts"
import {
  audited,
  changing,
  codeOf,
  dyingAfter,
  faulty,
  journalIn,
  lastRun,
  sceneOver,
  type Script,
  tags,
  verdict
} from "../../support/runs.ts"

/** What an audited run commits: its draft's intent, the paid draft, the audit's intent, the verdict, the revision's intent. */
const PAID = 2
const JUDGED = 4

/** A process that leaves runs behind, each after so many commits. */
const leave = (commits: ReadonlyArray<number>, script: Script, directory: string, request = audited) =>
  Effect.gen(function* () {
    const { run } = yield* Runs
    yield* Effect.forEach(commits, () => Effect.exit(run(request)))
  }).pipe(Effect.provide(sceneOver(script, dyingAfter(commits, journalIn(directory)), directory).layer))

/** One such run, and what the next process has then. */
const left = Effect.fnUntraced(function* (commits: number, first: Script, second: Script) {
  const directory = yield* folder
  yield* leave([commits], first, directory)
  return { directory, next: sceneOver(second, journalIn(directory), directory) }
})

const recover = Resumption.use(({ recover }) => recover)
const calls = ({ drafter, judge }: ReturnType<typeof sceneOver>) =>
  Effect.map(Effect.all([drafter.asked, judge.asked]), (asked) => asked.map(({ length }) => length))

const draft: Script = { drafter: [{ say: "the paid draft" }] }
const needsWork: Script = { ...draft, judge: [verdict("needs_work")] }

describe("a run whose draft was paid for", () => {
  it.effect("is audited and released by another process, from the sealed draft", () =>
    Effect.gen(function* () {
      const { next } = yield* left(PAID, draft, { judge: [verdict("pass")] })
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* lastRun).standing, "abandoned")
        const [recovered] = yield* recover
        assert.deepInclude(recovered, { continued: true, released: true })
        assert.deepStrictEqual(yield* calls(next), [0, 1])
        assert.deepStrictEqual((yield* tags).slice(-6), [
          "CallSettled",
          "RunResumed",
          "CallIntended",
          "CallSettled",
          "AuditConcluded",
          "Released"
        ])
        const history = yield* History
        const { released } = yield* history.text((yield* lastRun).run)
        assert.strictEqual(released.text, "the paid draft")
        assert.deepStrictEqual([released.receipt.audit, released.receipt.usage.calls], ["pass", 2])
        const { state } = yield* history.find((yield* lastRun).run)
        assert.strictEqual(state?.attempt, 2)
        assert.isNull(yield* faulty)
        assert.deepStrictEqual(yield* recover, [])
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("and judged is revised, and not judged again", () =>
    Effect.gen(function* () {
      const { next } = yield* left(JUDGED, needsWork, { drafter: [{ say: "revised" }] })
      yield* Effect.gen(function* () {
        assert.deepInclude((yield* recover)[0], { continued: true, released: true })
        assert.deepStrictEqual(yield* calls(next), [1, 0])
        const [asked] = yield* next.drafter.asked
        const words = ["the paid draft", "needs_work"]
        for (const word of words) {
          assert.isTrue(asked?.messages.some(({ content }) => content.use((text) => text.includes(word))))
        }
        const { released } = yield* (yield* History).text((yield* lastRun).run)
        assert.deepStrictEqual([released.text, released.receipt.audit], ["revised", "revised"])
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("for a client is revised after what that has told, as it wants it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const request = { ...audited, client, generation }
      yield* leave([JUDGED], needsWork, directory, request)
      const next = sceneOver({ drafter: [{ say: "revised" }] }, journalIn(directory), directory)
      yield* Effect.gen(function* () {
        assert.deepInclude((yield* recover)[0], { continued: true, released: true })
        const [asked] = yield* next.drafter.asked
        const texts = (asked?.messages ?? []).map(({ content }) => reveal(content))
        assert.include(texts[0], "=== Client Instructions ===\nIn short.")
        assert.deepStrictEqual(texts.slice(1, -1), ["Before?", "Said before.", "é€😀\n"])
        assert.deepStrictEqual(
          [asked?.sampling.temperature, asked?.sampling.topP, asked?.sampling.seed],
          [0.3, 0.9, 0]
        )
        assert.deepStrictEqual(asked?.sampling.stop.map(reveal), ["\n\n", "End"])
        assert.strictEqual(asked?.format?._tag, "JsonSchema")
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("and whose verdict was sealed but not read is concluded from it", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const cut = (commit: Commit): Commit => ({
        appends: commit.appends.map((append) => ({ ...append, events: append.events.slice(0, 1) }))
      })
      const journal = changing(dyingAfter([JUDGED], journalIn(directory)), (commit, _, count) =>
        Effect.succeed(count === JUDGED ? cut(commit) : commit)
      )
      const dying = sceneOver({ ...draft, judge: [verdict("pass")] }, journal, directory)
      yield* Effect.exit(
        Effect.provide(
          Runs.use((runs) => runs.run(audited)),
          dying.layer
        )
      )
      const next = sceneOver({}, journalIn(directory), directory)
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* tags).at(-1), "CallSettled")
        assert.deepInclude((yield* recover)[0], { continued: true, released: true })
        assert.deepStrictEqual(yield* calls(next), [0, 0])
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("is left alone by a process that only runs something of its own", () =>
    Effect.gen(function* () {
      const { next } = yield* left(PAID, draft, { drafter: [{ say: "mine" }], judge: [verdict("pass")] })
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* (yield* Recovery).settle, [])
        const { released } = yield* (yield* Runs).run(Runs.request("executor", "question"))
        assert.strictEqual(released.text, "mine")
        assert.deepStrictEqual(yield* calls(next), [1, 0])
        const standings = (yield* (yield* Ledgers).recent(2)).map(({ standing }) => standing)
        assert.deepStrictEqual(standings, ["released", "abandoned"])
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("stays as it is while the master key is not at hand", () =>
    Effect.gen(function* () {
      const { directory, next } = yield* left(PAID, draft, { judge: [verdict("pass")] })
      const [key, away] = [join(directory, "master.key"), join(directory, "away.key")]
      renameSync(key, away)
      writeFileSync(key, `${"0".repeat(64)}\n`, { mode: 0o600 })
      const other = sceneOver({}, journalIn(directory), directory)
      assert.strictEqual(
        codeOf(yield* Effect.exit(Effect.provide(recover, other.layer))),
        "VAULT_KEY_INVALID"
      )
      renameSync(away, key)
      const recovered = yield* Effect.provide(recover, next.layer)
      assert.deepInclude(recovered[0], { continued: true, released: true })
    }).pipe(Effect.scoped)
  )

  it.effect("is refused as it would have been by its own process", () =>
    Effect.gen(function* () {
      const { next } = yield* left(PAID, draft, { judge: [verdict("reject")] })
      yield* Effect.gen(function* () {
        assert.deepInclude((yield* recover)[0], { continued: true, released: false })
        const { standing, run } = yield* lastRun
        assert.strictEqual(standing, "refused")
        const answer = yield* Effect.exit((yield* History).text(run))
        assert.strictEqual(codeOf(answer), "RECEIPT_NOT_FOUND")
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )
})

/** Takes the last byte of a sealed text for another. */
const alter = (directory: string, id: string) => {
  const database = new DatabaseSync(join(directory, "journal.sqlite"))
  const row = database.prepare("SELECT bytes FROM sealed WHERE id = ?").get(id)
  const bytes = Uint8Array.from(row?.["bytes"] as Uint8Array)
  bytes[bytes.length - 1]! ^= 1
  database.prepare("UPDATE sealed SET bytes = ? WHERE id = ?").run(bytes, id)
  database.close()
}

/** Writes something else into a row. */
const rewrite = (directory: string, event: string, what: RegExp, other: string) => {
  const database = new DatabaseSync(join(directory, "journal.sqlite"))
  for (const { position, payload } of database.prepare("SELECT position, payload FROM rows").all()) {
    const written = String(payload)
    if (!written.includes(`"${event}"`)) continue
    database
      .prepare("UPDATE rows SET payload = ? WHERE position = ?")
      .run(written.replace(what, other), position ?? null)
  }
  database.close()
}
const renamed = (directory: string) =>
  rewrite(directory, "CallSettled", /"digest":"[0-9a-f]{64}"/u, `"digest":"${"0".repeat(64)}"`)
const widened = (directory: string) => rewrite(directory, "BoundsCertified", /"calls":4/u, '"calls":5')

describe("a run that cannot be gone on with", () => {
  const { settings } = TestRuntime
  const laxer: typeof settings = {
    ...settings,
    runtime: { ...settings.runtime, audit: { ...settings.runtime.audit, on_unavailable: "release" } }
  }
  const { rules } = settings.routing
  const { data } = rules.boundaries
  // As many characters as before, so that no bound differs.
  const turned = data && {
    ...data,
    allowed: data.allowed.toReversed(),
    forbidden: data.forbidden.toReversed()
  }
  const boundaries = { ...rules.boundaries, ...(turned && { data: turned }) }
  const other = { ...settings, routing: { ...settings.routing, rules: { ...rules, boundaries } } }
  const judge: ReadonlyArray<Reply> = [verdict("pass")]
  const reasons: ReadonlyArray<readonly [string, Script, (directory: string) => void]> = [
    ["under another configuration", { judge, settings: laxer }, () => {}],
    ["with other words in its context", { judge, settings: other }, () => {}],
    ["whose prompt was altered", { judge }, (directory) => alter(directory, "prompt")],
    ["whose draft was altered", { judge }, (directory) => alter(directory, "draft.1")],
    ["whose record names another draft", { judge }, renamed],
    ["whose record allows more than its certificate", { judge }, widened]
  ]
  for (const [reason, second, change] of reasons) {
    it.effect(`${reason} is ended without a call`, () =>
      Effect.gen(function* () {
        const { next, directory } = yield* left(PAID, draft, second)
        change(directory)
        yield* Effect.gen(function* () {
          assert.deepInclude((yield* recover)[0], { continued: false, released: false })
          assert.deepStrictEqual(yield* calls(next), [0, 0])
          const ending = (yield* lastRun).entries.at(-1)?.event
          assert.strictEqual(ending?._tag === "RunFailed" && ending.code, "RUN_INTERRUPTED")
          assert.isTrue(ending?._tag === "RunFailed" && ending.retryable)
          assert.notInclude(yield* tags, "RunResumed")
        }).pipe(Effect.provide(next.layer))
      }).pipe(Effect.scoped)
    )
  }

  it.effect("because each process that tries dies of it, is ended in the end", () =>
    Effect.gen(function* () {
      const { directory, next } = yield* left(PAID, draft, { judge })
      for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt++) {
        // What is durable is that it was taken up again; then this process is gone too.
        const dying = sceneOver({ judge }, dyingAfter([1], journalIn(directory)), directory)
        assert.strictEqual(
          codeOf(yield* Effect.exit(Effect.provide(recover, dying.layer))),
          "JOURNAL_UNAVAILABLE"
        )
        assert.deepStrictEqual(yield* calls(dying), [0, 0])
      }
      yield* Effect.gen(function* () {
        assert.deepInclude((yield* recover)[0], { continued: false, released: false })
        assert.deepStrictEqual(yield* calls(next), [0, 0])
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )

  it.effect("because its audit was out as well, has no verdict, and its calls are charged", () =>
    Effect.gen(function* () {
      const { next } = yield* left(PAID + 1, { ...draft, judge }, { judge })
      yield* Effect.gen(function* () {
        assert.deepInclude((yield* recover)[0], { continued: false, released: false })
        assert.deepStrictEqual(yield* calls(next), [0, 0])
        assert.strictEqual((yield* lastRun).standing, "refused")
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(next.layer))
    }).pipe(Effect.scoped)
  )
})

const Told = Schema.fromJsonString(Schema.Struct({ asked: Count, recovered: Schema.Array(Recovered) }))

// Starting two processes takes its time on a busy machine.
describe("two processes that recover at once", { timeout: 60_000 }, () => {
  it.live("share the runs between them: each is continued or ended once, and no call is made twice", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const [paid, lost] = [12, 12]
      const many = (reply: Reply) => Array.from({ length: paid + lost }, () => reply)
      const commits = [...Array<number>(paid).fill(PAID), ...Array<number>(lost).fill(PAID + 1)]
      yield* leave(commits, { drafter: many({ say: "draft" }), judge: many(verdict("pass")) }, directory)
      const children = yield* Effect.all([
        startProgram("recoveryChild.ts", directory),
        startProgram("recoveryChild.ts", directory)
      ])
      for (const child of children) yield* child.said(1)
      for (const child of children) child.process.kill("SIGUSR2")
      const codes = yield* Effect.forEach(children, ({ ended }) => ended)
      assert.deepStrictEqual(codes, [0, 0])
      const told = children.map(({ lines }) => Schema.decodeUnknownSync(Told)(lines.at(-1)))
      const recovered = told.flatMap((one) => one.recovered)
      const continued = recovered.filter((one) => one.continued)
      assert.strictEqual(new Set(recovered.map(({ run }) => run)).size, paid + lost)
      assert.strictEqual(recovered.length, paid + lost)
      assert.deepStrictEqual([continued.length, continued.every(({ released }) => released)], [paid, true])
      assert.strictEqual(
        told.reduce((sum, { asked }) => sum + asked, 0),
        paid
      )
      yield* Effect.gen(function* () {
        const records = yield* (yield* Ledgers).recent(paid + lost)
        assert.isTrue(records.every(({ standing }) => standing === "released" || standing === "refused"))
        assert.isNull(yield* faulty)
      }).pipe(Effect.provide(sceneOver({}, journalIn(directory), directory).layer))
    }).pipe(Effect.scoped)
  )
})
