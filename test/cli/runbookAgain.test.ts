/** Runs the real program on runbooks that are gone on with or done again: told as one that is run is, in every format. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { AgainFailureOutput, AgainLine, RunbookAgainOutput } from "../../src/api/results/ReplayResults.ts"
import { RunbookOutput } from "../../src/api/results/RunbookResults.ts"
import { DecisionOutput } from "../../src/api/results/StewardResults.ts"
import { parse, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { asking, promptOf, runbookScene } from "../support/runbookFile.ts"

const scene = (file: string) =>
  runbookScene(
    file,
    (socket, asked) => socket.write(says(`To ${promptOf(asked)}.`)),
    "steward_thresholds: { always: true }\n"
  )

const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => parse(AgainLine, line))

describe("a runbook again", slowly, () => {
  it.live("is told step by step, and not begun while one is held", () =>
    Effect.gen(function* () {
      const { io, json, held } = yield* scene(asking("one", "two", "three"))
      const { run_id, steps } = yield* held
      const refused = yield* io(["resume", run_id])
      assert.deepStrictEqual([refused.code, refused.stdout], [3, ""])
      assert.match(
        refused.stderr,
        new RegExp(`^RUNBOOK_PAUSED: [^\n]+\n {2}io3 steward list\n {2}io3 resume ${run_id}\n$`, "u")
      )
      const inJson = yield* json(AgainFailureOutput, ["resume", run_id], 3)
      assert.deepInclude(inJson, { failure_code: "RUNBOOK_PAUSED", source_run_id: run_id })
      assert.deepStrictEqual(
        linesOf((yield* io(["resume", run_id, "-o", "ndjson"])).stdout).map(({ type }) => type),
        ["failed"]
      )
      const decide = (action: string, digest: string) =>
        json(DecisionOutput, ["steward", action, run_id, "--digest", digest])
      yield* decide("approve", steps[0]?.pause?.digest ?? "")
      const second = yield* json(RunbookAgainOutput, ["resume", run_id], 3)
      assert.deepInclude(second, { status: "paused", mode: "resume", source_run_id: run_id, attempt: 2 })
      assert.deepInclude(second.steps[0] ?? {}, { index: 1, status: "held", error: null })
      assert.deepInclude(second.steps[0]?.pause ?? {}, { threshold_key: "always", step_index: 1 })
      yield* decide("approve", second.steps[0]?.pause?.digest ?? "")
      const lines = linesOf((yield* io(["resume", run_id, "-o", "ndjson"])).stdout)
      assert.deepStrictEqual(
        lines.map(({ type }) => type),
        ["runbook_started", "runbook_step_started", "paused"]
      )
      const third = lines.at(-1)
      if (third?.type !== "paused") return assert.fail("it is not held")
      yield* decide("approve", third.steps[0]?.pause?.digest ?? "")
      const over = yield* json(AgainFailureOutput, ["resume", run_id], 1)
      assert.strictEqual(over.failure_code, "RESUME_INVALID_STATE")
    })
  )

  it.live("is done from the start as one of its own, with what it cost", () =>
    Effect.gen(function* () {
      const { io, json } = yield* runbookScene(asking("one", "two"), (socket, asked) =>
        socket.write(says(`To ${promptOf(asked)}.`))
      )
      const first = yield* json(RunbookOutput, ["runbook", "run", "mine.json"])
      const text = yield* io(["replay", first.run_id])
      assert.deepStrictEqual([text.code, text.stdout], [0, "To one.\n\nTo two.\n"])
      assert.match(
        text.stderr,
        /^step 1 of 2 · executor → .*\nstep 2 of 2 · executor → .*\nrunbook \S+ · 2 of 2 steps done · 20 tokens · [\d.]+ m?s · run \S+\n$/u
      )
      const raw = yield* io(["replay", first.run_id, "--raw"])
      assert.deepStrictEqual([raw.code, raw.stdout, raw.stderr], [0, text.stdout, ""])
      const whole = yield* json(RunbookAgainOutput, ["replay", first.run_id])
      assert.deepInclude(whole, {
        status: "success",
        mode: "replay",
        source_run_id: first.run_id,
        tokens: 20
      })
      assert.deepStrictEqual(
        whole.steps.map(({ message }) => message),
        ["To one.", "To two."]
      )
      const lines = linesOf((yield* io(["replay", first.run_id, "-o", "ndjson"])).stdout)
      assert.deepStrictEqual(
        lines.flatMap((line) => (line.type === "chunk" ? [line.text] : [])).join(""),
        "To one.To two."
      )
      assert.deepInclude(lines.at(-1) ?? {}, { type: "finished", source_run_id: first.run_id })
    })
  )
})
