/** Reads the line of facts of runs that ended in each way an answer can come about. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { entryLine } from "../../src/cli/Events.ts"
import { counted, facts } from "../../src/cli/Facts.ts"
import { runOutput } from "../../src/api/results/RunResults.ts"
import { Entry } from "../../src/domain/ledger/Records.ts"
import { Runs } from "../../src/core/run/Runs.ts"
import { type Reply, ScriptedProvider, TestRuntime } from "../../src/testing.ts"

const decides = (decision: string, issues: ReadonlyArray<unknown> = []): Reply => ({
  say: JSON.stringify({ decision, issues, high_risk_claims: [], suggested_fixes: [] })
})
const minor = { code: "format", severity: 1 }
const grave = { code: "factual_error", severity: 2 }

const ask = (script: Record<"drafter" | "reserve" | "judge", ReadonlyArray<Reply>>, audit: boolean) => {
  const providers = (["drafter", "reserve", "judge"] as const).map(
    (name) => ScriptedProvider.make(name, script[name]).provider
  )
  return Effect.gen(function* () {
    return yield* (yield* Runs).run(Runs.request("executor", "question", { audit }))
  }).pipe(Effect.provide(TestRuntime.layer({ providers })))
}

const draft: Reply = { say: "answer", inputTokens: 27, outputTokens: 48 }

describe("Facts", () => {
  it("count one thing and several", () => {
    assert.deepStrictEqual(
      [0, 1, 2].map((number) => counted(number, "call")),
      ["0 calls", "1 call", "2 calls"]
    )
    const certificate = {
      calls: 1,
      inputTokens: 1,
      outputTokens: 1,
      wallMillis: 1000,
      capabilityCalls: 0,
      gates: 0
    }
    const entry = { seq: 1, at: 0, event: { _tag: "BoundsCertified", certificate } }
    assert.match(entryLine(Schema.decodeUnknownSync(Entry)(entry)), /at most 1 call, /u)
  })

  it.effect("say who answered, at what cost and unaudited", () =>
    Effect.gen(function* () {
      const result = yield* ask({ drafter: [draft], reserve: [], judge: [] }, false)
      assert.strictEqual(
        facts(result),
        `executor → drafter one · 1 of 2 calls · 27 in / 48 out · 0 ms · not audited · run ${result.run}`
      )
      assert.strictEqual(runOutput(result).audit_meta, null)
    })
  )

  it.effect("say that another model answered", () =>
    Effect.gen(function* () {
      const refused: Reply = { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" }
      const result = yield* ask({ drafter: [refused], reserve: [draft], judge: [] }, false)
      assert.include(facts(result), "executor → reserve two (fallback) · 2 of 2 calls · 27 in / 48 out")
    })
  )

  it.effect("say the verdict", () =>
    Effect.gen(function* () {
      const passed = yield* ask({ drafter: [draft], reserve: [], judge: [decides("pass")] }, true)
      assert.include(facts(passed), " · audit passed · ")
      for (const [issues, said] of [
        [[minor], "with 1 issue"],
        [[minor, grave, minor], "with 3 issues"]
      ] as const) {
        const passed = yield* ask({ drafter: [draft], reserve: [], judge: [decides("pass", issues)] }, true)
        assert.include(facts(passed), ` · audit passed ${said} · `)
      }
      const revised = yield* ask(
        { drafter: [draft, draft], reserve: [], judge: [decides("needs_work")] },
        true
      )
      assert.include(facts(revised), "3 of 4 calls · 55 in / 97 out")
      assert.include(facts(revised), " · revised after audit · ")
      assert.deepStrictEqual(runOutput(revised).audit_meta, {
        audit_used: true,
        audit_verdict: "needs_work",
        revised: true,
        independent: true
      })
    })
  )
})
