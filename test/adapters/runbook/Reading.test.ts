/** Owns that a runbook reads as it was meant, however it is written, and from wherever it comes. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Result, Stdio, Stream } from "effect"
import * as fc from "fast-check"
import { spawnSync } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { stringify } from "yaml"
import { decode } from "../../../src/adapters/runbook/Decode.ts"
import * as FileRunbooks from "../../../src/adapters/runbook/FileRunbooks.ts"
import { parseJson } from "../../../src/adapters/config/Json.ts"
import { plain } from "../../../src/adapters/config/Tree.ts"
import { Content } from "../../../src/domain/Content.ts"
import { canonical } from "../../../src/domain/ledger/Ledger.ts"
import type { Step } from "../../../src/domain/runbook/Runbook.ts"
import { RunbookReader } from "../../../src/ports/RunbookReader.ts"

const read = (text: string) => Effect.map(decode(new TextEncoder().encode(text)), ({ runbook }) => runbook)

const unit = fc.oneof(
  fc.constantFrom(
    "\n",
    " ",
    "\t",
    "\r",
    '"',
    "'",
    "\\",
    "#",
    ":",
    "-",
    "{",
    "é",
    "\u2028",
    "\ufeff",
    "😀",
    "\ud800"
  ),
  fc.integer({ min: 1, max: 0xffff }).map((code) => String.fromCharCode(code))
)
const text = fc.string({ unit, maxLength: 60 })
const prompt = text.filter((words) => !Content.of(words).isBlank)
const id = fc.stringMatching(/^[A-Za-z0-9._:/-]{1,12}$/u)
/** Every name but the one that no mapping may have. */
const key = text.filter((name) => name !== "__proto__")
const payload = fc.dictionary(
  key,
  fc.oneof(
    text,
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(text)
  ),
  { maxKeys: 4, noNullPrototype: true }
)
const when = fc.oneof(
  fc.record(
    {
      key: fc.constant("session_mode"),
      op: fc.constantFrom("eq", "neq"),
      value: fc.constantFrom("work", "steward")
    },
    { requiredKeys: ["key", "value"] }
  ),
  fc.record({ key: fc.constant("persona_mode"), op: fc.constantFrom("eq", "neq"), value: id })
)
const packs = fc.option(fc.array(id, { maxLength: 3 }))
const task = fc
  .record({
    task: fc.record(
      { task_spec_id: id, mode: id, prompt, memory_packs: packs, metadata: fc.option(payload) },
      { requiredKeys: ["mode", "prompt"] }
    ),
    use: fc.oneof(
      fc.constantFrom({}, { capabilities: [] }, { capabilities: null }),
      fc.record(
        { capabilities: fc.tuple(id), capability_payload: payload },
        { requiredKeys: ["capabilities"] }
      )
    )
  })
  .map(({ task: rest, use }): Task => ({ ...rest, ...use }))
interface Task {
  readonly task_spec_id?: string
  readonly mode: string
  readonly prompt: string
  readonly capabilities?: ReadonlyArray<string> | null
  readonly capability_payload?: object
  readonly memory_packs?: ReadonlyArray<string> | null
}
const step = fc.record({ task, when: fc.option(when, { nil: undefined }), wrapped: fc.boolean() })
const written = fc.record({
  id: fc.option(id),
  steps: fc.uniqueArray(step, {
    minLength: 1,
    maxLength: 20,
    selector: ({ task: { task_spec_id } }) => task_spec_id ?? Symbol("none")
  })
})

/** What may be held against each other: contents show nothing of themselves. */
const shown = ({ prompt: words, capability, ...rest }: Step) => ({
  ...rest,
  prompt: words.bytes,
  capability: capability && { id: capability.id, payload: capability.payload?.bytes ?? null }
})

describe("a runbook", () => {
  it.effect("reads back as it was, from JSON and from YAML", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(written, fc.constantFrom(undefined, 2), async ({ id: name, steps }, space) => {
          const file = {
            ...(name !== null && { runbook_id: name }),
            steps: steps.map(({ task: spec, when: condition, wrapped }) => ({
              ...(wrapped ? { task_spec: spec } : spec),
              ...(condition && { when: condition })
            }))
          }
          const yaml = stringify(file, { lineWidth: space === 2 ? 40 : 0, aliasDuplicateObjects: false })
          const both = Effect.forEach([JSON.stringify(file, null, space), yaml], read)
          for (const runbook of await Effect.runPromise(both)) {
            assert.strictEqual(runbook.id, name)
            assert.lengthOf(runbook.steps, steps.length)
            for (const [index, got] of runbook.steps.entries()) {
              const { task: spec, when: condition } = steps[index] ?? assert.fail()
              const words = Content.of(spec.prompt.trim())
              const use = spec.capability_payload && Content.of(canonical(spec.capability_payload))
              assert.isTrue(got.prompt.equals(words))
              assert.isTrue(!use || got.capability?.payload?.equals(use))
              assert.deepEqual(shown(got), {
                id: spec.task_spec_id ?? null,
                mode: spec.mode,
                prompt: words.bytes,
                capability: spec.capabilities?.[0]
                  ? { id: spec.capabilities[0], payload: use?.bytes ?? null }
                  : null,
                packs: spec.memory_packs ?? null,
                when: condition ? { op: "eq", ...condition } : null
              } as never)
            }
          }
        }),
        { numRuns: 150 }
      )
    )
  )

  it("of JSON is what JSON is, no more and no less", () => {
    const place = { origin: "flag", file: "runbook" } as const
    const agree = (given: string) => {
      const ours = Result.map(parseJson(given, place), plain)
      const theirs = Result.try((): unknown => JSON.parse(given))
      if (Result.isFailure(theirs)) return assert.isTrue(Result.isFailure(ours), given)
      if (Result.isSuccess(ours)) return assert.deepStrictEqual(ours.success, theirs.success)
      // Only these are JSON, and not ours.
      assert.oneOf(ours.failure.fault, ["key_not_allowed", "duplicate_key"], given)
    }
    const torn = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.nat(3),
        fc.constantFrom("", ",", '"', "\\", "{", "]", "0", "-", "e", "\t", "\u00a0")
      )
      .map(
        ([good, at, cut, put]) => good.slice(0, at % good.length) + put + good.slice((at % good.length) + cut)
      )
    fc.assert(fc.property(fc.oneof(fc.json(), torn, fc.string()), agree), { numRuns: 3000 })
    for (const odd of [
      "01",
      "1.",
      ".5",
      "+1",
      "-",
      "1e",
      "-0",
      "1e5",
      "NaN",
      "nul",
      "truefalse",
      '"\\x"',
      '"\\ud800"',
      "\ufeff1"
    ]) {
      agree(odd)
      agree(`[${odd}]`)
    }
  })

  it.effect("has the same places in JSON and in YAML, whatever ends its lines", () =>
    Effect.gen(function* () {
      for (const end of ["\n", "\r\n"]) {
        const lines = [
          "steps:",
          "  - mode: a",
          "    prompt: é😀",
          "  - task_spec:",
          "      mode: b",
          "      prompt: y"
        ]
        const yaml = yield* decode(new TextEncoder().encode(`\ufeff${lines.join(end)}${end}`))
        const braces = [
          '{"steps": [',
          ' {"mode": "a", "prompt": "😀"},',
          ' {"task_spec": {"prompt": "😀", "mode": "b"}}]}'
        ]
        const json = yield* decode(new TextEncoder().encode(`\ufeff${braces.join(end)}${end}`))
        const at = ({ placeOf }: typeof yaml) =>
          [0, 1].map((index) => {
            const { line, column, key: name } = placeOf(index, ["mode"], "unknown_mode")
            return `${line}:${column} ${name}`
          })
        assert.deepStrictEqual(at(yaml), ["2:5 steps[0].mode", "5:7 steps[1].task_spec.mode"])
        assert.deepStrictEqual(at(json), ["2:3 steps[0].mode", "3:33 steps[1].task_spec.mode"])
      }
    })
  )
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "io3-runbook-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
const from = (path: string, stdin: ReadonlyArray<string> = []) =>
  RunbookReader.use((reader) => reader.read(path)).pipe(
    Effect.provide(
      FileRunbooks.layer.pipe(
        Layer.provide(Stdio.layerTest({ stdin: Stream.fromIterable(stdin).pipe(Stream.encodeText) }))
      )
    )
  )

describe("a runbook's file", () => {
  it.effect("is a regular file, or a link to one, of at most 1 MiB", () =>
    Effect.gen(function* () {
      const root = yield* folder
      const path = (name: string) => join(root, name)
      mkdirSync(path("folder"))
      spawnSync("mkfifo", [path("pipe")])
      symlinkSync(path("gone"), path("dangling"))
      const good = "steps: [{ mode: a, prompt: b }]\n"
      const largest = good + "#".repeat(1024 * 1024 - good.length)
      writeFileSync(path("good"), largest)
      writeFileSync(path("large"), `${largest}#`)
      symlinkSync(path("good"), path("link"))
      for (const name of ["good", "link"]) assert.lengthOf((yield* from(path(name))).runbook.steps, 1)
      const code = (name: string) => Effect.map(Effect.flip(from(name)), (reason) => reason.code)
      for (const name of [
        "",
        path("gone"),
        path("folder"),
        path("pipe"),
        path("dangling"),
        path("good/x"),
        "a\0b"
      ]) {
        assert.strictEqual(yield* code(name), "RUNBOOK_FILE_NOT_FOUND", name)
      }
      assert.strictEqual(yield* code(path("x".repeat(5000))), "RUNBOOK_FILE_NOT_FOUND")
      const { code: tooLarge, limit } = yield* Effect.flip(from(path("large")))
      assert.strictEqual(tooLarge, "FILE_TOO_LARGE")
      assert.deepStrictEqual(limit, { actual: 1_048_577, allowed: 1_048_576, unit: "bytes" })
    })
  )

  it.effect("that may not be read is there all the same", () =>
    Effect.gen(function* () {
      const root = yield* folder
      writeFileSync(join(root, "mine"), "steps: []\n", { mode: 0o000 })
      chmodSync(root, 0o755)
      // To root every file is readable: such a process acts as somebody else for a while.
      if (process.geteuid?.() === 0) {
        process.seteuid?.(65_534)
        yield* Effect.addFinalizer(() => Effect.sync(() => process.seteuid?.(0)))
      }
      assert.strictEqual((yield* Effect.flip(from(join(root, "mine")))).code, "FILE_UNREADABLE")
    })
  )

  it.effect("may come by standard input, in pieces, and as much of it", () =>
    Effect.gen(function* () {
      const pieces = ['{"steps": [{"mode": "a", "pro', 'mpt": "b"}]}']
      assert.lengthOf((yield* from("-", pieces)).runbook.steps, 1)
      const { code } = yield* Effect.flip(from("-", [...pieces, " ".repeat(1024 * 1024)]))
      assert.strictEqual(code, "FILE_TOO_LARGE")
    })
  )
})
