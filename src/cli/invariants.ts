/** Owns `io3 invariants`: whether what is promised holds in the running system, as runs in a throwaway store show. */
import { Effect, Schema } from "effect"
import { Invariants } from "../core/integrity/Invariants.ts"
import { InvariantResult } from "../domain/integrity/Invariant.ts"
import { FailureInResult, print } from "./Output.ts"
import { root } from "./root.ts"

export const InvariantsOutput = Schema.Array(InvariantResult)

export const invariants = Effect.fn(function* () {
  const { output } = yield* root
  const results = yield* (yield* Invariants).check
  yield* print(output, InvariantsOutput, results, describe)
  if (results.some(({ passed }) => !passed)) return yield* new FailureInResult()
})

const describe = (results: ReadonlyArray<InvariantResult>): string => {
  const failed = results.filter(({ passed }) => !passed).length
  return [
    ...results.map(({ id, title, passed }) => `${passed ? "PASS" : "FAIL"}  ${id} — ${title}`),
    "",
    failed === 0 ? "ALL PASSED" : `${failed} of ${results.length} FAILED`
  ].join("\n")
}
