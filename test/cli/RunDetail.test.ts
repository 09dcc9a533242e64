/** Holds what a terminal says of steps, sources, capabilities and memory to what is on record; and of no text a word. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { entryLine } from "../../src/cli/Events.ts"
import { describe as detailOf } from "../../src/cli/RunDetail.ts"
import { History } from "../../src/core/ledger/History.ts"
import { Page } from "../../src/domain/ledger/Records.ts"
import { Ledgers } from "../../src/core/ledger/Ledgers.ts"
import { StreamRecord } from "../../src/domain/ledger/Records.ts"
import { Replays } from "../../src/core/replay/Replays.ts"
import { runbookStream } from "../../src/domain/Ids.ts"
import { codeOf, folder } from "../support/ledger.ts"
import { ask, on } from "../support/record.ts"
import { by, pack, ran, remember } from "../support/runbookRecord.ts"

const any = { standing: null, mode: null, since: null, until: null, limit: 10, cursor: null }

describe("io3 runs and ledger show, of runbooks", () => {
  it.effect("say of each step where it stands, what it invoked, and what it remembered", () =>
    Effect.gen(function* () {
      const { directory, script, run, result } = yield* ran()
      const [reading, , invoking] = result.steps.map((one) => one.run ?? "")
      const replayed = yield* Effect.gen(function* () {
        const replays = yield* Replays
        const again = yield* replays.replay(reading ?? "", { by, acceptConfig: false })
        return again._tag === "Run" ? again.run : assert.fail("a step alone is a run")
      }).pipe(Effect.provide(on(directory, { ...script, drafter: [{ say: "again" }] })))
      yield* Effect.gen(function* () {
        const history = yield* History
        const { runs } = yield* history.page(any)
        yield* Schema.encodeEffect(Page)({ runs, next: null })
        const [again, second, first] = runs
        assert.deepInclude(first, {
          step: { runbook: run, index: 0, attempt: 1 },
          turn: null,
          source: null,
          capability: null,
          packs: [pack]
        })
        assert.deepInclude(second, { step: { runbook: run, index: 2, attempt: 1 }, packs: [] })
        assert.strictEqual(second?.capability, "cap.echo_json")
        assert.deepInclude(again, { run: replayed, step: null, packs: [pack] })
        assert.deepStrictEqual([again?.source?.run, again?.source?.kind], [reading, "replay"])

        const lines = (id: string) => Effect.map(history.find(id), detailOf)
        const [a, c, r] = [yield* lines(reading ?? ""), yield* lines(invoking ?? ""), yield* lines(replayed)]
        assert.include(a, `step      1 of runbook ${run} · work mode`)
        assert.include(a, `packs     ${pack} · 1 released`)
        assert.include(r, `source    replay of ${reading}`)
        assert.match(c, /invoked {3}cap\.echo_json · 7 characters given · ok · \d+ characters · \d+ ms/)
        for (const text of ["teal", "colour", "third"]) assert.notInclude(a + c + r, text)
      }).pipe(Effect.provide(on(directory, script)))
    })
  )

  it.effect("name what an auditor found by code and severity, and none of its words", () =>
    Effect.gen(function* () {
      const told = Effect.fnUntraced(function* (issues: ReadonlyArray<object>) {
        const directory = yield* folder
        const words = { high_risk_claims: ["of the auditor"], suggested_fixes: [] }
        const judge = [{ say: JSON.stringify({ decision: "pass", issues, ...words }) }]
        const run = yield* ask(directory, { judge }, { audit: true })
        return yield* Effect.gen(function* () {
          const { entries } = yield* (yield* Ledgers).find(run)
          const events = entries.map(entryLine).join("\n")
          return { shown: detailOf(yield* (yield* History).find(run)), events }
        }).pipe(Effect.provide(on(directory)))
      })
      const one = yield* told([{ code: "format", severity: 1 }])
      assert.match(one.shown, /^verdict {3}pass, 1 issue · by judge \w+\n {10}format · severity 1\n/mu)
      assert.match(one.events, /pass · 1 issue · /u)
      const two = yield* told([
        { code: "factual_error", severity: 2 },
        { code: "other", severity: 0 }
      ])
      assert.match(
        two.shown,
        /^verdict {3}pass, 2 issues · by judge \w+\n {10}factual_error · severity 2\n {10}other · severity 0\n/mu
      )
      for (const { shown, events } of [one, two]) assert.notInclude(shown + events, "of the auditor")
    })
  )

  it.effect("show every stream there is: a runbook by its id, a memory record by its name", () =>
    Effect.gen(function* () {
      const { directory, script, run } = yield* ran()
      yield* remember("It is blue.").pipe(Effect.provide(on(directory, script)))
      yield* Effect.gen(function* () {
        const ledgers = yield* Ledgers
        const record = yield* ledgers.stream(run)
        yield* Schema.encodeEffect(StreamRecord)(record)
        assert.strictEqual(record.stream, runbookStream(run))
        assert.strictEqual(record.lifecycle?.at(-1)?.event, "runbook_completed")
        const shown = record.entries.map((entry) => entryLine(entry).slice(32))
        assert.match(shown[0] ?? "", /RunbookStarted +rb-demo · 3 steps · work · at most \d+ calls$/)
        const places = shown.flatMap((line) => /^Step\w+ +(step \d+)/u.exec(line)?.[1] ?? [])
        assert.deepStrictEqual(places, ["step 1", "step 1", "step 2", "step 3", "step 3"])
        assert.match(shown.at(-1) ?? "", /RunbookCompleted +2 done, 1 skipped · \d+ tokens$/)
        const memory = (yield* ledgers.heads(20)).find(({ stream }) => stream.startsWith("memory/"))
        const written = yield* ledgers.stream(memory?.stream ?? "")
        assert.deepStrictEqual(
          written.entries.map((entry) => entryLine(entry).slice(32)),
          ["MemoryWritten     project/colour version 1 · standard · human · 19 characters · by local"].concat(
            "MemoryWritten     project/colour version 2 · standard · human · 11 characters · by local"
          )
        )
        assert.strictEqual((yield* ledgers.stream("config")).entries.length, 1)
        for (const none of ["memory/none", "memory/A B", "runbook/0190", "zzz", "../x"]) {
          assert.strictEqual(yield* codeOf(ledgers.stream(none)), "RUN_NOT_FOUND", none)
        }
      }).pipe(Effect.provide(on(directory, script)))
    })
  )
})
