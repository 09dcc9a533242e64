/** Runs the real program on runbooks: what it says of good ones, and that it says nothing of what is in them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { RunbookCheckOutput } from "../../src/api/results/RunbookResults.ts"
import { configure, home, io3, parse, slowly } from "../support/io3.ts"

const templates = join(import.meta.dirname, "../../config/templates")
const CANARY = "Zk7canary"
const check = ["--offline", "runbook", "check"]

const conditional = `runbook_id: rb-mine
steps:
  - task_spec:
      task_spec_id: ../../etc/passwd
      mode: executor
      prompt: "  ${CANARY} 😀 "
      capabilities: [cap.echo_json]
      capability_payload: { ${CANARY}: 1 }
      memory_packs: [pack.default.starter]
      metadata: { ${CANARY}: ${CANARY} }
    when: { key: session_mode, value: steward }
  - mode: fast
    prompt: ${CANARY}
    memory_packs: []
    when: { key: persona_mode, op: neq, value: draft }
`

describe("io3 runbook check", slowly, () => {
  it.live("says what each step would be, and nothing of what it says", () =>
    Effect.gen(function* () {
      const where = yield* home()
      writeFileSync(join(where.folder, "mine.yaml"), conditional)
      const [text, work, steward] = yield* Effect.all(
        [
          io3(where, [...check, "mine.yaml"]),
          io3(where, [...check, "mine.yaml", "-o", "json"]),
          io3(
            where,
            [...check, "-", "--session-mode", "steward", "--persona-mode", "draft", "-o", "ndjson"],
            {
              stdin: conditional
            }
          )
        ],
        { concurrency: 3 }
      )
      for (const { code, stdout, stderr } of [text, work, steward]) {
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.notInclude(stdout, CANARY)
      }
      const first = {
        index: 0,
        task_spec_id: "../../etc/passwd",
        mode: "executor",
        prompt_chars: 11,
        capability: { id: "cap.echo_json", payload_bytes: `{"${CANARY}":1}`.length },
        memory_packs: ["pack.default.starter"],
        when: { key: "session_mode", op: "eq", value: "steward" },
        runs: false
      }
      const second = {
        index: 1,
        task_spec_id: null,
        mode: "fast",
        prompt_chars: CANARY.length,
        capability: null,
        memory_packs: [],
        when: { key: "persona_mode", op: "neq", value: "draft" },
        runs: true
      }
      assert.deepEqual(parse(RunbookCheckOutput, work.stdout), {
        status: "ok",
        runbook_id: "rb-mine",
        session_mode: "work",
        persona_mode: "executor",
        steps: [first, second]
      } as never)
      const other = parse(RunbookCheckOutput, steward.stdout)
      assert.deepStrictEqual([other.session_mode, other.persona_mode], ["steward", "draft"])
      assert.deepStrictEqual(
        other.steps.map(({ runs }) => runs),
        [true, false]
      )
      assert.match(text.stdout, /^runbook {4}rb-mine$/mu)
      assert.match(text.stdout, /^steps {6}2, of which 1 run$/mu)
      assert.match(text.stdout, /^steps\[0\] {3}\.\.\/\.\.\/etc\/passwd {2}\(left out\)$/mu)
      assert.isFalse(existsSync(where.data), "looking at a runbook leaves nothing behind")
    })
  )

  it.live("names everything that is not there at once, each at its place", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const stdin = [
        "steps:",
        `  - { mode: ${CANARY}, prompt: x, memory_packs: [pack.default.starter, ${CANARY}] }`,
        `  - task_spec: { mode: challenger, prompt: x, capabilities: [${CANARY}] }`,
        `    when: { key: persona_mode, value: ${CANARY} }`
      ].join("\n")
      const [text, json] = yield* Effect.all(
        [io3(where, [...check, "-"], { stdin }), io3(where, [...check, "-", "-o", "json"], { stdin })],
        { concurrency: 2 }
      )
      assert.deepStrictEqual([text.code, text.stdout, json.code, json.stderr], [2, "", 2, ""])
      assert.strictEqual(
        text.stderr,
        [
          "RUNBOOK_SCHEMA_ERROR: The file is not a runbook, or names what is not there.",
          "  runbook:2:7  unknown mode: steps[0].mode",
          "  runbook:2:72  unknown pack: steps[0].memory_packs[1]",
          "  runbook:3:18  internal mode: steps[1].task_spec.mode",
          "  runbook:3:62  unknown capability: steps[1].task_spec.capabilities[0]",
          "  runbook:4:32  unknown mode: steps[1].when.value",
          ""
        ].join("\n")
      )
      const { code, places } = parse(FailureOutput, json.stdout).error
      assert.strictEqual(code, "RUNBOOK_SCHEMA_ERROR")
      assert.lengthOf(places, 5)
      assert.notInclude(json.stdout, CANARY)
    })
  )

  it.live("looks at the file first, then at its text, and at the configuration last", () =>
    Effect.gen(function* () {
      const where = yield* home()
      yield* configure(where.userConfig, { "runtime.yaml": "temperature: warm\n" })
      const file = (name: string, text: string) => writeFileSync(join(where.folder, name), text)
      file("torn.json", `{ "${CANARY}": `)
      file("torn.yaml", `steps: [ ${CANARY}\n`)
      file("other.yaml", `${CANARY}: 1\n`)
      file("good.yaml", "steps: [{ mode: executor, prompt: x }]\n")
      const asked = [
        ["gone.yaml", "RUNBOOK_FILE_NOT_FOUND"],
        [".", "RUNBOOK_FILE_NOT_FOUND"],
        ["torn.json", "RUNBOOK_INVALID_JSON"],
        ["torn.yaml", "RUNBOOK_INVALID_YAML"],
        ["other.yaml", "RUNBOOK_SCHEMA_ERROR"],
        ["good.yaml", "CONFIG_INVALID"]
      ] as const
      const ended = yield* Effect.forEach(asked, ([name]) => io3(where, [...check, name, "-o", "json"]), {
        concurrency: 3
      })
      for (const [index, [name, expected]] of asked.entries()) {
        const { code, stdout, stderr } = ended[index] ?? assert.fail()
        assert.deepStrictEqual([code, stderr], [2, ""], name)
        assert.strictEqual(parse(FailureOutput, stdout).error.code, expected, name)
        assert.notInclude(stdout, CANARY)
      }
    })
  )

  it.live("refuses a persona that cannot be", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const stdin = "steps: [{ mode: executor, prompt: x }]\n"
      const unknown = yield* io3(where, [...check, "-", "--persona-mode", "nobody", "-o", "json"], { stdin })
      assert.strictEqual(unknown.code, 2)
      assert.strictEqual(parse(FailureOutput, unknown.stdout).error.code, "ROUTE_MODE_UNKNOWN")
    })
  )

  it.live("finds nothing wrong with the templates that come with the program", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const names = readdirSync(templates)
      assert.include(names, "chat_session.yaml")
      for (const name of names) {
        const path = join(templates, name)
        const { code, stdout, stderr } = yield* io3(where, [...check, path, "-o", "json"])
        assert.deepStrictEqual([code, stderr], [0, ""], name)
        assert.isAbove(parse(RunbookCheckOutput, stdout).steps.length, 0)
        const [first] = readFileSync(path, "utf8").split("\n")
        assert.strictEqual(first, "# yaml-language-server: $schema=../schema/runbook.json", name)
      }
    })
  )
})
