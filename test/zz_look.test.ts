import { it, assert } from "@effect/vitest"
import { Effect } from "effect"
import { checkExport } from "../src/core/ledger/ExportCheck.ts"
import { verifyExport } from "./support/verifier.ts"
import { hand, rowsOf } from "./support/exports.ts"
import { chronicles, together } from "./support/chronicles.ts"
import { works, workOf, type Work } from "./support/works.ts"
for (const [name, work] of Object.entries<Work>(works))
  it.effect(name, () =>
    Effect.gen(function* () {
      const rows = yield* workOf(work)
      const { key, tools, exportOf } = yield* hand("11".repeat(32))
      const bytes = Buffer.from(yield* exportOf(rows))
      console.log(
        name,
        rows.length,
        rows
          .map((r) => JSON.parse(r.payload))
          .map(
            (e) =>
              e._tag +
              (e.code ? `(${e.code})` : "") +
              (e.threshold ? `(${e.threshold})` : "") +
              (e.memory ? `(${e.memory.map((m: any) => m.outcome)})` : "")
          )
          .join(" ")
      )
      const theirs = verifyExport([bytes], { key })
      if (!theirs.ok) console.log(theirs, rows[(theirs.position ?? 1) - 1]?.payload)
      assert.isTrue(theirs.ok)
      assert.isNull(checkExport(tools, bytes, { checkpoint: null, publicKey: key }))
    })
  )
it.effect(
  "together",
  () =>
    Effect.gen(function* () {
      const { key, tools, exportOf } = yield* hand("11".repeat(32))
      const start = Date.now()
      const known = yield* chronicles
      console.log("chronicles", Date.now() - start, known.size)
      const rows = rowsOf(together([...known.values()]))
      const bytes = Buffer.from(yield* exportOf(rows))
      const theirs = verifyExport([bytes], { key })
      if (!theirs.ok) console.log(theirs, rows[(theirs.position ?? 1) - 1])
      assert.isTrue(theirs.ok)
      assert.isNull(checkExport(tools, bytes, { checkpoint: null, publicKey: key }))
    }),
  60000
)
