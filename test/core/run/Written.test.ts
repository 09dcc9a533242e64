import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { Runs } from "../../../src/core/run/Runs.ts"
import { encode } from "../../../src/domain/ledger/Ledger.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"
import { audited, changing, verdict } from "../../support/runs.ts"

describe("the events of a run", () => {
  it.effect("are made in the order they are written in: no Schema has to put them in it", () => {
    const written: Array<string> = []
    const journal = changing(MemoryJournal.layer, (commit) => {
      for (const { events } of commit.appends)
        for (const event of events) {
          written.push(event._tag)
          assert.strictEqual(JSON.stringify(event), encode(event), event._tag)
        }
      return Effect.succeed(commit)
    })
    const models = {
      drafter: [
        { say: "plain" },
        { say: "a draft" },
        { say: "a revision" },
        { fail: "PROVIDER_UNAVAILABLE", fallback: "connection_refused" },
        { fail: "PROVIDER_TIMEOUT", after: ["half"] }
      ],
      reserve: [{ say: "from the reserve" }],
      judge: [verdict("needs_work", [{ code: "factual_error", severity: 2 }])]
    } as const
    const providers = Object.entries(models).map(([name, all]) => ScriptedProvider.make(name, all).provider)
    return Effect.gen(function* () {
      const runs = yield* Runs
      const plain = Runs.request("executor", "question")
      for (const request of [plain, audited, plain, plain]) yield* Effect.exit(runs.run(request))
      for (const tag of ["CallSettled", "AuditConcluded", "Released", "RunFailed"])
        assert.include(written, tag)
    }).pipe(Effect.provide(TestRuntime.layer({ providers, journal })))
  })
})
