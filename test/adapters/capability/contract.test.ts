/** Holds capabilities to their bounds, in the thread they really work in, whatever they do there. */
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { channel } from "node:diagnostics_channel"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Capability, type Definition } from "../../../src/adapters/capability/Definition.ts"
import * as Registry from "../../../src/adapters/capability/Registry.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import type { Code, RuntimeFailure } from "../../../src/domain/Failure.ts"
import { CapabilityId } from "../../../src/domain/Ids.ts"
import { Capabilities, type Invoked } from "../../../src/ports/Capability.ts"
import { until } from "../../support/io3.ts"
import { folder } from "../../support/ledger.ts"
import { misbehaving, type Way } from "../../support/misbehaving.ts"

/** So short that what never ends is stopped soon. */
const brief = { timeoutMillis: 200 }
const SECRET = "kingfisher"
const payload = (text = SECRET) => Content.of(JSON.stringify({ text }))
const idOf = (how: Way) => CapabilityId.make(`test.${how.toLowerCase()}`)
const using =
  (...definitions: ReadonlyArray<Definition>) =>
  <A, E>(body: (capabilities: Capabilities["Service"]) => Effect.Effect<A, E>) =>
    Capabilities.use(body).pipe(Effect.provide(Layer.fresh(Registry.layer(definitions))))
const said = ({ output }: Invoked) => reveal(output)

/** Everything that a failure could say. */
const allOf = (reason: RuntimeFailure) => `${JSON.stringify(reason)} ${reason.stack} ${String(reason.cause)}`

const faults: ReadonlyArray<readonly [Way, Code, typeof brief?]> = [
  ["loops", "CAPABILITY_TIMEOUT", brief],
  ["hangs", "CAPABILITY_TIMEOUT", brief],
  ["interrupts", "CAPABILITY_EXCEPTION"],
  ["forges", "CAPABILITY_EXCEPTION"],
  ["hears", "CAPABILITY_TIMEOUT", brief],
  ["backtracks", "CAPABILITY_TIMEOUT", brief],
  ["wide", "CAPABILITY_TIMEOUT", brief],
  ["throws", "CAPABILITY_EXCEPTION"],
  ["throwsText", "CAPABILITY_EXCEPTION"],
  ["rejects", "CAPABILITY_EXCEPTION"],
  ["floats", "CAPABILITY_EXCEPTION"],
  ["exits", "CAPABILITY_EXCEPTION"],
  ["allocates", "CAPABILITY_EXCEPTION"],
  ["deepens", "CAPABILITY_EXCEPTION"],
  ["says", "CAPABILITY_OUTPUT_TOO_LARGE"],
  ["saysMuch", "CAPABILITY_OUTPUT_TOO_LARGE"],
  ["lists", "CAPABILITY_OUTPUT_TOO_LARGE"],
  ["deepest", "CAPABILITY_OUTPUT_TOO_LARGE"],
  ["otherType", "CAPABILITY_OUTPUT_INVALID"],
  ["list", "CAPABILITY_OUTPUT_INVALID"],
  ["nothing", "CAPABILITY_OUTPUT_INVALID"],
  ["moreKeys", "CAPABILITY_OUTPUT_INVALID"],
  ["getter", "CAPABILITY_OUTPUT_INVALID"],
  ["bigInteger", "CAPABILITY_OUTPUT_INVALID"],
  ["cycles", "CAPABILITY_OUTPUT_INVALID"],
  ["functions", "CAPABILITY_OUTPUT_INVALID"],
  ["notANumber", "CAPABILITY_OUTPUT_INVALID"],
  ["date", "CAPABILITY_OUTPUT_INVALID"],
  ["deep", "CAPABILITY_OUTPUT_INVALID"],
  ["refusesOtherwise", "CAPABILITY_OUTPUT_INVALID"]
]

/** All in one thread, as far as it lives: what one does to it must not harm the next. */
const all = Registry.layer([
  ...faults.map(([how, , bounds]) => misbehaving(how, bounds)),
  ...(["answers", "refuses", "environment", "prints"] as const).map((how) => misbehaving(how))
])

layer(all)("a capability that", (it) => {
  for (const [how, code] of faults) {
    it.effect(`${how} fails with ${code}, and the next one works`, () =>
      Effect.gen(function* () {
        const { invoke } = yield* Capabilities
        const reason = yield* Effect.flip(invoke(idOf(how), payload()))
        assert.deepStrictEqual([reason.code, reason.kind, reason.phase], [code, "capability", "capability"])
        assert.notInclude(allOf(reason), SECRET)
        const next = yield* invoke(idOf("answers"), payload())
        assert.strictEqual(said(next), `{"said":"${SECRET}"}`)
      })
    )
  }

  it.effect("says too much is told how much, in code points", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Capabilities
      const limits = yield* Effect.forEach(["says", "saysMuch"] as const, (how) =>
        Effect.map(Effect.flip(invoke(idOf(how), null)), ({ limit }) => limit)
      )
      assert.deepStrictEqual(limits, [
        { actual: 112, allowed: 100, unit: "characters" },
        { actual: 40_000_011, allowed: 100, unit: "characters" }
      ])
    })
  )

  it.effect("says no with a code that it declares has answered", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Capabilities
      const { durationMillis, output, ...rest } = yield* invoke(idOf("refuses"), payload())
      assert.isAtLeast(durationMillis, 0)
      assert.strictEqual(reveal(output), `{"said":"${SECRET}"}`)
      assert.deepStrictEqual(
        { ...rest, errorCode: String(rest.errorCode) },
        { ok: false, errorCode: "TOO_QUIET", inputChars: 21, outputChars: 21 }
      )
    })
  )

  it.effect("looks around finds no environment, and what it prints is gone", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Capabilities
      const written: Array<string> = []
      const { write } = process.stdout
      process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0
      yield* invoke(idOf("prints"), payload()).pipe(
        Effect.andThen(invoke(idOf("environment"), null)),
        Effect.tap((invoked) => Effect.sync(() => assert.strictEqual(said(invoked), '{"said":""}'))),
        Effect.ensuring(Effect.sync(() => (process.stdout.write = write)))
      )
      assert.notInclude(written.join(""), SECRET)
    })
  )
})

describe("an invocation", () => {
  it.live("that is interrupted has stopped the work when it ends", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const file = join(yield* folder, "written")
        yield* using(
          misbehaving("writes"),
          misbehaving("answers")
        )(
          Effect.fnUntraced(function* ({ invoke }) {
            const fiber = yield* Effect.forkChild(invoke(idOf("writes"), payload(file)))
            yield* until(() => existsSync(file))
            yield* Fiber.interrupt(fiber)
            rmSync(file)
            yield* invoke(idOf("answers"), null)
            assert.isFalse(existsSync(file), "it went on writing")
          })
        )
      })
    )
  )

  it.live("waits for its turn, and is not stopped with the one before it", () =>
    using(
      misbehaving("loops", brief),
      misbehaving("waits")
    )(
      Effect.fnUntraced(function* ({ invoke }) {
        const [looped, ...others] = yield* Effect.all(
          [
            Effect.flip(invoke(idOf("loops"), null)),
            ...["a", "b", "c"].map((text) => Effect.map(invoke(idOf("waits"), payload(text)), said))
          ],
          { concurrency: "unbounded" }
        )
        assert.strictEqual((looped as RuntimeFailure).code, "CAPABILITY_TIMEOUT")
        assert.deepStrictEqual(others, ['{"said":"a"}', '{"said":"b"}', '{"said":"c"}'])
      })
    )
  )

  it.live("starts the thread, which stays; another one comes after it was ended", () => {
    let threads = 0
    const started = () => threads++
    const workers = channel("worker_threads")
    return Effect.acquireUseRelease(
      Effect.sync(() => workers.subscribe(started)),
      () =>
        using(
          misbehaving("answers"),
          misbehaving("loops", brief)
        )(
          Effect.fnUntraced(function* ({ invoke, list }) {
            assert.strictEqual(list.length, 2)
            assert.isNotEmpty(list[0]!.input)
            yield* Effect.exit(invoke(CapabilityId.make("test.unknown"), null))
            const before = threads
            yield* invoke(idOf("answers"), null)
            yield* invoke(idOf("answers"), null)
            const warm = threads
            yield* Effect.exit(invoke(idOf("loops"), null))
            assert.deepStrictEqual([before, warm, threads], [0, 1, 2])
          })
        ),
      () => Effect.sync(() => workers.unsubscribe(started))
    )
  })

  const modules: ReadonlyArray<readonly [string, string | null]> = [
    ["is not there", null],
    ["throws", 'throw new Error("no")'],
    ["exports nothing", "export {}"],
    ["exports something else", "export default { id: 'test.answers', version: '9.9', perform: () => {} }"]
  ]
  for (const [what, source] of modules) {
    it.live(`of a module that ${what} fails with CAPABILITY_EXCEPTION`, () =>
      Effect.scoped(
        Effect.gen(function* () {
          const file = join(yield* folder, "own.mjs")
          if (source !== null) writeFileSync(file, source)
          const definition = { ...misbehaving("answers"), module: pathToFileURL(file).href }
          const { code } = yield* using(definition)(({ invoke }) =>
            Effect.flip(invoke(idOf("answers"), null))
          )
          assert.strictEqual(code, "CAPABILITY_EXCEPTION")
        })
      )
    )
  }

  const payloads: ReadonlyArray<readonly [what: string, text: string, code: Code | null]> = [
    ["a text that is no JSON", '{"text":', "CAPABILITY_PAYLOAD_INVALID_JSON"],
    ["nothing", "", "CAPABILITY_PAYLOAD_INVALID_JSON"],
    ["a list", "[]", "CAPABILITY_INVALID_PAYLOAD"],
    ["null", "null", "CAPABILITY_INVALID_PAYLOAD"],
    ["text", `"${SECRET}"`, "CAPABILITY_INVALID_PAYLOAD"],
    ["another type", '{"text":7}', "CAPABILITY_INVALID_PAYLOAD"],
    ["an unknown key", `{"text":"","${SECRET}":1}`, "CAPABILITY_INVALID_PAYLOAD"],
    ["a key twice", '{"text":"","text":""}', "CAPABILITY_INVALID_PAYLOAD"],
    ["a key twice, spelt otherwise", String.raw`{"text":"","te\u0078t":""}`, "CAPABILITY_INVALID_PAYLOAD"],
    ["a prototype", '{"__proto__":{"text":""}}', "CAPABILITY_INVALID_PAYLOAD"],
    ["65 levels", `${"[".repeat(65)}${"]".repeat(65)}`, "CAPABILITY_INVALID_PAYLOAD"],
    ["as many characters as it may", JSON.stringify({ text: "€".repeat(89) }).padEnd(200), null],
    ["one more", JSON.stringify({ text: "" }).padEnd(201), "CAPABILITY_INPUT_TOO_LARGE"],
    ["characters beyond the first plane", JSON.stringify({ text: "😀".repeat(80) }), null],
    ["far too much", "[".repeat(1_000_000), "CAPABILITY_INPUT_TOO_LARGE"]
  ]
  it.live("takes only what the capability says it takes", () =>
    using(misbehaving("answers"))(({ invoke }) =>
      Effect.forEach(
        payloads,
        Effect.fnUntraced(function* ([what, text, expected]) {
          const result = yield* Effect.result(invoke(idOf("answers"), Content.of(text)))
          assert.strictEqual(result._tag === "Failure" ? result.failure.code : null, expected, what)
          if (result._tag === "Failure") assert.notInclude(allOf(result.failure), SECRET, what)
        })
      )
    )
  )

  it.live("of an unknown capability fails before anything is read", () =>
    using()(
      Effect.fnUntraced(function* ({ invoke, get }) {
        const id = CapabilityId.make("cap.unknown")
        assert.isUndefined(get(id))
        const { code } = yield* Effect.flip(invoke(id, Content.of("{")))
        assert.strictEqual(code, "CAPABILITY_NOT_FOUND")
      })
    )
  )
})

describe("a registry", () => {
  const sound = misbehaving("answers")
  const unsound: ReadonlyArray<readonly [string, ReadonlyArray<Definition>]> = [
    ["CAPABILITY_ID_EMPTY", [{ ...sound, id: "" }]],
    ["CAPABILITY_ID_EMPTY", [{ ...sound, id: "  " }]],
    ["CAPABILITY_ID_INVALID", [{ ...sound, id: " cap.padded" }]],
    ["CAPABILITY_ID_INVALID", [{ ...sound, id: "Cap.Upper" }]],
    ["CAPABILITY_ID_INVALID", [{ ...sound, id: "cap..dots" }]],
    ["CAPABILITY_ID_INVALID", [{ ...sound, id: "a".repeat(129) }]],
    ["CAPABILITY_ID_DUPLICATE", [sound, misbehaving("loops"), sound]],
    ["CAPABILITY_BOUNDS_INVALID", [misbehaving("answers", { timeoutMillis: 0 })]],
    ["CAPABILITY_BOUNDS_INVALID", [misbehaving("answers", { maxInputChars: 1.5 })]],
    ["CAPABILITY_BOUNDS_INVALID", [misbehaving("answers", { maxOutputChars: Infinity })]],
    ["CAPABILITY_ERROR_CODE_INVALID", [{ ...sound, errorCodes: ["two words"] }]],
    ["CAPABILITY_FACTS_INVALID", [{ ...sound, version: "1 0" }]]
  ]
  for (const [code, definitions] of unsound) {
    it.effect(`dies of ${JSON.stringify(definitions.map(({ id }) => id.slice(0, 20)))} with ${code}`, () =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(using(...definitions)(() => Effect.void))
        assert.include(String(exit), code)
      })
    )
  }

  it.effect("lists by id", () =>
    using(
      misbehaving("waits"),
      misbehaving("answers"),
      misbehaving("hangs")
    )(({ list, get }) =>
      Effect.sync(() => {
        const ids = ["answers", "hangs", "waits"] as const
        assert.deepStrictEqual(
          list.map(({ facts }) => facts.id),
          ids.map(idOf)
        )
        assert.strictEqual(get(idOf("hangs")), list[1])
      })
    )
  )

  it("has defaults for bounds that are not declared", () => {
    const { bounds } = Capability.define({
      id: "cap.plain",
      version: "1.0",
      category: "computation",
      description: "",
      module: import.meta.url,
      input: Schema.JsonObject,
      output: Schema.JsonObject,
      run: (input) => input
    })
    assert.deepStrictEqual(bounds, { timeoutMillis: 2000, maxInputChars: 20_000, maxOutputChars: 20_000 })
  })
})
