/** Runs the real program on runbooks whose steps wait for a steward: who is told what, and what a decision makes of them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { RunbookPastOutput } from "../../src/api/results/RunbookHistoryResults.ts"
import { RunbookLine } from "../../src/api/results/RunbookResults.ts"
import { DecisionOutput, InboxOutput, ViewOutput } from "../../src/api/results/StewardResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { parse, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { asking, promptOf, runbookScene } from "../support/runbookFile.ts"

const always = "steward_thresholds: { always: true }\n"
const run = ["runbook", "run", "mine.json", "--session-mode", "steward"]

const scene = (file: string, runtime = always) =>
  runbookScene(file, (socket, asked) => socket.write(says(`canary to ${promptOf(asked)}.`)), runtime)

const pretty = JSON.stringify({
  steps: [
    {
      mode: "executor",
      prompt: "one",
      capabilities: ["cap.json_pretty"],
      capability_payload: { json: '{"hidden":1}' }
    }
  ]
})

describe("a runbook that waits for a steward", slowly, () => {
  it.live("exits with 3, lets nothing out, and goes by the commands that it names", () =>
    Effect.gen(function* () {
      const { io, json } = yield* scene(asking("one", "two"))
      const text = yield* io(run)
      assert.deepStrictEqual([text.code, text.stdout], [3, ""])
      const [, show = "", runbook = ""] =
        /^Held for a steward \(always\): nothing of the answer of step 1 of 2 has left\. Next:\n {2}io3 (steward show [0-9a-f-]{36})\n {2}io3 resume ([0-9a-f-]{36})\n$/u.exec(
          text.stderr
        ) ?? assert.fail(text.stderr)
      const listed = yield* io(["steward", "list"])
      assert.match(listed.stdout, new RegExp(`runbook ${runbook}, step 1 of 2\n$`, "u"))
      const shown = yield* io(show.split(" "))
      assert.deepStrictEqual([shown.code, shown.stdout], [0, "canary to one.\n"])
      assert.include(shown.stderr, `runbook   ${runbook} · step 1 of 2 · steward mode\n`)
      assert.notInclude(shown.stderr, "canary")
      const [, tokens] = / (\d+) tokens in the runbook\n/u.exec(shown.stderr) ?? assert.fail(shown.stderr)
      assert.isAbove(Number(tokens), 0)
      const paused = yield* io(["runbook", "show", runbook])
      assert.include(paused.stdout, `\nspent     ${tokens} tokens with step 1, which is held\n`)
      const [, left] = /^left {6}(.*) after step 1, which is held$/mu.exec(paused.stdout) ?? assert.fail()
      const runs = yield* io(["runs", "list"])
      assert.match(runs.stdout, new RegExp(` {2}step 1 of ${runbook}\n$`, "u"))
      const commands = [...shown.stderr.matchAll(/^ {2}io3 (steward (\w+) .*)$/gmu)]
      assert.deepStrictEqual(
        commands.map(([, , action]) => action),
        ["approve", "edit", "redirect", "reject", "close"]
      )
      const approved = yield* io(commands[0]?.[1]?.split(" ") ?? [])
      assert.deepStrictEqual([approved.code, approved.stdout], [0, "canary to one.\n"])
      assert.match(approved.stderr, new RegExp(`^approved · .* · go on: io3 resume ${runbook}\n$`, "u"))
      const past = yield* json(RunbookPastOutput, ["runbook", "show", runbook])
      assert.deepStrictEqual(
        [past.status, past.steps.map(({ standing }) => standing)],
        ["active", ["released", "waiting"]]
      )
      const goesOn = yield* io(["runbook", "show", runbook])
      assert.include(goesOn.stdout, `\nspent     ${tokens} tokens\nleft      ${left}\n`)
      const late = yield* io(commands[0]?.[1]?.split(" ") ?? [])
      assert.match(late.stderr, /^STEWARD_DECIDED: [^\n]+\n {2}decided: approve\n {2}io3 runs show /u)
      assert.isNull((yield* json(Verification, ["ledger", "verify"])).broken)
    })
  )

  it.live("says in JSON what a decision has to name, and how the runbook stands after it", () =>
    Effect.gen(function* () {
      const { io, json, held } = yield* scene(asking("one"))
      const first = yield* held
      const pause = first.steps[0]?.pause ?? assert.fail("it is not held")
      assert.deepInclude(first, { status: "paused", steps_completed: 0, terminated_early: false })
      assert.deepInclude(pause, { threshold_key: "always", step_index: 0, steps_total: 1 })
      assert.notInclude(JSON.stringify(first), "canary")
      const view = yield* json(ViewOutput, ["steward", "show", first.run_id])
      assert.deepInclude(view, {
        message: "canary to one.",
        prompt: "one",
        runbook_run_id: first.run_id,
        session_id: null,
        capability_output: null
      })
      const deciding = (action: string, digest: string, ...more: ReadonlyArray<string>) => [
        "steward",
        action,
        first.run_id,
        "--digest",
        digest,
        ...more
      ]
      const audited = deciding("redirect", pause.digest, "-p", "else", "--audit")
      const refused = yield* json(FailureOutput, audited, 2)
      assert.strictEqual(refused.error.code, "USAGE_INVALID")
      const redirected = yield* json(DecisionOutput, deciding("redirect", pause.digest, "-p", "else"), 3)
      assert.deepInclude(redirected, { runbook_run_id: first.run_id, runbook_status: "paused" })
      const next = redirected.next
      if (!next || next.status !== "held") return assert.fail("the next one is not held")
      assert.deepInclude(next, { session_id: null, runbook_run_id: first.run_id, turn_index: 0 })
      assert.deepStrictEqual(next.pause?.valid_actions, ["approve", "edit", "reject", "close"])
      // Its second run is the last that was certified.
      const twice = yield* json(
        FailureOutput,
        deciding("redirect", next.pause?.digest ?? "", "-p", "once more"),
        1
      )
      assert.strictEqual(twice.error.code, "RUN_TRANSITION_INVALID")
      assert.strictEqual((yield* json(InboxOutput, ["steward", "list"])).pending.length, 1)
      const edited = yield* io(deciding("edit", next.pause?.digest ?? "", "-f", "-", "-o", "json"), {
        stdin: "In my words."
      })
      const decision = parse(DecisionOutput, edited.stdout)
      assert.deepInclude(decision, {
        action: "edit",
        message: "In my words.",
        runbook_status: "completed",
        session_id: null,
        session_status: null
      })
      const past = yield* json(RunbookPastOutput, ["runbook", "show", first.run_id])
      assert.deepStrictEqual(
        past.steps[0]?.runs.map(({ attempt, status, threshold }) => [attempt, status, threshold]),
        [
          [1, "redirected", "always"],
          [2, "released", "always"]
        ]
      )
    })
  )

  it.live("shows what a capability has made with the answer, and lets both out together", () =>
    Effect.gen(function* () {
      const { io, json, held } = yield* scene(
        pretty,
        "steward_thresholds: { capability_classes: [transformation] }\n"
      )
      const first = yield* held
      const { digest = "" } = first.steps[0]?.pause ?? {}
      const view = yield* json(ViewOutput, ["steward", "show", first.run_id])
      assert.include(view.capability_output ?? "", "hidden")
      const shown = yield* io(["steward", "show", first.run_id])
      assert.match(shown.stdout, /^canary to one\.\n\{.*hidden.*\}\n$/u)
      assert.notInclude(shown.stderr, "hidden")
      const approved = yield* io(["steward", "approve", first.run_id, "--digest", digest])
      assert.strictEqual(approved.stdout, shown.stdout)
      assert.match(
        approved.stderr,
        new RegExp(` · the runbook is done: io3 runbook show ${first.run_id}\n$`, "u")
      )
    })
  )

  it.live(
    "goes on after a step that is rejected, ends where it is closed, and says so in its last line",
    () =>
      Effect.gen(function* () {
        const { io, json, held } = yield* scene(asking("one", "two"))
        const first = yield* held
        const decide = (action: string, runbook: string, digest: string) =>
          io(["steward", action, runbook, "--digest", digest, "--raw"])
        const rejected = yield* decide("reject", first.run_id, first.steps[0]?.pause?.digest ?? "")
        assert.deepStrictEqual([rejected.code, rejected.stdout], [0, ""])
        assert.match(
          rejected.stderr,
          new RegExp(
            `^Rejected: the draft of run [0-9a-f-]{36} is discarded\\. Go on: io3 resume ${first.run_id}\n$`,
            "u"
          )
        )
        const lines = (yield* io([...run, "-o", "ndjson"])).stdout
          .trimEnd()
          .split("\n")
          .map((line) => parse(RunbookLine, line))
        assert.deepStrictEqual(
          lines.map(({ type }) => type),
          ["runbook_started", "runbook_step_started", "paused"]
        )
        const second = lines.at(-1)
        if (second?.type !== "paused") return assert.fail("it is not held")
        const closed = yield* decide("close", second.run_id, second.steps[0]?.pause?.digest ?? "")
        assert.match(
          closed.stderr,
          new RegExp(`The runbook has ended: io3 runbook show ${second.run_id}\n$`, "u")
        )
        const past = yield* json(RunbookPastOutput, ["runbook", "show", second.run_id])
        assert.deepInclude(past, {
          status: "terminated",
          failure_code: "STEWARD_REJECTED",
          failed_step_index: 0
        })
        assert.match(
          (yield* io(["runbook", "show", second.run_id])).stdout,
          /^standing +terminated · closed by a steward$/mu
        )
        const nothing = yield* io(["runbook", "show", second.run_id, "--text"])
        assert.deepStrictEqual([nothing.code, nothing.stdout], [1, ""])
        assert.match(nothing.stderr, /^RECEIPT_NOT_FOUND: /u)
      })
  )

  it.live("says when nobody will be asked", () =>
    Effect.gen(function* () {
      const { io } = yield* scene(asking("one"), "temperature: 0\n")
      const { code, stderr } = yield* io(run)
      assert.strictEqual(code, 0, stderr)
      assert.match(
        stderr,
        /^Steward mode without a threshold \(steward_thresholds\): nobody will be asked\.\n/u
      )
    })
  )
})
