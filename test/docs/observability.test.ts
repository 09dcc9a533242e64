/** Holds the page on observability to the code: every metric and every variable is on it, and none that is not there. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { metrics } from "../../src/domain/observability/Metrics.ts"
import { TelemetryVariable } from "../../src/domain/observability/Variables.ts"

const page = readFileSync(join(import.meta.dirname, "..", "..", "docs", "observability.md"), "utf8")
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim())
  )

describe("docs/observability.md", () => {
  it("has every metric with its names, its unit and its labels, and no other", () => {
    const documented = rows.filter((cells) => cells.length === 5)
    assert.deepStrictEqual(
      documented,
      Object.values(metrics).map(({ prometheus, name, kind, unit, labels, help }) => [
        `\`${prometheus}\``,
        `\`${name}\``,
        `${kind}, ${unit.replaceAll(/[{}]/gu, "")}`,
        Object.keys(labels.fields)
          .map((label) => `\`${label}\``)
          .join(", "),
        help.replace(/\.$/u, "")
      ])
    )
  })

  it("names every variable that is heeded", () => {
    for (const variable of TelemetryVariable.literals) {
      const [, base, signal, end] = /^(OTEL_EXPORTER_OTLP)_(TRACES|METRICS)_(.*)$/u.exec(variable) ?? []
      const isOfASignal =
        base !== undefined &&
        rows.some(([first = ""]) => first.includes(`\`${base}_${end}\``) && first.includes(`\`_${signal}_\``))
      assert.isTrue(page.includes(`\`${variable}\``) || isOfASignal, variable)
    }
  })
})

describe("metrics", () => {
  it("are named as Prometheus has it", () => {
    const names = Object.values(metrics).map(({ prometheus }) => prometheus)
    assert.strictEqual(new Set(names).size, names.length)
    for (const { prometheus, kind, unit } of Object.values(metrics)) {
      assert.match(prometheus, /^[a-z][a-z0-9_]*$/u)
      assert.strictEqual(prometheus.endsWith("_total"), kind === "counter", prometheus)
      if (unit === "s") assert.match(prometheus, /_seconds(?:_total)?$/u)
      if (unit === "By") assert.match(prometheus, /_bytes$/u)
    }
  })

  it("are told apart by nothing that there is one of for each run, session or person", () => {
    for (const { labels, name } of Object.values(metrics))
      for (const label of Object.keys(labels.fields))
        assert.notMatch(label, /(?:^|_)(?:id|run|session|principal|user|key|token)$/u, name)
  })
})
