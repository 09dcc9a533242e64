/** Invokes capabilities with the real program: alone, beside a run, in a turn, and as what a steward is asked about. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput, RunLine, RunOutput } from "../../src/api/results/RunResults.ts"
import { InboxOutput, ViewOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { configure, home, io3, parse, recorded, script, slowly } from "../support/io3.ts"
import { says, scene } from "../support/model.ts"
import { sit } from "../support/terminal.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED a capability at a terminal: there is no script(1) of util-linux\n")

const PAYLOAD = '{"b":1,"a":"é"}'
const PRETTY = { pretty: '{\n  "a": "é",\n  "b": 1\n}' }
const pretty = ["--capability", "cap.json_pretty", "--payload", PAYLOAD]
const failed = (stdout: string) => parse(FailureOutput, stdout).error.code

describe("io3 capability", slowly, () => {
  it.live("prints what it yields, and as JSON what is known of the call; no model is asked", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
      writeFileSync(join(where.folder, "payload.json"), PAYLOAD)
      const ways = yield* Effect.all(
        [
          io3(where, ["capability", "cap.json_pretty", PAYLOAD]),
          io3(where, ["capability", "cap.json_pretty", "-f", "payload.json"]),
          io3(where, ["capability", "cap.json_pretty", "-f", "-"], { stdin: PAYLOAD })
        ],
        { concurrency: 2 }
      )
      for (const { code, stdout, stderr } of ways) {
        assert.deepStrictEqual([code, stdout], [0, `${JSON.stringify(PRETTY)}\n`])
        assert.match(stderr, /^cap\.json_pretty 1\.0 · ok · [\d.]+ m?s · run [0-9a-f-]{36}\n$/u)
      }
      const { stdout } = yield* io3(where, ["capability", "cap.json_pretty", PAYLOAD, "-o", "json"])
      const { result, receipt } = parse(RunOutput, stdout)
      assert.deepStrictEqual(Object.keys(JSON.parse(stdout).result.meta.capability), [
        "capability_id",
        "version",
        "category",
        "ok",
        "error_code",
        "duration_ms",
        "output"
      ])
      assert.deepStrictEqual(
        [result.route_id, result.message, result.meta.capability?.output, receipt.provenance],
        ["capability", JSON.stringify(PRETTY), PRETTY, "capability"]
      )
      // It takes nothing from standard input that nobody named.
      const open = yield* io3(where, ["capability", "cap.echo_json"], { stdin: null })
      assert.include(open.stdout, '"top_level_len":0')
      assert.strictEqual(server.calls.length, 0)
      assert.strictEqual((yield* io3(where, ["ledger", "verify", "--texts"])).code, 0)
    })
  )

  it.live(
    "that says no has answered; one that breaks has not, and nothing of what it was given is told",
    () =>
      Effect.gen(function* () {
        const where = yield* home()
        const schema = JSON.stringify({ schema: [], data: 1 })
        const refused = yield* io3(where, ["capability", "cap.validate_json_schema", schema, "-o", "json"])
        const { capability } = parse(RunOutput, refused.stdout).result.meta
        assert.strictEqual(refused.code, 0)
        assert.deepStrictEqual([capability?.ok, String(capability?.error_code)], [false, "INVALID_SCHEMA"])
        const text = yield* io3(where, ["capability", "cap.validate_json_schema", schema])
        assert.match(text.stderr, / · no: INVALID_SCHEMA · /u)
        const wrong = [
          [["cap.none", "{}"], 2, "CAPABILITY_NOT_FOUND"],
          [["cap.json_pretty", "{swordfish"], 2, "CAPABILITY_PAYLOAD_INVALID_JSON"],
          [["cap.json_pretty", '["swordfish"]'], 1, "CAPABILITY_INVALID_PAYLOAD"],
          [
            ["cap.echo_json", JSON.stringify({ swordfish: "a".repeat(5000) })],
            1,
            "CAPABILITY_INPUT_TOO_LARGE"
          ]
        ] as const
        for (const [args, code, name] of wrong) {
          const ended = yield* io3(where, ["capability", ...args, "-o", "json"])
          assert.deepStrictEqual([ended.code, failed(ended.stdout), ended.stderr], [code, name, ""])
          assert.notInclude(ended.stdout, "swordfish")
        }
        const twice = yield* io3(where, ["capability", "cap.echo_json", "{}", "-f", "x"])
        assert.deepStrictEqual([twice.code, twice.stdout], [2, ""])
      })
  )

  it.live.skipIf(!there)("is shown in lines where a person looks, without what moves their screen", () =>
    Effect.gen(function* () {
      const where = yield* home()
      writeFileSync(join(where.folder, "payload.json"), String.raw`{"a":"\u009b2J\u202e"}`)
      const person = yield* sit(where, ["capability", "cap.json_pretty", "-f", "payload.json"])
      yield* person.sees(/^\{\r?\n {2}"pretty": /mu)
      assert.strictEqual((yield* person.ended).code, 0)
      assert.notMatch(person.raw(), /[\u009b\u202e]/u)
    })
  )
})

describe("a run with a capability", slowly, () => {
  it.live("answers, and then says what was made: as the last line, in its JSON, or not at all", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An", " answer")))
      const ask = ["run", "executor", "-p", "question"]
      writeFileSync(join(where.folder, "payload.json"), PAYLOAD)
      const alias = ["--capability-id", "cap.json_pretty", "--capability-payload-json", PAYLOAD]
      const [text, raw, json, lines, file] = yield* Effect.all(
        [
          io3(where, [...ask, ...pretty]),
          io3(where, [...ask, ...pretty, "--raw"]),
          io3(where, [...ask, ...alias, "-o", "json"]),
          io3(where, [...ask, ...pretty, "-o", "ndjson"]),
          io3(where, [...ask, "--capability", "cap.json_pretty", "--payload-file", "-", "--no-stream"], {
            stdin: PAYLOAD
          })
        ],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(text.stdout, `An answer\n${JSON.stringify(PRETTY)}\n`)
      assert.include(text.stderr, " · cap.json_pretty: its output is the last line · ")
      assert.deepStrictEqual([raw.stdout, raw.stderr], ["An answer\n", ""])
      assert.strictEqual(file.stdout, text.stdout)
      const { result, receipt } = parse(RunOutput, json.stdout)
      assert.deepStrictEqual([result.message, result.meta.capability?.output], ["An answer", PRETTY])
      assert.strictEqual(receipt.capability?.id, result.meta.capability?.capability_id)
      const last = lines.stdout
        .trimEnd()
        .split("\n")
        .map((line) => parse(RunLine, line))
        .at(-1)
      assert.deepStrictEqual(last?.type === "finished" && last.result.meta.capability?.output, PRETTY)
      // What it made is not told to the model.
      for (const call of server.calls) assert.notInclude(JSON.stringify(call), "pretty")
      const [newest] = yield* recorded(where)
      const again = parse(
        RunOutput,
        (yield* io3(where, ["runs", "show", newest?.run ?? "", "--text", "-o", "json"])).stdout
      )
      assert.deepStrictEqual(again.result.meta.capability?.output, PRETTY)
    })
  )

  it.live(
    "is refused where its flags do not go together, and fails before the model is paid where its payload is wrong",
    () =>
      Effect.gen(function* () {
        const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
        const ask = ["run", "executor", "-p", "question"]
        const usage = [
          [...ask, "--payload", "{}"],
          [...ask, ...pretty, "--payload-file", "x"],
          ["run", "executor", "-f", "-", "--capability", "cap.echo_json", "--payload-file", "-"],
          ["run", "executor", "--capability", "cap.echo_json", "--payload-file", "-"],
          [...ask, "--capability", "cap.none"]
        ]
        const ended = yield* Effect.forEach(usage, (args) => io3(where, args, { stdin: "{}" }), {
          concurrency: 2
        })
        assert.deepStrictEqual(
          ended.map(({ code, stdout }) => [code, stdout]),
          usage.map(() => [2, ""])
        )
        assert.match(ended[3]?.stderr ?? "", /^PROMPT_REQUIRED/u)
        const wrong = yield* io3(where, [
          ...ask,
          "--capability",
          "cap.json_pretty",
          "--payload",
          "[]",
          "-o",
          "json"
        ])
        assert.deepStrictEqual([wrong.code, failed(wrong.stdout)], [1, "CAPABILITY_INVALID_PAYLOAD"])
        assert.strictEqual(server.calls.length, 0)
      })
  )
})

describe("a turn with a capability", slowly, () => {
  it.live("is what a steward is asked about where its class is named, and no other", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket) => socket.write(says("An answer")))
      yield* configure(where.projectConfig, {
        "runtime.yaml": "steward_thresholds: { capability_classes: [transformation] }\n"
      })
      const turn = (...args: ReadonlyArray<string>) =>
        Effect.map(io3(where, ["session", ...args, "-p", "question", "-o", "json"]), ({ code, stdout }) => ({
          code,
          ...parse(TurnOutput, stdout)
        }))
      const first = yield* turn("start", "--mode", "steward")
      const session = first.session_id ?? ""
      assert.deepStrictEqual([first.code, first.meta], [0, {}])
      const other = yield* turn("continue", session, "--capability", "cap.echo_json", "--payload", '{"a":1}')
      assert.deepStrictEqual([other.code, other.meta.capability?.category], [0, "validation"])
      const held = yield* turn("continue", session, ...pretty)
      assert.deepStrictEqual(
        [held.code, held.status, held.pause?.threshold_key],
        [3, "held", "capability_classes"]
      )
      // What it made waits as the answer does.
      assert.deepStrictEqual([held.meta.capability?.ok, held.meta.capability?.output], [true, null])
      const { pending } = parse(InboxOutput, (yield* io3(where, ["steward", "list", "-o", "json"])).stdout)
      assert.deepStrictEqual(
        pending.map(({ run_id }) => run_id),
        [held.run_id]
      )
      const view = parse(
        ViewOutput,
        (yield* io3(where, ["steward", "show", held.run_id, "-o", "json"])).stdout
      )
      assert.deepStrictEqual([view.message, JSON.parse(view.capability_output ?? "")], ["An answer", PRETTY])
      const digest = ["--digest", held.pause?.digest ?? ""]
      const approved = yield* io3(where, ["steward", "approve", held.run_id, ...digest])
      assert.deepStrictEqual([approved.code, approved.stdout], [0, `An answer\n${JSON.stringify(PRETTY)}\n`])
      const next = yield* io3(where, ["session", "continue", session, "-p", "question", ...pretty, "--raw"])
      assert.deepStrictEqual([next.code, next.stdout], [3, ""])
      const begun = yield* turn("start", "--mode", "steward", ...pretty)
      assert.strictEqual(begun.pause?.threshold_key, "capability_classes")
      const work = yield* turn("start", ...pretty)
      assert.deepStrictEqual([work.code, work.meta.capability?.output], [0, PRETTY])
      assert.strictEqual((yield* io3(where, ["ledger", "verify", "--texts"])).code, 0)
    })
  )
})
