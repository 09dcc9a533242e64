import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as MemoryJournal from "../../../src/adapters/journal/Memory.ts"
import { ConfigRecord } from "../../../src/core/run/ConfigRecord.ts"
import { Content } from "../../../src/domain/Content.ts"
import { configStream } from "../../../src/domain/Ids.ts"
import type { Settings } from "../../../src/domain/config/Settings.ts"
import { Journal } from "../../../src/ports/Journal.ts"
import { TestRuntime } from "../../../src/testing.ts"

const { settings } = TestRuntime
const { routing, runtime, persona } = settings

/** One change to each part of the configuration that a run depends on. */
const changes: Readonly<Record<string, Settings>> = {
  temperature: { ...settings, runtime: { ...runtime, temperature: runtime.temperature + 0.1 } },
  "a bound": { ...settings, runtime: { ...runtime, max_output_tokens: runtime.max_output_tokens + 1 } },
  "a boundary": {
    ...settings,
    routing: { ...routing, rules: { ...routing.rules, boundaries: {} } }
  },
  "the persona": {
    ...settings,
    persona: { ...persona, identity: { ...persona.identity, name: Content.of("Someone else") } }
  },
  "the profile": { ...settings, profile: { notes: Content.of("In short words") } }
}

describe("the record of the configuration", () => {
  it.effect("each configuration has a digest of its own, and is recorded once", () =>
    Effect.gen(function* () {
      const journal = yield* Journal
      const digests = yield* Effect.forEach([settings, settings, ...Object.values(changes)], (changed) =>
        Effect.flatMap(ConfigRecord, ({ digest }) => digest).pipe(
          Effect.provide(
            TestRuntime.layer({ providers: [], settings: changed, journal: Layer.succeed(Journal, journal) })
          )
        )
      )
      assert.strictEqual(digests[0], digests[1])
      assert.strictEqual(new Set(digests).size, 1 + Object.keys(changes).length)
      assert.lengthOf(yield* journal.read(configStream), 1 + Object.keys(changes).length)
    }).pipe(Effect.provide(MemoryJournal.layer))
  )
})
