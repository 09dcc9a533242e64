/** Owns that a bad runbook is refused at its place, in bounded time, without a word of it in the failure. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { decode } from "../../../src/adapters/runbook/Decode.ts"
import { codes, RuntimeFailure } from "../../../src/domain/Failure.ts"

const bytes = (text: string | Uint8Array) =>
  typeof text === "string" ? new TextEncoder().encode(text) : text
const refused = (text: string | Uint8Array) => Effect.flip(decode(bytes(text)))

/** The code, and each place as `line:column fault key`. */
const complaint = (reason: RuntimeFailure): ReadonlyArray<string> => [
  reason.code,
  ...(reason.places ?? []).map(({ line, column, fault, key }) => `${line}:${column} ${fault} ${key ?? "-"}`)
]

const json = (...steps: ReadonlyArray<unknown>) => JSON.stringify({ steps })
const good = { mode: "executor", prompt: "x" }
const yaml = (keys: string) => `steps:\n  - mode: executor\n    prompt: x\n${keys}`
const wrong = (...places: ReadonlyArray<string>) => ["RUNBOOK_SCHEMA_ERROR", ...places]
const notYaml = (place: string) => ["RUNBOOK_INVALID_YAML", place]
const notJson = (place: string) => ["RUNBOOK_INVALID_JSON", place]

const cases: Readonly<
  Record<string, readonly [text: string | Uint8Array, complaint: ReadonlyArray<string>]>
> = {
  "no text at all": ["", wrong("1:1 missing_key steps")],
  "comments alone": ["# later\n", wrong("1:1 missing_key steps")],
  "a list at the root of JSON": ["[]", wrong("1:1 wrong_value -")],
  "a list at the root of YAML": ["- mode: executor\n", wrong("1:1 wrong_value -")],
  "a word at the root": ["runbook\n", wrong("1:1 wrong_value -")],
  "no steps": ['{ "runbook_id": "a" }', wrong("1:1 missing_key steps")],
  "steps that are null": ["steps:\n", wrong("1:1 wrong_value steps")],
  "steps that are a mapping": ["steps: { mode: executor }\n", wrong("1:1 wrong_value steps")],
  "an empty list of steps": ["steps: []\n", ["RUNBOOK_EMPTY", "1:1 wrong_value steps"]],
  "21 steps": [
    `steps:\n${"  - { mode: executor, prompt: x }\n".repeat(21)}`,
    ["RUNBOOK_MAX_STEPS_EXCEEDED", "22:5 too_many_steps steps[20]"]
  ],
  "a step that is a word": ["steps: [later]\n", wrong("1:9 wrong_value steps[0]")],
  "a step that is a list of steps": [json([good]), wrong("1:11 wrong_value steps[0]")],
  "a step with steps in it": [yaml("    steps: []\n"), wrong("4:5 unknown_key steps[0].steps")],
  "a task that is a runbook": [
    "steps:\n  - task_spec:\n      steps: []\n",
    wrong(
      "2:5 missing_key steps[0].task_spec.mode",
      "2:5 missing_key steps[0].task_spec.prompt",
      "3:7 unknown_key steps[0].task_spec.steps"
    )
  ],
  "a task beside its own keys": [
    "steps:\n  - task_spec: { mode: executor, prompt: x }\n    prompt: y\n",
    wrong("3:5 unknown_key steps[0].prompt")
  ],
  "no prompt": ["steps: [{ mode: executor }]\n", wrong("1:9 missing_key steps[0].prompt")],
  "a blank prompt": [
    "steps:\n  - mode: executor\n    prompt: ' \u00a0 '\n",
    wrong("3:5 wrong_value steps[0].prompt")
  ],
  "a prompt that is a number": [
    "steps: [{ mode: executor, prompt: 5 }]\n",
    wrong("1:27 wrong_value steps[0].prompt")
  ],
  "a NUL in a prompt": [json({ ...good, prompt: "a\0b" }), wrong("1:30 wrong_value steps[0].prompt")],
  "a mode of two words": ["steps: [{ mode: a b, prompt: x }]\n", wrong("1:11 wrong_value steps[0].mode")],
  "an unknown key": ["runbook: a\nsteps: [{ mode: executor, prompt: x }]\n", wrong("1:1 unknown_key *")],
  "a misspelt key": [yaml("    capabilites: [a]\n"), wrong("4:5 unknown_key steps[0].*")],
  "a number as an id": [`runbook_id: 7\n${yaml("")}`, wrong("1:1 wrong_value runbook_id")],
  "an id of words": [`runbook_id: my runbook\n${yaml("")}`, wrong("1:1 wrong_value runbook_id")],
  "an id of 10,000 signs": [
    `runbook_id: ${"a".repeat(10_000)}\n${yaml("")}`,
    wrong("1:1 wrong_value runbook_id")
  ],
  "a confusable id": [yaml("    task_spec_id: ехесutor\n"), wrong("4:5 wrong_value steps[0].task_spec_id")],
  "an id that was there": [
    json({ ...good, task_spec_id: "a" }, { task_spec: { ...good, task_spec_id: "a" } }),
    wrong("1:108 duplicate_id steps[1].task_spec.task_spec_id")
  ],
  "two capabilities": [
    yaml("    capabilities: [a, b, c]\n"),
    wrong("4:23 several_capabilities steps[0].capabilities[1]")
  ],
  "a capability that is a number": [
    yaml("    capabilities: [1]\n"),
    wrong("4:20 wrong_value steps[0].capabilities[0]")
  ],
  "capabilities that are a word": [
    yaml("    capabilities: a\n"),
    wrong("4:5 wrong_value steps[0].capabilities")
  ],
  "a payload for nobody": [
    yaml("    capabilities: []\n    capability_payload: {}\n"),
    wrong("5:5 payload_without_capability steps[0].capability_payload")
  ],
  "a payload that is a list": [
    yaml("    capabilities: [a]\n    capability_payload: []\n"),
    wrong("5:5 wrong_value steps[0].capability_payload")
  ],
  "a payload with a number JSON has no word for": [
    yaml("    capabilities: [a]\n    capability_payload: { a: .inf }\n"),
    wrong("5:27 wrong_value steps[0].capability_payload.*")
  ],
  "a number that is too large": [
    `{"steps":[{"mode":"a","prompt":"x","capabilities":["c"],"capability_payload":{"a":1e999}}]}`,
    wrong("1:79 wrong_value steps[0].capability_payload.*")
  ],
  "packs that are words": [
    yaml("    memory_packs: [two words]\n"),
    wrong("4:20 wrong_value steps[0].memory_packs[0]")
  ],
  "metadata that is a list": [yaml("    metadata: [a]\n"), wrong("4:5 wrong_value steps[0].metadata")],
  "a condition that is null": [yaml("    when:\n"), wrong("4:5 wrong_value steps[0].when")],
  "a condition that is a word": [yaml("    when: always\n"), wrong("4:5 wrong_value steps[0].when")],
  "a condition on something else": [
    yaml("    when: { key: answer, value: work }\n"),
    wrong("4:13 wrong_value steps[0].when.key")
  ],
  "an unknown comparison": [
    yaml("    when: { key: persona_mode, op: matches, value: executor }\n"),
    wrong("4:32 wrong_value steps[0].when.op")
  ],
  "a condition that never holds": [
    yaml("    when: { key: session_mode, value: stewart }\n"),
    wrong("4:32 wrong_condition steps[0].when.value")
  ],
  "conditions in a condition": [
    yaml("    when: { key: session_mode, value: work, when: { key: session_mode, value: work } }\n"),
    wrong("4:45 unknown_key steps[0].when.when")
  ],
  "a key twice in YAML": [yaml("    prompt: y\n"), notYaml("4:5 duplicate_key -")],
  "a key twice in JSON": ['{"steps": [],\n "steps": []}', notJson("2:2 duplicate_key -")],
  "a prototype in YAML": [
    yaml("    metadata: { __proto__: { mode: fast } }\n"),
    notYaml("4:17 key_not_allowed -")
  ],
  "a prototype in JSON": ['{"__proto__": {"steps": []}}', notJson("1:2 key_not_allowed -")],
  "a prototype behind an escape": ['{"__pr\\u006fto__": {}}', notJson("1:2 key_not_allowed -")],
  "an anchor": [yaml("    metadata: &a {}\n"), notYaml("4:5 alias_not_allowed -")],
  "a circle of aliases": ["steps: &a\n  - *a\n", notYaml("1:1 alias_not_allowed -")],
  "a merge of keys": [yaml("    <<: { mode: fast }\n"), wrong("4:5 unknown_key steps[0].*")],
  "a tag": [yaml("    metadata: !!js/function x\n"), notYaml("4:15 syntax -")],
  "two documents": [`${yaml("")}---\n${yaml("")}`, notYaml("4:1 syntax -")],
  "a bracket that stays open": ["steps: [\n", notYaml("2:1 syntax -")],
  "bytes that are no UTF-8": [new Uint8Array([0x73, 0x3a, 0x20, 0xff]), notYaml("1:1 not_text -")],
  "bytes in JSON that are no UTF-8": [
    new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22]),
    notJson("1:1 not_text -")
  ],
  "half a sign at the end": [new Uint8Array([...bytes(yaml("")), 0xf0, 0x9f]), notYaml("1:1 not_text -")],
  "a NUL in YAML": ["steps: [\0]\n", notYaml("1:1 not_text -")],
  "text of two bytes a sign": [new Uint8Array(Buffer.from(json(good), "utf16le")), notJson("1:1 not_text -")],
  "a comment in JSON": ['{ // later\n  "steps": [] }', notJson("1:3 syntax -")],
  "single quotes in JSON": ["{ 'steps': [] }", notJson("1:3 syntax -")],
  "a comma at the end of JSON": ['{\n  "steps": [\n    {},\n  ]\n}', notJson("4:3 syntax -")],
  "a key without quotes in JSON": ["{ steps: [] }", notJson("1:3 syntax -")],
  "a second document of JSON": ['{"steps": []}\n{"steps": []}', notJson("2:1 syntax -")],
  "a line break in a string of JSON": ['{"steps": "a\nb"}', notJson("1:11 syntax -")],
  "JSON that stops": ['{"steps": [{"mode": "exec', notJson("1:21 syntax -")],
  "a brace alone": ["\ufeff\r\n {", notJson("2:3 syntax -")],
  "depth in JSON": [`{"steps": ${"[".repeat(40)}`, notJson("1:43 too_deep -")],
  "bulk in JSON": [`{"steps": [${"1,".repeat(30_000)}1]}`, notJson("1:40008 too_many_values -")]
}

describe("a bad runbook", () => {
  it.effect.each(Object.entries(cases))("is refused at its place: %s", ([, [text, expected]]) =>
    Effect.gen(function* () {
      const reason = yield* refused(text)
      assert.deepStrictEqual(complaint(reason), expected)
      assert.strictEqual(codes[reason.code].exit, 2)
    })
  )

  it.effect("has all its faults named at once, in the order in which they are read", () =>
    Effect.gen(function* () {
      const reason = yield* refused(
        [
          "runbook_id: 1",
          "steps:",
          "  - when: { key: session_mode, value: draft }",
          "    task_spec:",
          "      mode: [executor]",
          "      task_spec_id: a b",
          "  - { prompt: x, mode: draft, task_spec_id: same, extra: 1 }",
          "  - { prompt: x, mode: draft, task_spec_id: same }",
          "  - { prompt: x, mode: draft, task_spec_id: same, colour: red }",
          "  - { prompt: x, mode: draft, task_spec_id: same }"
        ].join("\r\n")
      )
      assert.deepStrictEqual(complaint(reason), [
        "RUNBOOK_SCHEMA_ERROR",
        "1:1 wrong_value runbook_id",
        "3:32 wrong_condition steps[0].when.value",
        "4:5 missing_key steps[0].task_spec.prompt",
        "5:7 wrong_value steps[0].task_spec.mode",
        "6:7 wrong_value steps[0].task_spec.task_spec_id",
        "7:51 unknown_key steps[1].*",
        "8:31 duplicate_id steps[2].task_spec_id",
        "9:31 duplicate_id steps[3].task_spec_id",
        "9:51 unknown_key steps[3].*",
        "10:31 duplicate_id steps[4].task_spec_id"
      ])
    })
  )

  it.effect("says how many steps there are", () =>
    Effect.gen(function* () {
      const { limit } = yield* refused(json(...Array.from({ length: 150 }, () => good)))
      assert.deepStrictEqual(limit, { actual: 150, allowed: 20, unit: "steps" })
    })
  )

  const MEBIBYTE = 1024 * 1024
  const filled = (start: string, part: string) =>
    (start + part.repeat(MEBIBYTE / part.length)).slice(0, MEBIBYTE)
  const bombs = {
    "open brackets": filled("a: ", "["),
    "open brackets of JSON": filled("", "["),
    "open braces of JSON": filled("", '{"a":'),
    commas: filled("a: [", ","),
    dashes: filled("", "- "),
    questions: filled("a: {", "? "),
    tags: filled("a: ", "! "),
    aliases: filled("a: &a ", "*a "),
    documents: filled("", "---\n"),
    "lines of nothing": filled("", "\n"),
    keys: filled("", "a:\n"),
    "one string of JSON": filled('{"', "\\n"),
    "numbers of JSON": filled('{"a":[', "1,"),
    laughs: Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(i > 0 ? 9 : 0)}]\n`
    ).join("")
  }
  it.effect.each(Object.entries(bombs))("is refused however much there is of it: %s", ([, text]) =>
    Effect.map(refused(text), ({ code, places }) => {
      assert.match(code, /^RUNBOOK_INVALID_(?:YAML|JSON)$/u)
      assert.lengthOf(places ?? [], 1)
    })
  )

  it.effect("has no word of it in the failure", () =>
    Effect.gen(function* () {
      const canary = "Zk7canary"
      const texts = [
        ...Object.keys(good).map((key) => json({ ...good, [key]: [canary] })),
        json({ ...good, [canary]: canary }),
        json({ ...good, when: { key: canary, op: canary, value: canary } }),
        json({ ...good, when: { key: "session_mode", value: canary } }),
        json({ ...good, capabilities: [canary, canary] }),
        json({ ...good, capability_payload: { [canary]: canary } }),
        json({ ...good, capabilities: ["a"], capability_payload: { [canary]: { [canary]: 1 } } }).replace(
          "1}",
          "1e999}"
        ),
        json({ ...good, task_spec_id: canary }, { ...good, task_spec_id: canary }),
        json(canary),
        `{ "${canary}": ${canary}`,
        `{ "${canary}": 1, "${canary}": 1 }`,
        `${canary}: &${canary} [*${canary}]\n`,
        `${canary}: "\n`,
        yaml(`    ${canary}: ${canary}\n    prompt: ${canary}\n`)
      ]
      for (const text of texts) {
        const reason = yield* refused(text)
        const recorded = Schema.encodeSync(Schema.fromJsonString(RuntimeFailure))(reason)
        for (const said of [recorded, reason.message, String(reason.stack), String(reason)]) {
          assert.notInclude(said, canary, text)
        }
      }
    })
  )
})
