/** Runs the real program with a collector that takes, is silent, refuses or is not there, and without one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { collector, said, treeOf, written } from "../support/collector.ts"
import { home, io3, slowly } from "../support/io3.ts"

const ask = ["--offline", "run", "executor", "--raw", "--prompt", "hi"]
const to = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" })

describe("telemetry of a command", slowly, () => {
  it.live("loads nothing and opens nothing where nobody is to be told", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const seen = yield* collector()
      const loaded = Effect.fnUntraced(function* (environment: Readonly<Record<string, string>>) {
        const { code, stderr } = yield* io3(where, ask, {
          environment: { ...environment, NODE_DEBUG: "esm" }
        })
        assert.strictEqual(code, 0)
        return /\/(?:Telemetry|Otlp|Undici)-\w+\.js/u.test(stderr)
      })
      const off = [
        {},
        { ...to(seen.url), OTEL_SDK_DISABLED: "true" },
        { ...to(seen.url), OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" }
      ]
      for (const environment of off) assert.isFalse(yield* loaded(environment), JSON.stringify(environment))
      assert.strictEqual(seen.connections(), 0)
      assert.isTrue(yield* loaded(to(seen.url)))
      assert.isAbove(seen.connections(), 0)
    })
  )

  it.live("tells of a runbook and its steps, and counts what happened, before it ends", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const seen = yield* collector()
      const file = join(where.folder, "two.yaml")
      const step = (prompt: string) => ({ mode: "executor", prompt })
      writeFileSync(file, JSON.stringify({ runbook_id: "two", steps: [step("one"), step("two")] }))
      const environment = { ...to(seen.url), TRACEPARENT: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }
      const { code, stderr } = yield* io3(where, ["--offline", "runbook", "run", file], { environment })
      assert.strictEqual(code, 0, stderr)
      const spans = seen.spans()
      const root = spans.find(({ name }) => name === "runbook")
      const run = "run(accept route assemble bounds draft(chat stand-in) release)"
      assert.strictEqual(root && written(treeOf(spans, root)), `runbook(step(${run}) step(${run}))`)
      assert.deepStrictEqual([root?.traceId, root?.parentSpanId], ["a".repeat(32), "b".repeat(16)])
      assert.strictEqual(root && said(root, "io3.runbook.id"), "two")
      const points = seen.metrics().filter(({ name }) => name === "io3.runs")
      assert.deepStrictEqual(
        points.map(({ unit, sum }) => [unit, sum?.dataPoints[0]?.attributes.map(({ key }) => key)]),
        [["{run}", ["mode", "provider", "outcome"]]]
      )
    })
  )

  it.live("costs the run nothing where the collector is silent, refuses or is gone", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const { stdout } = yield* io3(where, ask)
      const silent = yield* collector("silent")
      const refusing = yield* collector("refuses")
      const protobuf = { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" }
      for (const environment of [
        to(silent.url),
        { ...to(refusing.url), ...protobuf },
        to("http://127.0.0.1:1"),
        {
          ...to("http://127.0.0.1:1"),
          OTEL_EXPORTER_OTLP_HEADERS: "a=%0d%0ab",
          OTEL_RESOURCE_ATTRIBUTES: "%"
        }
      ]) {
        const ended = yield* io3(where, ask, { environment })
        assert.strictEqual(ended.code, 0, ended.stderr)
        assert.strictEqual(ended.stdout, stdout)
        assert.notInclude(ended.stderr, "127.0.0.1")
      }
      assert.isAbove(silent.received.length, 0)
      assert.strictEqual(
        refusing.received.find(({ path }) => path === "/v1/traces")?.headers["content-type"],
        "application/x-protobuf"
      )
    })
  )
})
