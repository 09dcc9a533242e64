/** Holds the capabilities that come with the program to what they say of their input, through the thread they work in. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { capabilities } from "../../../src/App.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { CapabilityId } from "../../../src/domain/Ids.ts"
import { Capabilities } from "../../../src/ports/Capability.ts"

const ask = Effect.fnUntraced(function* (name: string, payload: object | string) {
  const { invoke } = yield* Capabilities
  const text = typeof payload === "string" ? payload : JSON.stringify(payload)
  const { ok, errorCode, output } = yield* invoke(CapabilityId.make(`cap.${name}`), Content.of(text))
  return { ok, errorCode: errorCode as string | null, output: JSON.parse(reveal(output)) as unknown }
})
const yes = (output: unknown) => ({ ok: true, errorCode: null, output })

layer(capabilities())("the built-in", (it) => {
  it.effect("capabilities keep their names, and none has side effects", () =>
    Effect.gen(function* () {
      const { list } = yield* Capabilities
      const sizes = list.map(({ facts: { id, version, category, bounds } }) =>
        [id, version, category, bounds.maxInputChars, bounds.maxOutputChars].join(" ")
      )
      assert.deepStrictEqual(sizes, [
        "cap.csv_profile 1.0 computation 65536 32768",
        "cap.echo_json 1.0 validation 4096 1024",
        "cap.json_pretty 1.0 transformation 4096 8192",
        "cap.text_diff 1.0 computation 65536 262144",
        "cap.validate_json_schema 1.0 validation 8192 4096"
      ])
      for (const { facts } of list) {
        assert.deepStrictEqual([facts.bounds.maxCalls, facts.bounds.sideEffectsAllowed], [1, false])
      }
    })
  )

  it.effect("cap.echo_json counts bytes as bytes, and lists the keys that fit", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* ask("echo_json", '{ "b": "ü",  "a": 1 }'),
        yes({
          summary: {
            payload_bytes: 16,
            payload_type: "object",
            top_level_keys: ["a", "b"],
            top_level_len: 2
          }
        })
      )
      const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`k${index}`, 0]))
      const { output } = yield* ask("echo_json", many)
      const { summary } = output as {
        readonly summary: { readonly top_level_keys: Array<string>; readonly top_level_len: number }
      }
      assert.strictEqual(summary.top_level_len, 400)
      assert.isAtLeast(summary.top_level_keys.length, 100)
      assert.isBelow(summary.top_level_keys.length, 200)
    })
  )

  it.effect("cap.json_pretty indents by two, sorts keys and leaves letters as they are", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* ask("json_pretty", '{"b":[1,{}],"a":{"é":"\\n"},"10":[],"9":null}'),
        yes({
          pretty:
            '{\n  "10": [],\n  "9": null,\n  "a": {\n    "é": "\\n"\n  },\n  "b": [\n    1,\n    {}\n  ]\n}'
        })
      )
      const { code } = yield* Effect.flip(ask("json_pretty", '{"id":12345678901234567890}'))
      assert.strictEqual(code, "CAPABILITY_INVALID_PAYLOAD", "a number would become another one")
    })
  )

  const schema = {
    type: "object",
    required: ["z", "a"],
    properties: { a: { type: "integer", minimum: 3 }, s: { type: "string" }, o: { type: "object" } },
    additionalProperties: false
  }
  const errors = (...found: ReadonlyArray<readonly [path: string, code: string]>) => ({
    valid: found.length === 0,
    errors: found.map(([path, code]) => ({ path, code, detail: details[code] })),
    error_count: found.length,
    error_codes: [...new Set(found.map(([, code]) => code))]
  })
  const details: Readonly<Record<string, string>> = {
    INVALID_SCHEMA: "Schema is not an object",
    TYPE_MISMATCH: "Value has another type",
    MISSING_REQUIRED: "Required property is missing",
    MINIMUM_VIOLATION: "Value below minimum",
    ADDITIONAL_PROPERTY: "Additional property not allowed",
    UNSUPPORTED_SCHEMA: "Schema says something that is not checked here"
  }
  const checks: ReadonlyArray<readonly [schema: unknown, data: unknown, expected: object]> = [
    [schema, { z: 0, a: 3 }, errors(["/z", "ADDITIONAL_PROPERTY"])],
    [{ type: "integer" }, 1, errors()],
    [{ type: "integer" }, true, errors(["", "TYPE_MISMATCH"])],
    [{ type: "integer" }, 1.5, errors(["", "TYPE_MISMATCH"])],
    [
      schema,
      { "b/~": 0, a: 1, s: 7, o: [] },
      errors(
        ["/z", "MISSING_REQUIRED"],
        ["/a", "MINIMUM_VIOLATION"],
        ["/s", "TYPE_MISMATCH"],
        ["/o", "TYPE_MISMATCH"],
        ["/b~1~0", "ADDITIONAL_PROPERTY"]
      )
    ],
    [{ type: "array", items: { type: "boolean" } }, [true, 0], errors(["/1", "TYPE_MISMATCH"])],
    [{ type: "whatever" }, {}, errors(["", "UNSUPPORTED_SCHEMA"])],
    [{ properties: { a: { type: "date" } } }, { a: "x" }, errors(["/a", "UNSUPPORTED_SCHEMA"])],
    [{ type: "string", pattern: "^a" }, "b", errors(["", "UNSUPPORTED_SCHEMA"])],
    [{ type: "string", title: "a" }, "b", errors()],
    [{ required: ["constructor"] }, {}, errors(["/constructor", "MISSING_REQUIRED"])]
  ]
  it.effect("cap.validate_json_schema finds what is wrong, and says so of what it does not know", () =>
    Effect.gen(function* () {
      for (const [schema, data, expected] of checks) {
        const payload = { schema, data }
        assert.deepStrictEqual(
          yield* ask("validate_json_schema", payload),
          yes(expected),
          JSON.stringify(payload)
        )
      }
      for (const schema of [7, null, [], "text"]) {
        assert.deepStrictEqual(yield* ask("validate_json_schema", { schema, data: {} }), {
          ok: false,
          errorCode: "INVALID_SCHEMA",
          output: errors(["/schema", "INVALID_SCHEMA"])
        })
      }
      const data = Object.fromEntries(Array.from({ length: 800 }, (_, index) => [`k${index}`, 0]))
      const { output } = yield* ask("validate_json_schema", { schema: { additionalProperties: false }, data })
      const { errors: told, error_count } = output as {
        readonly errors: Array<unknown>
        readonly error_count: number
      }
      assert.strictEqual(error_count, 800)
      assert.isBelow(told.length, 100)
      assert.isAtLeast(told.length, 20)
    })
  )

  it.effect("cap.text_diff writes what patch reads, also at its worst", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* ask("text_diff", { before: "a\nb\nc", after: "a\nc\nd\n", context_lines: 0 }),
        yes({
          diff: "--- before\n+++ after\n@@ -2,2 +2,2 @@\n-b\n-c\n\\ No newline at end of file\n+c\n+d\n",
          added: 2,
          removed: 2,
          hunks: 1,
          identical: false
        })
      )
      const same = { before: "a\n", after: "a\n" }
      assert.deepStrictEqual(
        yield* ask("text_diff", same),
        yes({ diff: "", added: 0, removed: 0, hunks: 0, identical: true })
      )
      const lines = (one: string) => Array.from({ length: 5400 }, () => `${one}\n=\n`).join("")
      const worst = { before: lines("-"), after: lines("+"), context_lines: 0 }
      assert.isAtLeast(JSON.stringify(worst).length, 64_000)
      assert.isTrue((yield* ask("text_diff", worst)).ok)
    })
  )

  const tables: ReadonlyArray<readonly [payload: object, expected: object]> = [
    [
      { text: '\uFEFFname;age;since\r\n"x; y";1;2026-01-31\r\n"say ""hi""";;2026-02-01T10:00Z\r\n\r\n' },
      yes({
        delimiter: ";",
        rows: 2,
        uneven_rows: 0,
        columns: [
          { name: "name", type: "text", missing: 0, distinct: 2 },
          { name: "age", type: "integer", missing: 1, distinct: 1 },
          { name: "since", type: "date", missing: 0, distinct: 2 }
        ]
      })
    ],
    [
      { text: "007,1.5,TRUE,\n008,-2,false", header: false },
      yes({
        delimiter: ",",
        rows: 2,
        uneven_rows: 1,
        columns: [
          { name: "column_1", type: "text", missing: 0, distinct: 2 },
          { name: "column_2", type: "number", missing: 0, distinct: 2 },
          { name: "column_3", type: "boolean", missing: 0, distinct: 2 },
          { name: "column_4", type: "empty", missing: 2, distinct: 0 }
        ]
      })
    ],
    ...[
      ["", "EMPTY_CSV"],
      ["\n\r\n", "EMPTY_CSV"],
      ['"open', "MALFORMED_CSV"],
      ['"a"b,c', "MALFORMED_CSV"],
      [",".repeat(100), "TOO_MANY_COLUMNS"]
    ].map(
      ([text, errorCode]) =>
        [
          { text, delimiter: "," },
          { ok: false, errorCode, output: { delimiter: ",", rows: 0, uneven_rows: 0, columns: [] } }
        ] as const
    )
  ]
  it.effect("cap.csv_profile tells columns and what they hold, or why it cannot", () =>
    Effect.gen(function* () {
      for (const [payload, expected] of tables) {
        assert.deepStrictEqual(yield* ask("csv_profile", payload), expected, JSON.stringify(payload))
      }
    })
  )
})
