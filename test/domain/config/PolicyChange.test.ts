import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { changedKeys } from "../../../src/domain/config/PolicyChange.ts"
import { Digest, SettingKey } from "../../../src/domain/Ids.ts"

type Loaded = Parameters<typeof changedKeys>[0]

const SECRET = "what-somebody-wrote"
const name = fc.constantFrom("audit", "memory", "routes", "limits", "steps")
const leaf = fc.oneof(fc.nat(2), fc.boolean(), fc.constant(null), fc.constant(SECRET), fc.array(fc.nat(1)))
const tree = fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf)))
const digest = fc.constantFrom("0", "1").map((char) => Digest.make(char.repeat(64)))
const loaded = fc
  .record({ policy: tree, digests: fc.record({ "persona.yaml": digest, "runtime.yaml": digest }) })
  .map((all) => all as unknown as Loaded)

/** Every path to a value that is no record. */
const paths = (value: unknown, at: string): ReadonlyMap<string, string> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return new Map([[at, JSON.stringify(value)]])
  }
  const below = Object.entries(value).flatMap(([key, one]) => [
    ...paths(one, at === "" ? key : `${at}.${key}`)
  ])
  return new Map([[at, "a record"], ...below])
}

describe("changedKeys", () => {
  it("names each key of the rest that has another value, and the rest as such only where nothing tells", () => {
    const other = (digit: string) => Digest.make(digit.repeat(64))
    const values = (temperature: string) => [
      { key: SettingKey.make("runtime.temperature"), digest: other(temperature) },
      { key: SettingKey.make("providers.ollama.enabled"), digest: other("a") }
    ]
    const with_ = (rest: string, temperature: string | null) =>
      ({
        policy: { contextLimitChars: rest === "0" ? 1 : 2 },
        digests: {
          persona: other("0"),
          profile: other("0"),
          rest: other(rest),
          ...(temperature !== null && { values: values(temperature) })
        }
      }) as unknown as Loaded
    const changed = (one: Loaded, two: Loaded) => changedKeys(one, two).map(String)
    assert.deepStrictEqual(changed(with_("0", "0"), with_("1", "1")), ["runtime.temperature"])
    // A record of before, and a change that no key has.
    assert.deepStrictEqual(changed(with_("0", null), with_("1", "1")), ["contextLimitChars", "rest"])
    assert.deepStrictEqual(changed(with_("0", "0"), with_("1", "0")), ["contextLimitChars", "rest"])
  })

  it("is the same from either side, and empty where nothing was changed and nowhere else", () => {
    fc.assert(
      fc.property(loaded, loaded, (one, other) => {
        assert.deepStrictEqual(changedKeys(one, other), changedKeys(other, one))
        assert.deepStrictEqual(changedKeys(one, one), [])
        const isSame = (a: unknown, b: unknown) => fc.stringify(sorted(a)) === fc.stringify(sorted(b))
        const same = isSame(one.policy, other.policy) && isSame(one.digests, other.digests)
        assert.strictEqual(changedKeys(one, other).length === 0, same)
      }),
      { numRuns: 1000 }
    )
  })

  it("names keys, each of them once and where the change is, and no value", () => {
    fc.assert(
      fc.property(loaded, loaded, (one, other) => {
        const changed = changedKeys(one, other)
        assert.strictEqual(new Set(changed).size, changed.length)
        assert.deepStrictEqual(changed, changed.toSorted())
        const [before, after] = [paths(one.policy, ""), paths(other.policy, "")]
        for (const key of changed) {
          assert.notInclude(key, SECRET)
          if (key.endsWith(".yaml")) continue
          const below = (all: ReadonlyMap<string, string>) =>
            [...all].filter(([path]) => path === key || path.startsWith(`${key}.`))
          assert.notDeepEqual(below(before), below(after))
        }
      }),
      { numRuns: 500 }
    )
  })
})

const sorted = (value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, one]) => [key, sorted(one)])
    : value
