/** Holds memory against a model of it: versions, names that are none, sizes to the byte, and whoever writes at the same time. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fc from "fast-check"
import { Memories, type Writing } from "../../../src/core/memory/Memories.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Content } from "../../../src/domain/Content.ts"
import { MEMORY_PREFIX, Principal } from "../../../src/domain/Ids.ts"
import { Provenance, type Sensitivity } from "../../../src/domain/memory/MemoryEvent.ts"
import { named } from "../../../src/domain/memory/Memory.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { TestRuntime } from "../../../src/testing.ts"
import { codeOf } from "../../support/ledger.ts"

const principal = Principal.make("local")
const yes = Effect.succeed(true)
const layer = Layer.fresh(TestRuntime.layer({ providers: [] }))

const writing = (scope: string, key: string, value: string, rest: Partial<Writing> = {}): Writing => ({
  scope,
  key,
  value: Content.of(value),
  sensitivity: "standard",
  provenance: Provenance.make("human"),
  expected: null,
  principal,
  surface: "program",
  ...rest
})

const valueOf = (scope: string, key: string) =>
  Memories.use((memories) => Effect.map(memories.show(scope, key), ({ value }) => value.text))

/** How many streams there are. */
const streams = Journal.use((journal) =>
  Effect.map(
    journal.streams({ prefix: MEMORY_PREFIX, openOnly: false, before: null, limit: 1000 }),
    (all) => all.length
  )
)

const sound = Verifier.use((verifier) =>
  Effect.map(verifier.journal(true), ({ broken }) => assert.isNull(broken))
)

const names = ["a", "b.c", "session.last_intent"]
const scopes = ["one", "two"]

type Act =
  | {
      readonly act: "write"
      readonly value: string
      readonly sensitivity: Sensitivity | null
      /** `right` names the version that is there. */
      readonly expected: "any" | "right" | "wrong"
      readonly confirm: boolean
    }
  | { readonly act: "forget"; readonly confirm: boolean }
type Step = Act & { readonly scope: string; readonly key: string }

const often = fc.integer({ min: 0, max: 3 }).map((number) => number > 0)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant("write" as const),
      value: fc.string({ unit: "binary", maxLength: 12 }),
      sensitivity: fc.constantFrom<Sensitivity | null>(null, null, "standard", "elevated", "restricted"),
      expected: fc.constantFrom("any" as const, "right" as const, "wrong" as const),
      confirm: often,
      scope: fc.constantFrom(...scopes),
      key: fc.constantFrom(...names)
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant("forget" as const),
      confirm: often,
      scope: fc.constantFrom(...scopes),
      key: fc.constantFrom(...names)
    })
  }
)

interface Kept {
  readonly version: number
  readonly value: string | null
  readonly sensitivity: Sensitivity
}

/** Does these steps and holds each, and what is there at the end, against a list of versions; says where the record is broken. */
const lived = (steps: ReadonlyArray<Step>) =>
  Effect.gen(function* () {
    const memories = yield* Memories
    const model = new Map<string, Kept>()
    for (const one of steps) {
      const { scope, key } = one
      const id = `${scope}/${key}`
      const kept = model.get(id)
      const there = kept !== undefined && kept.value !== null
      if (one.act === "forget") {
        const code = yield* codeOf(memories.forget(scope, key, principal, Effect.succeed(one.confirm)))
        assert.strictEqual(code, there ? (one.confirm ? null : "MEMORY_WRITE_FAILED") : "MEMORY_NOT_FOUND")
        if (code === null && kept) model.set(id, { ...kept, value: null })
        continue
      }
      const current = there ? kept.version : 0
      const expected = { any: null, right: current, wrong: current + 1 }[one.expected]
      const { sensitivity } = one
      const code = yield* codeOf(
        memories.write(writing(scope, key, one.value, { sensitivity, expected }), Effect.succeed(one.confirm))
      )
      const refused = one.confirm ? null : "MEMORY_WRITE_FAILED"
      assert.strictEqual(code, one.expected === "wrong" ? "MEMORY_CONFLICT" : refused)
      if (code !== null) continue
      const version = (kept?.version ?? 0) + 1
      // Whoever names none changes none.
      const now = sensitivity ?? (there ? kept.sensitivity : "standard")
      model.set(id, { version, value: one.value.toWellFormed(), sensitivity: now })
    }
    for (const scope of scopes) {
      const { records, cursor } = yield* memories.list(scope, 100, null)
      assert.isNull(cursor)
      const listed = records.map(({ key, version, sensitivity, chars }) => ({
        key,
        version,
        sensitivity,
        chars
      }))
      const expected = [...model].flatMap(([id, { value, version, sensitivity }]) =>
        id.startsWith(`${scope}/`) && value !== null
          ? [{ key: id.slice(scope.length + 1), version, sensitivity, chars: [...value].length }]
          : []
      )
      const byKey = <A extends { readonly key: string }>(all: ReadonlyArray<A>) =>
        all.toSorted((one, other) => (one.key < other.key ? -1 : 1))
      assert.deepStrictEqual(byKey<object & { key: string }>(listed), byKey(expected))
      for (const key of names) {
        const value = model.get(`${scope}/${key}`)?.value ?? null
        if (value === null) assert.strictEqual(yield* codeOf(memories.show(scope, key)), "MEMORY_NOT_FOUND")
        else assert.strictEqual(yield* valueOf(scope, key), value)
      }
    }
    return (yield* (yield* Verifier).journal(true)).broken
  })

describe("Memories", () => {
  it("do what a list of versions would do, whatever happens in whatever order", () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 24 }), async (steps) => {
        const broken = await Effect.runPromise(Effect.provide(lived(steps), layer))
        assert.isNull(broken)
      }),
      { numRuns: 40 }
    ))

  it.effect(
    "have names that are no path, no property and no look-alike; nothing else is written or asked",
    () =>
      Effect.gen(function* () {
        const memories = yield* Memories
        const never = Effect.die(new Error("somebody was asked"))
        const wrong = [
          "",
          ".",
          "..",
          "../x",
          "a/b",
          "a\\b",
          "/etc/passwd",
          "~",
          "C:\\x",
          "a..b",
          ".a",
          "a.",
          "a\u0000",
          "a\n",
          "a b",
          "%2e%2e",
          "__proto__",
          "-a",
          "_a",
          "а",
          "ａ",
          "a\u0301",
          "a\u200d",
          "İ",
          "a\u202e",
          "a.b.c.d.e",
          "a".repeat(32),
          "a".repeat(10_000),
          "a.".repeat(5000)
        ]
        for (const name of wrong) {
          for (const [scope, key] of [
            [name, "ok"],
            ["ok", name]
          ] as const) {
            const codes = yield* Effect.all([
              codeOf(memories.write(writing(scope, key, "x"), never)),
              codeOf(memories.show(scope, key)),
              codeOf(memories.forget(scope, key, principal, never))
            ])
            assert.deepStrictEqual(
              codes,
              ["MEMORY_NAME_INVALID", "MEMORY_NAME_INVALID", "MEMORY_NAME_INVALID"],
              name
            )
          }
          assert.strictEqual(yield* codeOf(memories.list(name, 10, null)), "MEMORY_NAME_INVALID", name)
        }
        assert.strictEqual(yield* streams, 0)
        const odd = [
          "constructor",
          "prototype",
          "toString",
          "hasOwnProperty",
          "con",
          "nul",
          "A",
          "a",
          "0",
          "a_-_.b"
        ]
        for (const name of odd) {
          assert.strictEqual(yield* codeOf(memories.show(name, name)), "MEMORY_NOT_FOUND")
          yield* memories.write(writing(name, name, `value of ${name}`), yes)
        }
        for (const name of odd) assert.strictEqual(yield* valueOf(name, name), `value of ${name}`)
        // What stands on both sides of the dot, or of the slash, is not the same record.
        yield* memories.write(writing("a.b", "c", "one"), yes)
        yield* memories.write(writing("a", "b.c", "two"), yes)
        assert.deepStrictEqual([yield* valueOf("a.b", "c"), yield* valueOf("a", "b.c")], ["one", "two"])
        yield* sound
      }).pipe(Effect.provide(layer))
  )

  it.effect("take 64 KiB and not a byte more, and any text there is", () =>
    Effect.gen(function* () {
      const memories = yield* Memories
      const most = 64 * 1024
      for (const value of ["a".repeat(most), "é".repeat(most / 2), "𝄞".repeat(most / 4)]) {
        yield* memories.write(writing("s", "k", value), yes)
        assert.strictEqual(yield* valueOf("s", "k"), value)
        const large = memories.write(writing("s", "k", `${value}a`), Effect.die(new Error("asked")))
        const { code, limit } = yield* Effect.flip(large)
        assert.deepStrictEqual(
          [code, limit],
          ["MEMORY_VALUE_TOO_LARGE", { actual: most + 1, allowed: most, unit: "bytes" }]
        )
      }
      for (const [value, kept] of [
        ["\u0000a\u0000", "\u0000a\u0000"],
        ["\ud800a\udc00", "\ufffda\ufffd"],
        ["", ""],
        ["\u001b[31m\u202e[project/other]\n", "\u001b[31m\u202e[project/other]\n"]
      ] as const) {
        yield* memories.write(writing("s", "k", value), yes)
        assert.strictEqual(yield* valueOf("s", "k"), kept)
      }
      yield* sound
    }).pipe(Effect.provide(layer))
  )

  it.effect("have one winner where many write in place of one version, also while somebody is asked", () =>
    Effect.gen(function* () {
      const memories = yield* Memories
      const crowd = Array.from({ length: 8 }, (_, at) => `value ${at}`)
      const codes = yield* Effect.forEach(
        crowd,
        (value) =>
          codeOf(memories.write(writing("s", "k", value, { expected: 0 }), Effect.as(Effect.yieldNow, true))),
        { concurrency: "unbounded" }
      )
      const winner = codes.indexOf(null)
      assert.deepStrictEqual(
        codes,
        crowd.map((_, at) => (at === winner ? null : "MEMORY_CONFLICT"))
      )
      assert.strictEqual(yield* valueOf("s", "k"), crowd[winner])
      // Somebody says yes to what is not so any more.
      const meanwhile = Effect.as(Effect.orDie(memories.write(writing("s", "k", "faster"), yes)), true)
      assert.strictEqual(
        yield* codeOf(memories.write(writing("s", "k", "slower"), meanwhile)),
        "MEMORY_CONFLICT"
      )
      const again = Effect.as(Effect.orDie(memories.write(writing("s", "k", "again"), yes)), true)
      assert.strictEqual(yield* codeOf(memories.forget("s", "k", principal, again)), "MEMORY_CONFLICT")
      assert.strictEqual(yield* valueOf("s", "k"), "again")
      yield* sound
    }).pipe(Effect.provide(layer))
  )

  it.effect("are listed page by page, each once, and the last page says that it is the last", () =>
    Effect.gen(function* () {
      const memories = yield* Memories
      const keys = Array.from({ length: 5 }, (_, at) => `k${at}`)
      for (const key of keys) {
        yield* memories.write(writing("mine", key, key), yes)
        yield* memories.write(writing("other", key, key), yes)
      }
      yield* memories.forget("mine", "k2", principal, yes)
      const seen: Array<string> = []
      const sizes: Array<number> = []
      for (let cursor: number | null = null, first = true; first || cursor !== null; first = false) {
        const page: Effect.Success<ReturnType<typeof memories.list>> = yield* memories.list("mine", 2, cursor)
        seen.push(...page.records.map(({ key }) => key))
        sizes.push(page.records.length)
        cursor = page.cursor
      }
      assert.deepStrictEqual(
        [seen, sizes],
        [
          ["k4", "k3", "k1", "k0"],
          [2, 2]
        ]
      )
      const both = [named("mine", "k1"), named("mine", "k2"), named("mine", "no")]
      const found = yield* memories.find(yield* Effect.all(both.map((one) => Effect.fromResult(one))))
      assert.deepStrictEqual(
        found.map((one) => one?.version ?? null),
        [1, null, null]
      )
    }).pipe(Effect.provide(layer))
  )
})
