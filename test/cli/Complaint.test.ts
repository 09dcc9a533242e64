/** Reads what a person is told of a failure that names steps of a runbook. */
import { assert, describe, it } from "@effect/vitest"
import { Console, Effect } from "effect"
import { complain } from "../../src/cli/Complaint.ts"
import { failure } from "../../src/domain/Failure.ts"
import { TaskSpecId } from "../../src/domain/Ids.ts"

describe("a complaint", () => {
  it.effect("counts steps from 1, as the list of them does", () =>
    Effect.gen(function* () {
      const said = Array<unknown>()
      const task = TaskSpecId.make("summary")
      const required = [{ step: 0, task, part: "prompt", count: 120, given: 118 }] as const
      const reason = failure("REPLAY_CONTENT_REQUIRED", "setup", { required })
      yield* complain({ wanted: "text", reason }).pipe(
        Effect.provideService(Console.Console, { ...console, error: (line) => void said.push(line) })
      )
      assert.include(said.join(), "\n  step 1 (summary): prompt of 120 characters; 118 were given")
    })
  )
})
