/** Holds each fault of what runs may remember and invoke to being found, under its name, and nothing else with it. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Null from "../../../src/adapters/provider/Null.ts"
import { packagedSettings } from "../../../src/adapters/config/YamlConfiguration.ts"
import { policyInForce } from "../../../src/core/run/PolicyInForce.ts"
import {
  CapabilityClass,
  CapabilityId,
  MemoryKey,
  MemoryScope,
  Mode,
  PackId
} from "../../../src/domain/Ids.ts"
import type { Policy } from "../../../src/domain/config/Policy.ts"
import { faults } from "../../../src/domain/integrity/Faults.ts"
import { ofMemory, ofThresholds } from "../../../src/domain/integrity/Inputs.ts"
import { type MemoryPolicy, namesOf, type Pack } from "../../../src/domain/memory/Recall.ts"
import { Providers } from "../../../src/ports/Provider.ts"

const facts = {
  id: CapabilityId.make("cap.one"),
  version: "1.0",
  category: "validation",
  bounds: { maxCalls: 1, timeoutMillis: 1, maxInputChars: 1, maxOutputChars: 1, sideEffectsAllowed: false }
} as const
const policy = {
  ...policyInForce(packagedSettings(), Providers.from(Null.make), { list: [] }),
  capabilities: [facts]
} as unknown as Policy & { readonly memory: MemoryPolicy }

const pack = (id: string, count: number, ...includes: ReadonlyArray<string>): Pack => ({
  id: PackId.make(id),
  scope: MemoryScope.make("project"),
  keys: Array.from({ length: count }, (_, index) => MemoryKey.make(`${id}.k${index}`)),
  includes: includes.map((one) => PackId.make(one))
})
const mode = (name: string) => Mode.make(name)
const ids = (...names: ReadonlyArray<string>) => names.map((name) => PackId.make(name))

/** What is configured, and what is said of it. */
const cases: ReadonlyArray<readonly [what: string, memory: Partial<MemoryPolicy>, found: string]> = [
  ["the packaged packs and policy", {}, ""],
  ["packs that include others", { packs: [pack("a", 2), pack("b", 1, "a"), pack("c", 256)] }, ""],
  ["a pack declared twice", { packs: [pack("a", 1), pack("b", 1), pack("a", 2)] }, "MEMORY_PACK_DOUBLED a"],
  ["an include that is not there", { packs: [pack("a", 1, "z")] }, "MEMORY_INCLUDE_UNKNOWN a"],
  [
    "an include that includes others",
    { packs: [pack("a", 1), pack("b", 1, "a"), pack("c", 1, "b")] },
    "MEMORY_INCLUDE_NESTED c"
  ],
  [
    "a pack that is too large, with what it includes",
    { packs: [pack("a", 200), pack("b", 57, "a")] },
    "MEMORY_PACK_TOO_LARGE b"
  ],
  ["a pack that is too large by itself", { packs: [pack("a", 257)] }, "MEMORY_PACK_TOO_LARGE a"],
  [
    "defaults that are too many together",
    { packs: [pack("a", 200), pack("b", 57)], defaults: { [mode("executor")]: ids("a", "b") } },
    "MEMORY_DEFAULTS_TOO_LARGE executor"
  ],
  [
    "sessions' defaults that are too many together",
    { packs: [pack("a", 200), pack("b", 57)], sessionDefaults: ids("a", "b") },
    "MEMORY_DEFAULTS_TOO_LARGE sessions"
  ],
  [
    "a default that is not there, of a mode and of sessions",
    { defaults: { [mode("executor")]: ids("z") }, sessionDefaults: ids("z", "y") },
    "MEMORY_DEFAULT_UNKNOWN z, MEMORY_DEFAULT_UNKNOWN y"
  ],
  [
    "modes that are not there",
    { routes: [mode("executor"), mode("typo")], elevated: [mode("typo")], defaults: { [mode("other")]: [] } },
    "MEMORY_MODE_UNKNOWN other, MEMORY_MODE_UNKNOWN typo"
  ],
  [
    "a capability that is not there",
    { capabilities: [CapabilityId.make("cap.one"), CapabilityId.make("cap.none")] },
    "MEMORY_CAPABILITY_UNKNOWN cap.none"
  ]
]

describe("faults of what runs may remember and invoke", () => {
  for (const [what, memory, expected] of cases) {
    it(`${what}: ${expected || "none"}`, () => {
      const governed = { ...policy, memory: { ...policy.memory, ...memory } }
      const found = ofMemory(governed)
      assert.strictEqual(found.map(({ fault, name }) => `${fault} ${name}`).join(", "), expected)
      for (const { fault } of found) assert.match(faults[fault].fix, /^[A-Z][^\n]+\.$/u)
      // A pack without a fault of its own can be named by a run.
      const faulty = new Set<string>(found.map(({ name }) => name ?? ""))
      const { packs } = governed.memory
      for (const { id } of packs.filter((one) => !faulty.has(one.id) && !expected.includes("DOUBLED"))) {
        assert.isTrue(Result.isSuccess(namesOf(packs, [id])), id)
      }
    })
  }

  it("a threshold on a class that no capability is of is a hint", () => {
    const { sessions } = policy
    if (!sessions) return assert.fail("there are no terms")
    const capabilityClasses = ["validation", "computation"].map((name) => CapabilityClass.make(name))
    const terms = { ...sessions, thresholds: { ...sessions.thresholds, capabilityClasses } }
    const found = ofThresholds({ ...policy, sessions: terms })
    assert.deepStrictEqual(
      found.map(({ fault, name }) => `${fault} ${name}`),
      ["THRESHOLD_CLASS_UNUSED computation"]
    )
    assert.strictEqual(faults.THRESHOLD_CLASS_UNUSED.severity, "note")
    assert.deepStrictEqual(ofThresholds(policy), [])
  })
})
