/** Runs a runbook with a real small model to its end, over a pause and a resume: what was sent is checked, never cleverness. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { configure, home, io3 } from "../support/io3.ts"
import { announceSkip, locate, overhearing, start } from "../support/ollamaLite.ts"

const lite = locate()
if (lite === null) announceSkip("a runbook with a real model")

const RUNBOOK = `runbook_id: rb-real
steps:
  - { task_spec_id: ts-one, mode: executor, prompt: "Name one colour.", memory_packs: [pack.facts] }
  - task_spec_id: ts-two
    mode: executor
    prompt: Say what this object is.
    capabilities: [cap.json_pretty]
    capability_payload: { colour: teal }
  - { task_spec_id: ts-three, mode: executor, prompt: "Never asked.", when: { key: session_mode, value: work } }
  - { task_spec_id: ts-four, mode: executor, prompt: "Name one animal.", when: { key: session_mode, value: steward } }
  - { task_spec_id: ts-five, mode: executor, prompt: "Name one fruit." }
`

const Sent = Schema.fromJsonString(
  Schema.Struct({ messages: Schema.Array(Schema.Struct({ role: Schema.String, content: Schema.String })) })
)
const isSent = Schema.is(Schema.Struct({ messages: Schema.Array(Schema.Unknown) }))
const Ended = Schema.fromJsonString(Schema.Struct({ status: Schema.String, run_id: Schema.String }))
const Inbox = Schema.fromJsonString(
  Schema.Struct({ pending: Schema.Array(Schema.Struct({ run_id: Schema.String, digest: Schema.String })) })
)

describe.skipIf(lite === null)("a runbook with a real model", { timeout: 180_000 }, () => {
  it.live("waits at the step whose capability a threshold names, and ends after the decision", () =>
    Effect.gen(function* () {
      if (lite === null) return assert.fail("no model")
      const { url, bodies } = yield* overhearing(yield* start(lite, "--prompt-cache"))
      const where = yield* home()
      yield* configure(where.userConfig, {
        "providers.yaml": `providers:\n  ollama:\n    enabled: true\n    base_url: ${url}\n    num_ctx: 2048\n`,
        "routing_table.yaml": `routing_table:\n  modes:\n    executor: { primary: "local:smollm2:135m", secondary: "local:smollm2:135m" }\n`,
        "runtime.yaml":
          "max_output_tokens: 12\nsteward_thresholds: { capability_classes: [transformation] }\n",
        "memory_packs.yaml": "packs:\n  - { id: pack.facts, scope: project, keys: [colour] }\n"
      })
      writeFileSync(join(where.folder, "runbook.yaml"), RUNBOOK)
      writeFileSync(join(where.folder, "fact.txt"), "The colour of the project is teal.")
      const done = (args: ReadonlyArray<string>, code = 0) =>
        Effect.map(io3(where, args), (ended) => {
          assert.strictEqual(ended.code, code, `${args.join(" ")}\n${ended.stderr}`)
          return ended.stdout
        })
      yield* done(["memory", "write", "project", "colour", "-f", "fact.txt", "--yes"])
      const first = yield* done(
        ["runbook", "run", "runbook.yaml", "--session-mode", "steward", "-o", "json"],
        3
      )
      const { status, run_id } = Schema.decodeUnknownSync(Ended)(first)
      assert.strictEqual(status, "paused")
      const { pending } = Schema.decodeUnknownSync(Inbox)(yield* done(["steward", "list", "-o", "json"]))
      const [held] = pending
      if (!held || pending.length !== 1) return assert.fail("one step is held")
      yield* done(["resume", run_id], 3)
      yield* done(["steward", "approve", held.run_id, "--digest", held.digest])
      const last = Schema.decodeUnknownSync(Ended)(yield* done(["resume", run_id, "-o", "json"]))
      assert.strictEqual(last.run_id, run_id)

      const asked = bodies
        .filter((body) => isSent(JSON.parse(body)))
        .map((body) => Schema.decodeUnknownSync(Sent)(body).messages)
      assert.deepStrictEqual(
        asked.map((messages) => messages.at(-1)?.content),
        ["Name one colour.", "Say what this object is.", "Name one animal.", "Name one fruit."]
      )
      // What is remembered is in the step that names the pack, and in no other; nothing of an answer is in the next one.
      assert.deepStrictEqual(
        asked.map((messages) => [messages.length, messages[0]?.content.includes("is teal") === true]),
        [true, false, false, false].map((remembers) => [2, remembers])
      )
      yield* done(["ledger", "verify", "--texts"])
      yield* done(["replay", run_id, "--recorded"])
    })
  )
})
