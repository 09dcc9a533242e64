/** Runs the real program on runbooks with a scripted model: what reaches which stream, how it ends, what is on record then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import {
  RunbookPastOutput,
  RunbooksOutput,
  RunbookTextsOutput
} from "../../src/api/results/RunbookHistoryResults.ts"
import { RunbookBoundsOutput, RunbookLine, RunbookOutput } from "../../src/api/results/RunbookResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { codes } from "../../src/domain/Failure.ts"
import { configure, home, io3, parse, slowly, start, until } from "../support/io3.ts"
import { begins, breaks, says, verdict } from "../support/model.ts"
import { asking, promptOf, runbookScene } from "../support/runbookFile.ts"

const run = ["runbook", "run", "mine.json"]
const linesOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => parse(RunbookLine, line))

const mixed = JSON.stringify({
  runbook_id: "rb-mine",
  steps: [
    { task_spec_id: "ts-0", mode: "executor", prompt: "one" },
    {
      task_spec_id: "ts-1",
      mode: "executor",
      prompt: "two",
      when: { key: "session_mode", value: "steward" }
    },
    {
      task_spec_id: "ts-2",
      mode: "executor",
      prompt: "three",
      capabilities: ["cap.json_pretty"],
      capability_payload: { json: "{}" }
    }
  ]
})

describe("io3 runbook run", slowly, () => {
  it.live("prints each answer as data and what it cost apart from it, or nothing but the answers", () =>
    Effect.gen(function* () {
      const { io, server } = yield* runbookScene(mixed, (socket, asked) =>
        socket.write(says(`To ${promptOf(asked)}.`))
      )
      const text = yield* io(run)
      const made = /^To one\.\n\nTo three\.\n(\{.*\}\n)$/u.exec(text.stdout)
      assert.strictEqual(text.code, 0, text.stderr)
      assert.property(JSON.parse(made?.[1] ?? assert.fail(text.stdout)), "pretty")
      const facts = String.raw`executor → ollama writer · 1 of 2 calls · 7 in / 3 out · [\d.]+ m?s · not audited · run [0-9a-f-]{36}`
      const withOutput = facts.replace(" · not", " · cap.json_pretty: its output is the last line · not")
      assert.match(
        text.stderr,
        new RegExp(
          `^step 1 of 3 · ${facts}\nstep 2 of 3 · skipped: session_mode is not steward\nstep 3 of 3 · ${withOutput}\n` +
            String.raw`runbook rb-mine · 2 of 3 steps done · 1 skipped · 20 tokens · [\d.]+ m?s · run [0-9a-f-]{36}\n$`,
          "u"
        )
      )
      const raw = yield* io([...run, "--raw"])
      assert.deepStrictEqual([raw.code, raw.stdout, raw.stderr], [0, "To one.\n\nTo three.\n", ""])
      // Nothing of one step is in what another one asks.
      assert.isFalse(
        server.calls.some(({ messages }) => messages.some(({ content }) => content.startsWith("To ")))
      )
    })
  )

  it.live("prints one object, or its life in lines with pieces of answers that nothing can stop", () =>
    Effect.gen(function* () {
      const { io, json } = yield* runbookScene(mixed, (socket, { model, ...asked }) =>
        socket.write(model === "judge" ? verdict("pass") : says("To ", `${promptOf({ model, ...asked })}.`))
      )
      const whole = yield* json(RunbookOutput, run)
      const { steps, run_id, ...told } = whole
      assert.deepStrictEqual(told, {
        status: "ok",
        runbook_id: "rb-mine",
        source: null,
        attempt: 1,
        total_steps: 3,
        steps_completed: 2,
        steps_skipped: 1,
        terminated_early: false,
        failed_step_index: null,
        failure_kind: null,
        failure_code: null,
        tokens: 20,
        metadata_projection: { runbook_id: "rb-mine", event_count: 7 }
      } as never)
      assert.deepStrictEqual(
        steps.map(({ index, task_spec_id, status, message, receipt, capability }) => [
          index,
          task_spec_id,
          status,
          message,
          receipt?.chars,
          capability?.capability_id
        ]),
        [
          [0, "ts-0", "ok", "To one.", 7, undefined],
          [1, "ts-1", "skipped", undefined, undefined, undefined],
          [2, "ts-2", "ok", "To three.", 9, "cap.json_pretty"]
        ] as never
      )
      const lines = linesOf((yield* io([...run, "-o", "ndjson"])).stdout)
      assert.deepStrictEqual(
        lines.map(({ type }) => type),
        [
          "runbook_started",
          "runbook_step_started",
          "chunk",
          "chunk",
          "runbook_step_completed",
          "runbook_step_skipped",
          "runbook_step_started",
          "chunk",
          "chunk",
          "runbook_step_completed",
          "runbook_completed",
          "finished"
        ]
      )
      const last = lines.at(-1)
      assert.strictEqual(last?.type === "finished" && last.steps[2]?.message, "To three.")
      const audited = linesOf((yield* io([...run, "--audit", "-o", "ndjson"])).stdout)
      assert.isFalse(audited.some(({ type }) => type === "chunk"))
      const first = audited.find(({ type }) => type === "runbook_step_completed")
      const step = first && "step" in first ? first.step : assert.fail("there is no step")
      assert.deepStrictEqual([step?.message, step?.audit_meta?.audit_verdict], ["To one.", "pass"])

      const shown = yield* json(RunbookPastOutput, ["runbook", "show", run_id])
      assert.deepStrictEqual(
        shown.steps.map(({ standing, runs }) => [standing, runs.length]),
        [
          ["released", 1],
          ["skipped", 0],
          ["released", 1]
        ]
      )
      const texts = yield* json(RunbookTextsOutput, ["runbook", "show", run_id, "--text"])
      assert.deepStrictEqual(
        texts.steps.map(({ message }) => message),
        ["To one.", null, "To three."]
      )
      assert.property(texts.steps[2]?.capability_output, "pretty")
      const said = yield* io(["runbook", "show", run_id, "--text"])
      assert.deepStrictEqual([said.code, said.stdout, said.stderr], [0, "To one.\n\nTo three.\n", ""])
    })
  )

  it.live("keeps what came before a step that fails, and asks nothing after it", () =>
    Effect.gen(function* () {
      const { io, json, server } = yield* runbookScene(asking("one", "two", "three"), (socket, asked) =>
        socket.write(promptOf(asked) === "two" ? breaks(500, `{"error":"canary"}`) : says("Fine."))
      )
      const text = yield* io(run)
      assert.deepStrictEqual([text.code, text.stdout], [1, "Fine.\n"])
      assert.match(
        text.stderr,
        /^step 1 of 3 · [^\n]+\nPROVIDER_[A-Z_]+: [^\n]+\n {2}io3 runs show [0-9a-f-]{36}\nStep 2 of 3 did not end well\. What came before it stands\. Go on: io3 resume [0-9a-f-]{36}\n$/u
      )
      assert.notInclude(text.stderr, "canary")
      assert.isFalse(server.calls.some((asked) => promptOf(asked) === "three"))
      const whole = yield* json(RunbookOutput, run, 1)
      const code = whole.failure_code ?? assert.fail("it has no code")
      assert.deepInclude(whole, {
        status: "error",
        total_steps: 3,
        steps_completed: 1,
        terminated_early: true,
        failed_step_index: 1,
        failure_kind: codes[code].kind,
        metadata_projection: { runbook_id: "rb-mine" as never, event_count: 6 }
      } as never)
      assert.deepStrictEqual(
        whole.steps.map(({ status, message, error }) => [status, message, error?.code]),
        [
          ["ok", "Fine.", undefined],
          ["error", undefined, code]
        ]
      )
      const ended = yield* io([...run, "-o", "ndjson"])
      assert.strictEqual(ended.code, 1)
      const lines = linesOf(ended.stdout)
      assert.deepStrictEqual(
        lines.slice(-3).map(({ type }) => type),
        ["runbook_step_failed", "runbook_terminated", "failed"]
      )
      assert.deepInclude(lines.at(-2), { failed_step_index: 1, failure_code: code, terminated_early: true })

      const { runbooks, next } = yield* json(RunbooksOutput, ["runbook", "list", "--limit", "2"])
      assert.deepStrictEqual(
        runbooks.map(({ status, failure_code }) => [status, failure_code]),
        [
          ["terminated", code],
          ["terminated", code]
        ]
      )
      const rest = yield* json(RunbooksOutput, ["runbook", "list", "--cursor", String(next)])
      assert.deepStrictEqual([rest.runbooks.length, rest.next], [1, null])
      const shown = yield* io(["runbook", "show", whole.run_id])
      assert.match(shown.stdout, /^standing +terminated at step 2 \(PROVIDER_[A-Z_]+\): io3 resume /mu)
      assert.match(shown.stdout, /^step 3 {2}ts-2 {2}waiting$/mu)
      assert.isNull((yield* json(Verification, ["ledger", "verify"])).broken)
    })
  )

  it.live("begins nothing that it could not end: a file, a configuration or a budget that is not right", () =>
    Effect.gen(function* () {
      const { io, json, where, server } = yield* runbookScene(
        asking("one", "two"),
        () => assert.fail("somebody was asked"),
        "budgets: { window_hours: 2, calls: 3 }\n"
      )
      const file = (name: string, text: string) => writeFileSync(join(where.folder, name), text)
      file("many.json", asking(...Array.from({ length: 21 }, () => "again")))
      file("typo.yaml", "steps:\n  - { mode: executer, prompt: canary }\n")
      file("torn.yaml", "steps: [canary")
      const asked = [
        ["mine.json", "BUDGET_EXCEEDED", 1],
        ["many.json", "RUNBOOK_MAX_STEPS_EXCEEDED", 2],
        ["typo.yaml", "RUNBOOK_SCHEMA_ERROR", 2],
        ["torn.yaml", "RUNBOOK_INVALID_YAML", 2],
        ["none.yaml", "RUNBOOK_FILE_NOT_FOUND", 2]
      ] as const
      for (const [name, expected, code] of asked) {
        const { error } = yield* json(FailureOutput, ["runbook", "run", name], code)
        assert.strictEqual(error.code, expected, name)
      }
      const typo = yield* io(["runbook", "run", "typo.yaml"])
      assert.deepStrictEqual([typo.code, typo.stdout], [2, ""])
      assert.strictEqual(
        typo.stderr,
        `RUNBOOK_SCHEMA_ERROR: ${codes.RUNBOOK_SCHEMA_ERROR.summary}\n  runbook:2:7  unknown mode: steps[0].mode\n`
      )
      const persona = yield* json(FailureOutput, [...run, "--persona-mode", "nobody"], 2)
      assert.strictEqual(persona.error.code, "ROUTE_MODE_UNKNOWN")
      assert.deepStrictEqual((yield* json(RunbooksOutput, ["runbook", "list"])).runbooks, [])
      assert.strictEqual(server.calls.length, 0)

      const { affordable, certificate, steps } = yield* json(
        RunbookBoundsOutput,
        ["runbook", "bounds", "mine.json"],
        1
      )
      assert.deepStrictEqual([affordable, certificate.calls, steps.length], [false, 4, 2])
      const bounds = yield* io(["runbook", "bounds", "mine.json"])
      assert.strictEqual(bounds.code, 1)
      assert.match(bounds.stdout, /^at most {2}4 calls · /mu)
      // What is wrong with the file is said before what is wrong with the configuration.
      yield* configure(where.userConfig, { "runtime.yaml": "temperature: warm\n" })
      for (const [name, expected] of [
        ["torn.yaml", "RUNBOOK_INVALID_YAML"],
        ["typo.yaml", "CONFIG_INVALID"]
      ] as const) {
        const { error } = yield* json(FailureOutput, ["runbook", "run", name], 2)
        assert.strictEqual(error.code, expected)
      }
    })
  )

  it.live("says what to type of a file alone, and bounds twenty steps without leaving anything behind", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const stdin = asking(...Array.from({ length: 20 }, () => "again"))
      const [alone, bounds, none] = yield* Effect.all(
        [
          io3(where, ["runbook", "mine.json", "-o", "json"]),
          io3(where, ["--offline", "runbook", "bounds", "-", "-o", "json"], { stdin }),
          io3(where, ["runbook", "show", "0190"])
        ],
        { concurrency: 3 }
      )
      assert.strictEqual(alone.code, 2)
      assert.deepStrictEqual(parse(FailureOutput, alone.stdout).error.usage, [
        "Unknown command; a file is run by io3 runbook run FILE"
      ])
      assert.strictEqual(parse(RunbookBoundsOutput, bounds.stdout).certificate.calls, 20)
      assert.deepStrictEqual([none.code, none.stdout], [1, ""])
      assert.match(none.stderr, /^RUN_NOT_FOUND: /u)
      assert.isFalse(existsSync(where.data))
    })
  )

  it.live("cancels the call on Ctrl-C, records that, and says how to go on", () =>
    Effect.gen(function* () {
      const { where, server, io, json } = yield* runbookScene(
        asking("one", "two", "three"),
        (socket, asked) => socket.write(promptOf(asked) === "one" ? says("Fine.") : begins("Half"))
      )
      for (const format of ["text", "json", "ndjson"] as const) {
        const before = server.calls.length
        const running = yield* start(where, [...run, "-o", format])
        yield* until(() => server.calls.length === before + 2)
        running.process.kill("SIGINT")
        const { code, stdout, stderr } = yield* running.ended
        assert.strictEqual(code, 130, stderr)
        yield* server.left
        const { runbooks } = yield* json(RunbooksOutput, ["runbook", "list", "--limit", "1"])
        const [{ run_id, status, failure_code }] = runbooks as [(typeof runbooks)[number]]
        assert.deepStrictEqual([status, failure_code], ["terminated", "RUN_CANCELLED"])
        if (format === "text") {
          assert.strictEqual(stdout, "Fine.\n")
          assert.match(stderr, /^RUN_CANCELLED: [^\n]+\n {2}io3 runs show [0-9a-f-]{36}$/mu)
          const hint = `Stopped at step 2 of 3. What came before it stands. Go on: io3 resume ${run_id}\n`
          assert.isTrue(stderr.endsWith(hint), stderr)
        } else {
          const lines =
            format === "json" ? [{ type: "whole", ...parse(RunbookOutput, stdout) }] : linesOf(stdout)
          const last = lines.at(-1) ?? assert.fail("nothing was printed")
          assert.deepInclude(last, { status: "error", run_id, failure_code: "RUN_CANCELLED" })
          // The step that was stopped is one of them, with its run.
          const step = "steps" in last ? last.steps.at(-1) : undefined
          assert.deepInclude(step ?? {}, { index: 1, status: "error" })
          assert.strictEqual(step?.error?.code, "RUN_CANCELLED")
          assert.isNotNull(step?.run_id ?? null)
          if (format === "ndjson") {
            assert.deepStrictEqual(
              lines.map(({ type }) => type).filter((type) => type.includes("step_")),
              [
                "runbook_step_started",
                "runbook_step_completed",
                "runbook_step_started",
                "runbook_step_failed"
              ]
            )
          }
        }
      }
      const shown = yield* io(["runbook", "show", "0"])
      assert.match(shown.stderr, /^RUN_AMBIGUOUS: /u)
    })
  )

  it.live("asks nothing more when nobody reads it any more", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, server, json } = yield* runbookScene(asking("one", "two", "three"), (socket, asked) => {
        if (promptOf(asked) === "two") finish = () => socket.write(says("Fine."))
        else socket.write(says("Fine."))
      })
      const running = yield* start(where, run)
      yield* until(() => running.stdout() === "Fine.\n" && server.calls.length === 2)
      running.process.stdout?.destroy()
      finish()
      const { code } = yield* running.ended
      assert.strictEqual(code, 130)
      const { runbooks } = yield* json(RunbooksOutput, ["runbook", "list"])
      assert.deepStrictEqual(
        runbooks.map(({ status, steps_completed, open }) => [status, steps_completed, open]),
        [["active", 2, null]]
      )
      assert.strictEqual(server.calls.length, 2)
    })
  )
})
