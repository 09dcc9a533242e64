/** Kills a process at every moment at which it changes the disk for memory: what it has told is there, and nothing is half there. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Verifier } from "../src/core/ledger/Verifier.ts"
import { Memories } from "../src/core/memory/Memories.ts"
import { Content } from "../src/domain/Content.ts"
import { Principal } from "../src/domain/Ids.ts"
import { Provenance } from "../src/domain/memory/MemoryEvent.ts"
import { bundled } from "./support/bundle.ts"
import { startWith } from "./support/children.ts"
import { scene } from "./support/coreScene.ts"
import { folder } from "./support/ledger.ts"

/** What stands under the name after so many of its four acts: the version and the value, or nothing. */
const stages = [null, "1 value 1", "2 value 2", null, "3 value 3"] as const

const writing = {
  scope: "s",
  key: "k",
  value: Content.of("value last"),
  sensitivity: "standard",
  provenance: Provenance.make("human"),
  expected: null,
  principal: Principal.make("local"),
  surface: "program"
} as const

/** What is found by whoever comes after, and what they make of it. */
const after = Effect.gen(function* () {
  const memories = yield* Memories
  const found = yield* memories.show("s", "k").pipe(
    Effect.map(({ record, value }) => `${record.version} ${value.text}`),
    Effect.catchIf(
      ({ code }) => code === "MEMORY_NOT_FOUND",
      () => Effect.succeed(null)
    )
  )
  const { version } = yield* memories.write(writing, Effect.succeed(true))
  const { value } = yield* memories.show("s", "k")
  const { broken } = yield* (yield* Verifier).journal(true)
  return { found, version, last: value.text, broken }
})

describe("a process that dies while it writes memory", { timeout: 240_000 }, () => {
  it.live("leaves what it has told of, or one act more, and a record that can be written on", () =>
    Effect.gen(function* () {
      const program = yield* bundled("memoryChild.ts")
      const live = (...args: ReadonlyArray<string>) =>
        Effect.gen(function* () {
          const directory = yield* folder
          const child = yield* startWith(program, directory, ...args)
          yield* child.ended
          const lines = child.lines.map((line) => JSON.parse(line) as Readonly<Record<string, number>>)
          return { directory, lines }
        })
      const whole = yield* live("-1")
      const points = whole.lines.at(-1)?.["points"] ?? 0
      assert.isAbove(points, 8)
      const deaths = Array.from({ length: points }, (_, at) => at)
      const reached = yield* Effect.forEach(
        deaths,
        (at) =>
          Effect.scoped(
            Effect.gen(function* () {
              const { directory, lines } = yield* live(String(at))
              const told = lines.filter((line) => !("points" in line)).length
              const { found, version, last, broken } = yield* Effect.provide(after, scene({ directory }))
              const what = `${at}: ${found} after ${told} acts`
              assert.isNull(broken, what)
              const stage = [told, told + 1].find(
                (one) => (stages[one] ?? null) === found && one < stages.length
              )
              if (stage === undefined) return assert.fail(what)
              assert.deepStrictEqual([version, last], [[1, 2, 3, 3, 4][stage], "value last"], what)
              return told
            })
          ),
        { concurrency: 2 }
      )
      // It died in each of its acts.
      assert.deepStrictEqual([...new Set(reached)].toSorted(), [0, 1, 2, 3])
    })
  )
})
