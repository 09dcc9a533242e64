import { assert, describe, it } from "@effect/vitest"
import { wantedOf } from "../../../src/adapters/telemetry/Environment.ts"

const BASE = "http://127.0.0.1:4318"

describe("the variables of OpenTelemetry", () => {
  it("send nothing anywhere without an endpoint, or where they are told not to", () => {
    const nowhere: ReadonlyArray<Record<string, string>> = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
      { OTEL_SERVICE_NAME: "mine", OTEL_TRACES_EXPORTER: "otlp" },
      { OTEL_EXPORTER_OTLP_ENDPOINT: BASE, OTEL_SDK_DISABLED: "true" },
      { OTEL_EXPORTER_OTLP_ENDPOINT: BASE, OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" },
      { OTEL_EXPORTER_OTLP_ENDPOINT: "file:///etc/passwd" }
    ]
    for (const environment of nowhere) {
      const { traces, metrics } = wantedOf(environment)
      assert.deepStrictEqual([traces, metrics], [null, null], JSON.stringify(environment))
    }
  })

  it("are those of the specification, each signal before both", () => {
    const { traces, metrics, resource, faults } = wantedOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${BASE}/base/`,
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "https://metrics.example/as/it/is",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20one, x-tenant = a ",
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-tenant=b",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "http/protobuf",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "10",
      OTEL_BSP_MAX_QUEUE_SIZE: "20",
      OTEL_METRIC_EXPORT_INTERVAL: "500",
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment.name=test%20one",
      OTEL_SERVICE_NAME: "mine"
    })
    assert.deepStrictEqual(faults, [])
    assert.deepStrictEqual(traces, {
      url: `${BASE}/base/v1/traces`,
      headers: { authorization: "Bearer one", "x-tenant": "b" },
      protocol: "http/json",
      compression: "gzip",
      timeoutMillis: 2000,
      sampler: { parentBased: true, ratio: 0.25 },
      delayMillis: 100,
      batch: 10,
      most: 20
    })
    assert.deepStrictEqual(metrics, {
      url: "https://metrics.example/as/it/is",
      headers: { authorization: "Bearer one", "x-tenant": "a" },
      protocol: "http/protobuf",
      compression: "none",
      timeoutMillis: 2000,
      intervalMillis: 500,
      temporality: "delta"
    })
    assert.deepStrictEqual(resource, {
      serviceName: "mine",
      attributes: { "deployment.environment.name": "test one" }
    })
    const samplers = ["always_on", "always_off", "traceidratio", "parentbased_always_off"].map(
      (OTEL_TRACES_SAMPLER) =>
        wantedOf({ OTEL_EXPORTER_OTLP_ENDPOINT: BASE, OTEL_TRACES_SAMPLER }).traces?.sampler
    )
    assert.deepStrictEqual(samplers, [
      { parentBased: false, ratio: 1 },
      { parentBased: false, ratio: 0 },
      { parentBased: false, ratio: 1 },
      { parentBased: true, ratio: 0 }
    ])
  })

  it("that cannot be read are as if they were not there, and are named", () => {
    const { traces, metrics, resource, faults } = wantedOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: BASE,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "nowhere",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
      OTEL_EXPORTER_OTLP_HEADERS: "no pair",
      OTEL_RESOURCE_ATTRIBUTES: "a=%E0%A4%A",
      OTEL_TRACES_SAMPLER: "traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "2",
      OTEL_BSP_MAX_QUEUE_SIZE: "0",
      OTEL_SDK_DISABLED: "maybe"
    })
    assert.strictEqual(traces?.url, `${BASE}/v1/traces`)
    assert.strictEqual(metrics?.protocol, "http/json")
    assert.strictEqual(traces?.timeoutMillis, 10_000)
    assert.deepStrictEqual(traces?.headers, {})
    assert.deepStrictEqual(traces?.sampler, { parentBased: false, ratio: 1 })
    assert.deepStrictEqual(resource, { serviceName: "io-iii", attributes: {} })
    assert.deepStrictEqual(faults.toSorted(), [
      "OTEL_BSP_MAX_QUEUE_SIZE",
      "OTEL_EXPORTER_OTLP_HEADERS",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "OTEL_EXPORTER_OTLP_TIMEOUT",
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      "OTEL_RESOURCE_ATTRIBUTES",
      "OTEL_SDK_DISABLED",
      "OTEL_TRACES_SAMPLER_ARG"
    ])
  })
})
