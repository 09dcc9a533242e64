import { assert, describe, it } from "@effect/vitest"
import { Option, Result } from "effect"
import * as fc from "fast-check"
import { Count, MemoryKey, MemoryScope, Mode, PackId } from "../../../src/domain/Ids.ts"
import { after, evolve, type Memory, unwritten, valueId } from "../../../src/domain/memory/Memory.ts"
import type { MemoryEvent } from "../../../src/domain/memory/MemoryEvent.ts"
import {
  type Found,
  mayRead,
  type MemoryPolicy,
  MOST_RECORDS,
  namesOf,
  type Pack,
  recall
} from "../../../src/domain/memory/Recall.ts"

const scope = MemoryScope.make("project")
const key = (n: number) => MemoryKey.make(`key-${n}`)
const pack = (n: number) => PackId.make(`pack.${n}`)
const modes = ["executor", "writer", "reader"].map((name) => Mode.make(name))
const someModes = fc.subarray(modes)
const sensitivity = fc.constantFrom("standard", "elevated", "restricted")

const found = fc.array(
  fc.option(
    fc.record({
      version: fc.constant(Count.make(1)),
      sensitivity,
      chars: fc.nat(30).map((n) => Count.make(n))
    })
  ),
  { maxLength: 20 }
)
const named = (records: ReadonlyArray<Found["record"]>): ReadonlyArray<Found> =>
  records.map((record, index) => ({ scope, key: key(index), record }))

const policies = fc.record({
  budgetChars: fc.nat(120).map((n) => Count.make(n)),
  routes: someModes,
  elevated: someModes,
  restricted: someModes
})
const policyOf = (rest: Partial<MemoryPolicy>): MemoryPolicy => ({
  budgetChars: Count.make(0),
  packs: [],
  defaults: {},
  sessionDefaults: [],
  routes: [],
  elevated: [],
  restricted: [],
  capabilities: [],
  ...rest
})
const reader = fc.record({ mode: fc.constantFrom(...modes), cloud: fc.boolean() })

describe("recall", () => {
  it("answers for each record once, in order, and releases a prefix of what may be read that fits", () => {
    fc.assert(
      fc.property(policies, reader, found, (rules, who, records) => {
        const policy = policyOf(rules)
        const told = recall(policy, who, named(records))
        assert.deepStrictEqual(
          told.map(({ key }) => key),
          named(records).map(({ key }) => key)
        )
        const readable = told.filter(({ outcome }) => outcome === "released" || outcome === "dropped")
        const released = readable.filter(({ outcome }) => outcome === "released")
        assert.deepStrictEqual(readable.slice(0, released.length), released, "a prefix")
        const used = released.reduce((sum, { chars }) => sum + chars, 0)
        assert.isAtMost(used, rules.budgetChars)
        const [first] = readable.slice(released.length)
        if (first) assert.isAbove(used + first.chars, rules.budgetChars, "only for want of room")
        for (const [index, one] of told.entries()) {
          const record = records[index] ?? null
          assert.strictEqual(one.outcome === "missing", record === null)
          if (record) {
            assert.strictEqual(one.outcome === "denied", !mayRead(policy, who, record.sensitivity))
          }
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("denies what nobody has allowed, and lets nothing that is restricted out to a cloud", () => {
    fc.assert(
      fc.property(policies, reader, sensitivity, (rules, who, of) => {
        const may = mayRead(policyOf(rules), who, of)
        const allowed = { standard: modes, elevated: rules.elevated, restricted: rules.restricted }[of]
        const isListed = allowed.includes(who.mode)
        const isHome = of !== "restricted" || !who.cloud
        assert.strictEqual(may, rules.routes.includes(who.mode) && isListed && isHome)
        assert.isFalse(mayRead(policyOf({}), who, of))
      }),
      { numRuns: 500 }
    )
  })
})

describe("namesOf", () => {
  const drawn = fc.array(
    fc.record({
      keys: fc.array(fc.nat(8), { maxLength: 4 }),
      includes: fc.array(fc.nat(3), { maxLength: 2 })
    }),
    { minLength: 1, maxLength: 4 }
  )

  it("names each record once: what is included first, then the rest, in the order of the packs", () => {
    fc.assert(
      fc.property(drawn, fc.array(fc.nat(4), { minLength: 1, maxLength: 3 }), (drawn, wanted) => {
        const packs = drawn.map(({ keys, includes }, index): Pack => {
          return { id: pack(index), scope, keys: keys.map(key), includes: includes.map(pack) }
        })
        const told = namesOf(packs, wanted.map(pack))
        const asked = wanted.map((index) => drawn[index])
        const isKnown = asked.every((one) => one !== undefined)
        const isFlat = asked.every((one) =>
          (one?.includes ?? []).every((index) => drawn[index]?.includes.length === 0)
        )
        if (!isKnown || !isFlat) {
          const code = Option.getOrNull(Result.getFailure(told))?.code
          return assert.include(["MEMORY_PACK_UNKNOWN", "MEMORY_PACK_INVALID"], code)
        }
        const all = asked.flatMap((one) => [
          ...(one?.includes ?? []).flatMap((index) => drawn[index]?.keys ?? []),
          ...(one?.keys ?? [])
        ])
        assert.deepStrictEqual(
          Result.getOrThrow(told).map(({ key }) => key),
          [...new Set(all)].map(key)
        )
      }),
      { numRuns: 1000 }
    )
  })

  it("names so many records and no more", () => {
    const many = (count: number): Pack => ({
      id: pack(0),
      scope,
      keys: Array.from({ length: count }, (_, index) => key(index)),
      includes: []
    })
    assert.strictEqual(Result.getOrThrow(namesOf([many(MOST_RECORDS)], [pack(0)])).length, MOST_RECORDS)
    const refused = namesOf([many(MOST_RECORDS + 1)], [pack(0)])
    assert.strictEqual(Option.getOrNull(Result.getFailure(refused))?.code, "MEMORY_PACK_INVALID")
  })
})

describe("Memory.evolve", () => {
  const wish = fc.record({
    writes: fc.boolean(),
    by: fc.constantFrom(0, 0, 0, -1, 1),
    id: fc.constantFrom(0, 0, 0, 1)
  })

  it("counts every write, also past what was forgotten, and forgets only what is there", () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 20 }), (wishes) => {
        let memory: Memory = unwritten
        let writes = 0
        for (const { writes: isWrite, by, id } of wishes) {
          const version = Count.make(Math.max(0, memory.version + (isWrite ? 1 : 0) + by))
          const name = { scope, key: key(0), version }
          const event = (
            isWrite
              ? { _tag: "MemoryWritten", ...name, content: valueId(version + id) }
              : { _tag: "MemoryForgotten", ...name }
          ) as MemoryEvent
          const isDue = isWrite
            ? version === memory.version + 1 && id === 0
            : memory.present && version === memory.version
          const evolved = evolve(memory, event)
          assert.deepStrictEqual(evolved, isDue ? after(event) : null)
          if (!evolved) continue
          if (isWrite) writes += 1
          memory = evolved
          assert.deepStrictEqual(memory, { version: writes, present: isWrite })
        }
      }),
      { numRuns: 500 }
    )
  })
})
