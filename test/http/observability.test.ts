/** Looks at a real server from outside: the traces that it sends, the counts that it tells, and what its answers say of time. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Schedule, Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { DecisionOutput, InboxOutput, ViewOutput } from "../../src/api/results/StewardResults.ts"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { Answer } from "../../src/api/Runs.ts"
import { parseRow } from "../../src/domain/ledger/Export.ts"
import { decode } from "../../src/domain/ledger/Ledger.ts"
import { metrics } from "../../src/domain/observability/Metrics.ts"
import { Attributes } from "../../src/domain/observability/Span.ts"
import { isRunEvent, type RunEvent } from "../../src/domain/Event.ts"
import { found, words } from "../support/canary.ts"
import { type Collector, collector, said, type SentSpan, treeOf, written } from "../support/collector.ts"
import { type Family, read, valueOf } from "../support/exposition.ts"
import { configure, type Home, io3, slowly, start, until } from "../support/io3.ts"
import { type Answers, begins, breaks, configuration, says, scene, verdict } from "../support/model.ts"
import { asking } from "../support/served.ts"

const TRACE = "0af7651916cd43dd8448eb211c80319c"
const PARENT = "b7ad6b7169203331"

const serving = Effect.fnUntraced(function* (
  where: Home,
  environment: Readonly<Record<string, string>> = {}
) {
  const running = yield* start(where, ["serve", "--port", "0", "-o", "json"], {
    environment,
    patienceMillis: 80_000
  })
  yield* until(() => running.stdout().endsWith("}\n"))
  const { url } = Schema.decodeUnknownSync(Schema.fromJsonString(ServingOutput))(running.stdout())
  return { ...running, url, ...asking(url) }
})

const told = (server: Collector) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
  OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
  OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20mine",
  OTEL_BSP_SCHEDULE_DELAY: "50"
})

/** The tree of the run that a span says it is, from the request or turn down. */
const treesOf = (spans: ReadonlyArray<SentSpan>, name: string) =>
  spans.filter((span) => span.name === name).map((span) => written(treeOf(spans, span)))

/** Every event of the runs on record. */
const recorded = Effect.fnUntraced(function* (where: Home) {
  const file = join(where.root, "ledger.ndjson")
  const { code, stderr } = yield* io3(where, ["ledger", "export", file])
  assert.strictEqual(code, 0, stderr)
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => Option.toArray(Option.flatMap(parseRow(line), ({ payload }) => decode(payload))))
    .filter(isRunEvent)
})

const counted = <T extends RunEvent["_tag"]>(
  events: ReadonlyArray<RunEvent>,
  tag: T,
  is: (event: Extract<RunEvent, { readonly _tag: T }>) => boolean = () => true
): number =>
  events.filter((event) => event._tag === tag && is(event as Extract<RunEvent, { readonly _tag: T }>)).length

describe("what is told of runs", slowly, () => {
  it.live("is a tree of steps for each, counts that are those of the record, and not a word", () =>
    Effect.gen(function* () {
      let answers: Answers = () => {}
      const { where, server } = yield* scene((socket, asked) => answers(socket, asked), words.folder)
      yield* configure(where.userConfig, {
        ...configuration(server),
        "runtime.yaml": "steward_thresholds: { always: true }\n",
        "persona.yaml": `identity:\n  name: ${words.persona}\n`
      })
      const seen = yield* collector()
      const { process, ended, ask, decoded, events } = yield* serving(where, told(seen))
      const body = { mode: "executor", prompt: words.prompt, file: words.file }
      const run = (more: object = {}, headers = {}) => ask("POST", "/run", { ...body, ...more }, headers)

      // Plain, for somebody who has a trace of their own.
      answers = (socket) => socket.write(says(words.answer))
      const plain = yield* run({}, { traceparent: `00-${TRACE}-${PARENT}-01` })
      assert.strictEqual(plain.status, 200)
      const answered = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/u.exec(plain.headers.get("traceparent") ?? "")
      assert.strictEqual(answered?.[1], TRACE)
      assert.notStrictEqual(answered?.[2], PARENT)
      const head = server.requests.findLast(({ line }) => line.includes("/api/chat"))?.head ?? ""
      const [, passed] = /^traceparent: 00-([0-9a-f]{32}-[0-9a-f]{16})-01$/mu.exec(head) ?? []

      // Audited and revised, and audited and refused.
      let drafts = 0
      answers = (socket, { model }) =>
        socket.write(
          model === "judge" ? verdict("needs_work", words.fixes) : says(`${words.draft}${drafts++}`)
        )
      assert.strictEqual((yield* run({ audit: true })).status, 200)
      answers = (socket, { model }) =>
        socket.write(model === "judge" ? verdict("reject", words.fixes) : says(words.draft))
      assert.strictEqual((yield* run({ audit: true })).status, 422)

      // Failed, in words of the model's host; and by whoever went away.
      answers = (socket) => socket.write(breaks(500, JSON.stringify({ error: words.upstream })))
      assert.isAtLeast((yield* run()).status, 500)
      answers = (socket) => socket.write(begins(words.answer))
      yield* events("/run", { method: "POST", body, until: ({ event }) => event === "turn_delta" })
      const cancelled = Effect.map(ask("GET", "/metrics"), ({ text }) =>
        valueOf(read(text), "io3_runs_total", { outcome: "RUN_CANCELLED" })
      )
      yield* Effect.repeat(cancelled, {
        until: (count) => count === 1,
        schedule: Schedule.spaced("20 millis"),
        times: 500
      })

      // Held, and let go.
      answers = (socket) => socket.write(says(words.draft))
      const session = yield* decoded(SessionOutput, 201, "POST", "/session/start", { mode: "steward" })
      const turn = yield* ask("POST", `/session/${session.session_id}/turn`, { prompt: words.prompt })
      assert.strictEqual(turn.status, 202)
      const held = read((yield* ask("GET", "/metrics")).text)
      assert.strictEqual(valueOf(held, "io3_steward_pending"), 1)
      assert.strictEqual(valueOf(held, "io3_runs_active"), 0)
      const inbox = yield* decoded(InboxOutput, 200, "GET", "/steward/pending")
      const run_id = inbox.pending[0]?.run_id
      const view = yield* decoded(ViewOutput, 200, "GET", `/steward/pending/${run_id}`)
      const wish = { action: "approve", digest: view.digest, sequence: view.sequence }
      yield* decoded(DecisionOutput, 200, "POST", `/steward/pending/${run_id}/decision`, wish)

      // Asked for wrongly, in words.
      for (const [path, status] of [
        [`/${words.typed}?${words.url}=1`, 404],
        [`/route/${words.typed}`, 404],
        [`/run/${words.typed}`, 400]
      ] as const)
        assert.strictEqual(
          (yield* ask("GET", path, undefined, { traceparent: words.typed, tracestate: words.typed })).status,
          status
        )

      const { text } = yield* ask("GET", "/metrics")
      process.kill("SIGTERM")
      assert.strictEqual((yield* ended).code, 0)

      // Not a word anywhere, and what the operator has said where to send it.
      assert.deepStrictEqual(found(Buffer.from(text)), [])
      for (const { body, path, headers } of seen.received) {
        assert.deepStrictEqual(found(body), [])
        assert.oneOf(path, ["/v1/traces", "/v1/metrics"])
        assert.strictEqual(headers.authorization, "Bearer mine")
      }

      const spans = seen.spans()
      const known = new Set(Object.keys(Attributes.fields))
      for (const { name, attributes, status } of spans) {
        for (const { key } of attributes) assert.isTrue(known.has(key), `${name} says ${key}`)
        if (status.message !== undefined) assert.match(status.message, /^[A-Z_]+$/u)
      }
      const begin = "accept route assemble bounds"
      assert.deepStrictEqual(treesOf(spans, "POST /run"), [
        `POST /run(run(${begin} draft(chat writer) release))`,
        `POST /run(run(${begin} draft(chat writer) audit(chat judge) verdict revision(chat writer) release))`,
        `POST /run(run(${begin} draft(chat writer) audit(chat judge) verdict refuse))`,
        `POST /run(run(${begin} draft(chat writer) draft(chat second) fail))`,
        `POST /run(run(${begin} draft(chat writer) cancel))`
      ])
      assert.deepStrictEqual(treesOf(spans, "POST /session/:session/turn"), [
        `POST /session/:session/turn(turn(run(${begin} draft(chat writer) gate)))`
      ])
      assert.deepStrictEqual(treesOf(spans, "POST /steward/pending/:turn/decision"), [
        "POST /steward/pending/:turn/decision(decide)"
      ])
      const runs = spans.filter(({ name }) => name === "run")
      assert.deepStrictEqual(
        runs.map((span) => said(span, "io3.run.outcome")),
        ["released", "released", "refused", "failed", "cancelled", "held"]
      )
      assert.deepStrictEqual(
        runs.map((span) => [span.status.code, said(span, "error.type")]),
        [
          [0, undefined],
          [0, undefined],
          [2, "AUDIT_REJECTED"],
          [2, "PROVIDER_UNAVAILABLE"],
          [2, "RUN_CANCELLED"],
          [0, undefined]
        ]
      )
      // The trace is theirs, and whom we ask hears that it is part of the call.
      const first = spans.find(({ parentSpanId }) => parentSpanId === PARENT)
      assert.deepStrictEqual([first?.traceId, first?.spanId], [TRACE, answered?.[2]])
      const call = spans.find(({ name, traceId }) => name === "chat writer" && traceId === TRACE)
      assert.strictEqual(passed, `${TRACE}-${call?.spanId}`)
      assert.deepStrictEqual(
        ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"].map(
          (key) => call && said(call, key)
        ),
        ["chat", "ollama", "writer"]
      )
      assert.isTrue(spans.every(({ traceId }) => traceId !== undefined))

      agree(read(text), yield* recorded(where))
    })
  )

  it.live("says how much of its time was ours, and follows whoever traces where nothing is sent", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => {
        setTimeout(() => socket.write(says("late")), 400)
      })
      const { ask, decoded } = yield* serving(where)
      yield* decoded(Answer, 200, "POST", "/run", { mode: "executor", prompt: "one" })
      const traceparent = `00-${TRACE}-${PARENT}-01`
      const begun = performance.now()
      const { headers } = yield* ask("POST", "/run", { mode: "executor", prompt: "two" }, { traceparent })
      const whole = (performance.now() - begun) * 1000
      const ours = Number(headers.get("x-io3-overhead-us"))
      assert.isAbove(ours, 0)
      assert.isBelow(ours, whole - 390_000)
      assert.strictEqual(headers.get("traceparent"), traceparent)
      assert.include(server.requests.at(-1)?.head ?? "", `traceparent: ${traceparent}`)
      const refused = yield* ask("GET", "/nothing", undefined, { traceparent: "00-1-2-3" })
      assert.isTrue(refused.headers.has("x-io3-overhead-us"))
      assert.isFalse(refused.headers.has("traceparent"))
    })
  )
})

/** What is told is what is on record, whatever else has happened. */
const agree = (families: ReadonlyArray<Family>, events: ReadonlyArray<RunEvent>): void => {
  const names = new Set(Object.values(metrics).map(({ prometheus }) => prometheus))
  for (const { name } of families) assert.isTrue(names.has(name), `${name} is not in the table`)
  const value = (name: string, labels?: Readonly<Record<string, string>>) => valueOf(families, name, labels)
  const endings = ["Released", "RunRefused", "RunFailed", "RunCancelled"] as const
  const ended = endings.map((tag) => counted(events, tag)).reduce((sum, count) => sum + count, 0)
  assert.strictEqual(ended, 6)
  assert.strictEqual(value("io3_runs_total"), ended)
  assert.strictEqual(value("io3_runs_total", { outcome: "released" }), counted(events, "Released"))
  assert.strictEqual(
    value("io3_runs_total", { outcome: "AUDIT_REJECTED" }),
    counted(events, "RunRefused", ({ code }) => code === "AUDIT_REJECTED")
  )
  assert.strictEqual(value("io3_run_duration_seconds_count"), ended)
  assert.strictEqual(value("io3_calls_total"), counted(events, "CallSettled"))
  for (const outcome of ["ok", "failed", "cancelled"])
    assert.strictEqual(
      value("io3_calls_total", { outcome }),
      counted(events, "CallSettled", (event) => event.outcome === outcome),
      outcome
    )
  assert.strictEqual(value("gen_ai_client_operation_duration_seconds_count"), counted(events, "CallSettled"))
  const tokens = events.reduce(
    (sum, event) =>
      sum + (event._tag === "CallSettled" ? (event.inputTokens ?? 0) + (event.outputTokens ?? 0) : 0),
    0
  )
  assert.isAbove(tokens, 0)
  assert.strictEqual(value("gen_ai_client_token_usage_sum"), tokens)
  assert.strictEqual(value("io3_audit_verdicts_total"), counted(events, "AuditConcluded"))
  assert.strictEqual(value("io3_audit_verdicts_total", { verdict: "needs_work" }), 1)
  assert.strictEqual(value("io3_steward_held_total", { threshold: "always" }), 1)
  assert.strictEqual(value("io3_steward_decisions_total", { action: "approve", by: "person" }), 1)
  assert.strictEqual(value("io3_steward_pending"), 0)
  assert.strictEqual(value("io3_runs_active"), 0)
  assert.strictEqual(value("io3_http_streams"), 0)
  assert.isAbove(value("io3_journal_commit_rows_sum"), events.length)
  assert.isAbove(value("process_resident_memory_bytes"), 1e7)
  assert.strictEqual(
    value("http_server_request_duration_seconds_count", { http_route: "/run", http_request_method: "POST" }),
    5
  )
}
