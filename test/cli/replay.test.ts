/** Runs the real program on what it has recorded: gone on with, done again, judged again, here and from an export. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { AgainFailureOutput, RunAgainOutput, TurnAgainOutput } from "../../src/api/results/ReplayResults.ts"
import { RecordedOutput } from "../../src/cli/replay/RecordedTold.ts"
import { RunOutput } from "../../src/api/results/RunResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { configure, type Home, home, io3, parse, slowly } from "../support/io3.ts"

const offline = (where: Home, ...args: ReadonlyArray<string>) => io3(where, ["--offline", ...args])
const CANARY = "Zk7canary"

const ran = Effect.fnUntraced(function* (where: Home) {
  const { stdout } = yield* offline(where, "run", "executor", "-p", CANARY, "-o", "json")
  return parse(RunOutput, stdout).run_id
})

describe("io3 replay and io3 resume", slowly, () => {
  it.live("do a run again as a lineage of its own, and do not go on with what has ended well", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const run = yield* ran(where)
      const again = yield* offline(where, "replay", run.slice(0, 23), "-o", "json")
      const made = parse(RunAgainOutput, again.stdout)
      assert.deepInclude(made, { status: "success", mode: "replay", source_run_id: run, runbook_id: null })
      const shown = yield* offline(where, "runs", "show", made.run_id)
      assert.include(shown.stdout, `replay of ${run}`)
      const text = yield* offline(where, "replay", run, "--raw")
      assert.deepStrictEqual([text.code, text.stdout, text.stderr], [0, `${made.result.message}\n`, ""])
      const refused = yield* offline(where, "resume", run)
      assert.deepStrictEqual([refused.code, refused.stdout], [1, ""])
      assert.include(refused.stderr, "RESUME_INVALID_STATE")
      assert.include(refused.stderr, `io3 runs show ${run}`)
      const json = yield* offline(where, "resume", "ffff", "-o", "json")
      const failure = parse(AgainFailureOutput, json.stdout)
      assert.deepInclude(failure, { status: "error", mode: "resume", failure_code: "CHECKPOINT_NOT_FOUND" })
      assert.strictEqual((yield* offline(where, "resume", run, "--from", "x")).code, 2)
    })
  )

  it.live("ask a turn again as the next one of its session", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const started = yield* offline(where, "session", "start", "-o", "json")
      const { session_id } = parse(SessionOutput, started.stdout)
      const { stdout } = yield* offline(where, "session", "continue", session_id, "-p", CANARY, "-o", "json")
      const turn = parse(TurnOutput, stdout)
      const again = yield* offline(where, "replay", turn.run_id, "-o", "json")
      assert.deepInclude(parse(TurnAgainOutput, again.stdout), {
        status: "success",
        session_id,
        turn_index: 1,
        source_run_id: turn.run_id
      })
      const judged = yield* offline(where, "replay", session_id, "--recorded", "-o", "json")
      assert.deepInclude(parse(RecordedOutput, judged.stdout), { status: "success", runs: 2, broken: null })
    })
  )

  it.live(
    "name what has changed in the configuration, go on where that is wanted, and not without the key",
    () =>
      Effect.gen(function* () {
        const where = yield* home()
        const limits = (chars: number) =>
          `context_limit_chars: ${chars}\ntemperature: ${chars === 1 ? 0 : 0.5}\n`
        yield* configure(where.projectConfig, { "runtime.yaml": limits(1) })
        const run = parse(
          AgainFailureOutput.mapFields(({ run_id }) => ({ run_id })),
          (yield* offline(where, "run", "executor", "-p", CANARY, "-o", "json")).stdout
        ).run_id
        yield* configure(where.projectConfig, { "runtime.yaml": limits(32_000) })
        const changed = yield* offline(where, "resume", run ?? "none")
        assert.deepStrictEqual([changed.code, changed.stdout], [2, ""])
        assert.match(changed.stderr, /^ {2}runtime\.context_limit_chars$/mu)
        assert.match(changed.stderr, /^ {2}runtime\.temperature$/mu)
        assert.include(changed.stderr, `io3 resume ${run} --accept-config`)
        const json = yield* offline(where, "resume", run ?? "none", "-o", "json")
        assert.include(
          (parse(AgainFailureOutput, json.stdout).error.changed ?? []).join(),
          "runtime.context_limit_chars"
        )
        const lost = yield* io3(where, ["--offline", "resume", run ?? "none", "--accept-config"], {
          environment: { IO3_MASTER_KEY: "ab".repeat(32) }
        })
        assert.deepStrictEqual([lost.code === 0, lost.stderr.includes("VAULT_KEY_INVALID")], [false, true])
        const accepted = yield* offline(where, "resume", run ?? "none", "--accept-config", "-o", "json")
        assert.strictEqual(parse(RunAgainOutput, accepted.stdout).source_run_id, run)
        for (const { stdout, stderr } of [changed, json, lost, accepted])
          assert.notInclude(stdout + stderr, CANARY)
      })
  )

  it.live("judge and do again on another machine what an export says, with its texts given", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const run = yield* ran(where)
      const file = join(where.root, "ledger.ndjson")
      yield* offline(where, "ledger", "export", file)
      const other = yield* home()
      const judged = yield* offline(other, "replay", run, "--from", file, "--recorded")
      assert.deepStrictEqual([judged.code, /7 events, \d+ decisions/u.test(judged.stdout)], [0, true])
      const missing = yield* offline(other, "replay", run, "--from", file)
      assert.deepStrictEqual([missing.code, missing.stdout], [1, ""])
      assert.include(missing.stderr, `  prompt of ${CANARY.length} characters\n`)
      const json = yield* offline(other, "replay", run, "--from", file, "-p", "short", "-o", "json")
      assert.deepStrictEqual(parse(AgainFailureOutput, json.stdout).error.required, [
        { step_index: null, task_spec_id: null, part: "prompt", count: CANARY.length, given: 5 }
      ])
      const made = yield* offline(other, "replay", run, "--from", file, "-p", CANARY, "-o", "json")
      assert.deepInclude(parse(RunAgainOutput, made.stdout), { status: "success", source_run_id: run })
      const { stdout } = yield* offline(other, "ledger", "verify")
      assert.include(stdout, "ok: ")
    })
  )
})
