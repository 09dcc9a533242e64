/** Holds what the system's part of the page makes of a server's answers. */
import { assert, describe, it } from "@effect/vitest"
import { age, duration } from "../../src/web/format.ts"
import { grouped, sayHealth } from "../../src/web/system/health.ts"
import { filesOf, matching } from "../../src/web/system/rows.ts"
import { modelsOf, systemOf } from "../../src/web/system/standIn.ts"

type Routes = Parameters<typeof modelsOf>[0]
type Diagnosis = NonNullable<Parameters<typeof modelsOf>[1]>
type Config = NonNullable<Parameters<typeof modelsOf>[2]>

const route = (selected: Routes[number]["route"]["selected"]): Routes[number] =>
  ({ mode: "executor", route_id: "executor", route: { mode: "executor", selected } }) as Routes[number]
const standIn = route(null)
const writer = route({ target: "local:writer", provider: "ollama", model: "writer" })
const finding = (fault: string, severity = "warning"): Diagnosis["findings"][number] =>
  ({
    check: "constellation",
    fault,
    severity,
    problem: "",
    fix: "",
    limit: null
  }) as Diagnosis["findings"][number]
const diagnosis = (...findings: Diagnosis["findings"]): Diagnosis => ({ healthy: true, checks: [], findings })
const value = (key: string, value: string, origin: Config[number]["origin"]): Config[number] => ({
  file: "providers.yaml",
  key,
  value,
  origin
})

describe("a server without a model", () => {
  it("has none configured, was told to use none, or has not been started again", () => {
    const none = diagnosis(finding("PROVIDER_NONE"))
    const off = [value("providers.ollama.enabled", "false", "flag")]
    const on = [value("providers.ollama.enabled", "true", "user")]
    assert.strictEqual(modelsOf([standIn, writer], none, off), "there")
    assert.strictEqual(modelsOf([standIn], none, on), "none")
    assert.strictEqual(modelsOf([standIn], null, null), "none")
    assert.strictEqual(modelsOf([standIn], none, off), "offline")
    assert.strictEqual(modelsOf([standIn], diagnosis(finding("MODEL_MISSING", "fault")), on), "restart")
  })

  it("runs on the system of the browser, most likely", () => {
    assert.deepStrictEqual(["MacIntel", "Win32", "Linux x86_64", ""].map(systemOf), [
      "mac",
      "windows",
      "linux",
      "linux"
    ])
  })
})

describe("a diagnosis", () => {
  it("says the same once, in its order, and how bad it is", () => {
    const [none, missing] = [finding("PROVIDER_NONE"), finding("MODEL_MISSING", "fault")]
    const groups = grouped([missing, missing, none])
    assert.deepStrictEqual(groups, [
      { finding: missing, times: 2 },
      { finding: none, times: 1 }
    ])
    assert.strictEqual(sayHealth(diagnosis()), "Nothing is wrong")
    assert.strictEqual(sayHealth(diagnosis(none)), "Nothing is wrong, but read this")
    assert.strictEqual(sayHealth({ ...diagnosis(missing, missing), healthy: false }), "2 things are wrong")
  })
})

describe("a configuration", () => {
  it("is found by words of its file, key, value or origin", () => {
    const rows = [
      value("providers.ollama.enabled", "true", "user"),
      value("policies.cloud", "false", "packaged")
    ]
    assert.deepStrictEqual(matching(rows, " OLLAMA  user "), rows.slice(0, 1))
    assert.deepStrictEqual(matching(rows, ""), rows)
    assert.deepStrictEqual(matching(rows, "ollama packaged"), [])
    assert.deepStrictEqual(filesOf(rows), [["providers.yaml", rows]])
  })
})

describe("times", () => {
  it("are told in at most two units, and never rounded to a unit that there is not", () => {
    const SECOND = 1000
    const told = [
      0,
      999,
      1234,
      9990,
      59_400,
      59_600,
      90 * SECOND,
      3_599_400,
      3_599_600,
      7_260_000,
      86_399_999,
      90_000_000
    ]
    assert.deepStrictEqual(told.map(duration), [
      "0 ms",
      "999 ms",
      "1.2 s",
      "10 s",
      "59 s",
      "1 min",
      "1 min 30 s",
      "59 min 59 s",
      "1 h",
      "2 h 1 min",
      "1 d",
      "1 d 1 h"
    ])
  })

  it("are told by their largest unit", () => {
    assert.deepStrictEqual(
      [0, 59_000, 60_000, 7_200_000, 86_400_000, -5000].map((past) =>
        age(1_000_000_000 - past, 1_000_000_000)
      ),
      ["now", "59 seconds ago", "1 minute ago", "2 hours ago", "yesterday", "now"]
    )
  })
})
