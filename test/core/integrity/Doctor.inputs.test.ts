/** Plants a fault of memory and of a runbook in an installation, sees it named with its way out, and gone once it is put right. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { examination, runtime } from "../../../src/App.ts"
import { Portability } from "../../../src/core/integrity/Portability.ts"
import { Replays } from "../../../src/core/replay/Replays.ts"
import { Runbooks } from "../../../src/core/runbook/Runbooks.ts"
import { failure } from "../../../src/domain/Failure.ts"
import { faults } from "../../../src/domain/integrity/Faults.ts"
import { configure, slowly } from "../../support/io3.ts"
import { examine, faultsOf, optionsOf, type Standing, standing, used } from "../../support/installation.ts"
import { by, runbook, start, step } from "../../support/runbookRecord.ts"

const on = (where: Standing) => Layer.fresh(runtime(optionsOf(where, true)))
const validated = (where: Standing) =>
  Portability.use((portability) => portability.check).pipe(
    Effect.provide(Layer.fresh(examination(optionsOf(where))))
  )

/** A runbook of two steps whose process was gone before its second one. */
const left = Effect.fnUntraced(function* (where: Standing) {
  const result = yield* Runbooks.use((runbooks) =>
    Effect.exit(
      runbooks.run(runbook(step("a", "first"), step("b", "second")), start, {
        started: () => Effect.void,
        step: (index) => (index === 1 ? Effect.die(failure("INTERNAL_ERROR", "setup")) : Effect.void),
        ended: () => Effect.void
      })
    )
  ).pipe(Effect.provide(on(where)), Effect.orDie)
  assert.strictEqual(result._tag, "Failure")
})

describe("the doctor of memory and runbooks", slowly, () => {
  it.live("names a pack that cannot be, and so does whoever validates", () =>
    Effect.gen(function* () {
      const where = yield* standing
      const packs = (...includes: ReadonlyArray<string>) =>
        configure(where.userConfig, {
          "memory_packs.yaml": JSON.stringify({
            packs: [{ id: "pack.mine", scope: "project", keys: ["a"], include_packs: includes }]
          })
        })
      yield* packs("pack.none")
      const { findings } = yield* examine(where)
      const [first] = findings
      assert.deepStrictEqual([first?.fault, String(first?.name)], ["MEMORY_INCLUDE_UNKNOWN", "pack.mine"])
      const report = yield* validated(where)
      assert.isFalse(report.passed)
      assert.deepStrictEqual(
        report.findings.map(({ fault }) => fault),
        ["MEMORY_INCLUDE_UNKNOWN"]
      )
      assert.strictEqual(report.checks.length, 10)
      assert.isTrue(report.checks.every(({ passed }) => passed))
      yield* packs()
      assert.notInclude(yield* faultsOf(where), "MEMORY_INCLUDE_UNKNOWN")
      assert.isTrue((yield* validated(where)).passed)
    })
  )

  it.live("names a runbook that nobody works on, and that it can be gone on with", () =>
    Effect.gen(function* () {
      const where = yield* standing
      yield* used(where)
      yield* left(where)
      const { findings } = yield* examine(where)
      const found = findings.find(({ fault }) => fault === "RUNBOOK_ABANDONED")
      assert.match(found?.name ?? "", /^[0-9a-f-]{36}$/u)
      assert.strictEqual(faults.RUNBOOK_ABANDONED.command, "io3 resume {name}")
      yield* Replays.use((replays) => replays.resume(String(found?.name), { by, acceptConfig: false })).pipe(
        Effect.provide(on(where)),
        Effect.orDie
      )
      assert.notInclude(yield* faultsOf(where), "RUNBOOK_ABANDONED")
    })
  )
})
