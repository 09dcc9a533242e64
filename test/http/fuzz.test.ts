/**
 * Asks every address of the contract with whatever comes to mind: no answer is of the server's fault, each is documented, and
 * each refusal is a problem that repeats nothing. `npm run test:long` asks more.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import * as fc from "fast-check"
import { Api } from "../../src/api/Api.ts"
import { CONTENT_TYPE, Problem } from "../../src/api/Problem.ts"
import { OpenAiError } from "../../src/api/OpenAiError.ts"
import { codes } from "../../src/domain/Failure.ts"
import { quota, SEED } from "../support/campaign.ts"
import { home, slowly } from "../support/io3.ts"
import { serving } from "../support/served.ts"

const CANARY = "Zk7canary"
const REQUESTS = quota(5000, 50_000)

interface Operation {
  readonly method: string
  readonly path: string
  readonly statuses: ReadonlySet<number>
}

const operations: ReadonlyArray<Operation> = Object.entries(OpenApi.fromApi(Api).paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods as Readonly<Record<string, { readonly responses: object }>>).map(
      ([method, { responses }]) => ({
        method: method.toUpperCase(),
        path,
        statuses: new Set(Object.keys(responses).map(Number))
      })
    )
)

const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef-"), minLength: 1, maxLength: 40 })
const word = fc.oneof(
  fc.constantFrom(
    CANARY,
    "executor",
    "challenger",
    "work",
    "steward",
    "approve",
    "__proto__",
    "",
    " ",
    "\0",
    "\ud800",
    "é😀"
  ),
  fc.string({ maxLength: 12 })
)
/** Stands for the id of something that is there. */
const THERE = "there"
const param = fc.oneof(
  { weight: 3, arbitrary: hex },
  { weight: 3, arbitrary: fc.constant(THERE) },
  { weight: 1, arbitrary: fc.constantFrom("config", "executor", "..", "%", CANARY) }
)

/** Bodies that are nearly right are worth more than those that are not at all. */
const fields = {
  mode: fc.oneof(fc.constantFrom("executor", "work", "steward", "nobody"), word),
  prompt: word,
  audit: fc.boolean(),
  file: word,
  title: word,
  text: word,
  detach: fc.constant(false),
  file_ref: fc.constantFrom("00000000-0000-7000-8000-000000000000", CANARY),
  persona_mode: fc.constantFrom("executor", "challenger", CANARY),
  session_mode: fc.constantFrom("work", "steward", CANARY),
  capability_id: fc.constantFrom("cap.json_pretty", "cap.text_diff", "cap.none"),
  capability_payload: fc.jsonValue({ maxDepth: 3 }),
  capability_payload_json: fc.oneof(fc.json(), word),
  memory_packs: fc.array(fc.constantFrom("pack.default.starter", CANARY), { maxLength: 3 }),
  action: fc.constantFrom("approve", "edit", "redirect", "reject", "close", CANARY),
  digest: fc.constantFrom("0".repeat(64), CANARY),
  sequence: fc.oneof(fc.integer(), fc.double(), word),
  reason: fc.constantFrom("other", "expired", CANARY),
  accept_config: fc.boolean(),
  runbook: fc.oneof(
    fc.record({
      runbook_id: fc.constantFrom("rb-mine", CANARY, "a/../b"),
      steps: fc.array(
        fc.record({ mode: fc.constantFrom("executor", CANARY), prompt: word }, { requiredKeys: [] }),
        { maxLength: 3 }
      )
    }),
    fc.jsonValue({ maxDepth: 4 })
  ),
  model: fc.constantFrom("io3/executor", "io3/challenger", "io3/capability", `io3/${CANARY}`, CANARY),
  messages: fc.oneof(
    fc.constant([{ role: "user", content: "What?" }]),
    fc.array(
      fc.record({
        role: fc.constantFrom("system", "user", "user", "assistant", CANARY),
        content: fc.oneof(word, fc.array(fc.record({ type: fc.constantFrom("text", CANARY), text: word })))
      }),
      { maxLength: 4 }
    )
  ),
  stream: fc.constantFrom(true, false, null),
  stream_options: fc.constantFrom(null, { include_usage: true }, { [CANARY]: 1 }),
  max_tokens: fc.oneof(fc.integer(), fc.double(), fc.constant(1e21)),
  temperature: fc.double(),
  seed: fc.oneof(fc.integer(), fc.maxSafeInteger()),
  stop: fc.oneof(word, fc.array(word, { maxLength: 6 })),
  response_format: fc.constantFrom(
    { type: "json_object" },
    { type: "json_schema", json_schema: { name: "x", schema: { [CANARY]: 1 } } },
    { type: CANARY }
  ),
  tools: fc.constantFrom(null, [], [CANARY]),
  io3: fc.constantFrom({ audit: true }, { [CANARY]: true }, { memory_packs: [CANARY] }),
  [CANARY]: word
}
/** What goes together. */
const meant: ReadonlyArray<ReadonlyArray<string>> = [
  [],
  ["mode"],
  ["mode", "prompt"],
  ["prompt"],
  ["prompt", "file", "audit"],
  ["title"],
  ["runbook"],
  ["audit"],
  ["accept_config"],
  ["action", "digest", "sequence"],
  ["model", "messages"],
  ["model", "messages", "stream"],
  ["model", "messages", "stream", "stream_options", "max_tokens"],
  ["model", "messages", "temperature", "seed", "stop"],
  ["model", "messages", "response_format"]
]
const body = fc.oneof(
  { weight: 2, arbitrary: fc.record(fields, { requiredKeys: [] }).map((value) => JSON.stringify(value)) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        names: fc.constantFrom(...meant),
        all: fc.record(fields),
        more: fc.option(fc.constantFrom(...Object.keys(fields)))
      })
      .map(({ names, all, more }) =>
        JSON.stringify(
          Object.fromEntries(
            Object.entries(all).filter(
              ([name]) => names.includes(name) || (name === more && name.length % 2 === 0)
            )
          )
        )
      )
  },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.oneof(word, fc.constant("[".repeat(100)), fc.constant('{"a":1e999}')) }
)

const request = fc.record({
  operation: fc.constantFrom(...operations),
  params: fc.array(param, { minLength: 2, maxLength: 2 }),
  query: fc.option(
    fc.constantFrom(
      "limit=1",
      "limit=0",
      "limit=1e9",
      "cursor=-1",
      "cursor=0",
      `${CANARY}=1`,
      "standing=released",
      "limit=%00"
    ),
    {
      nil: ""
    }
  ),
  body,
  accept: fc.constantFrom("application/json", "*/*", "text/event-stream", CANARY),
  lastSeen: fc.constantFrom("", "0.0", "1.5", "999999.999999", "1", CANARY, "-1.-1"),
  type: fc.oneof(
    { weight: 20, arbitrary: fc.constant("application/json") },
    { weight: 1, arbitrary: fc.constant("text/plain") },
    { weight: 1, arbitrary: fc.constant("application/octet-stream") }
  ),
  key: fc.oneof(
    { weight: 4, arbitrary: fc.constant("") },
    { weight: 2, arbitrary: fc.constantFrom("one", "two", "three", CANARY, "a b", "x".repeat(256)) },
    { weight: 2, arbitrary: fc.uuid() }
  )
})

const isProblem = Schema.decodeUnknownSync(Schema.fromJsonString(Problem))
const isOpenAiError = Schema.decodeUnknownSync(Schema.fromJsonString(OpenAiError))

describe("the contract", slowly, () => {
  it.live("is kept, whatever is asked", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const server = yield* serving(where, "--host", "127.0.0.1")
      const made = (path: string, body: object) =>
        Effect.map(
          server.ask("POST", path, body),
          ({ text }) => JSON.parse(text) as Readonly<Record<string, string>>
        )
      const run = (yield* made("/run", { mode: "executor", prompt: CANARY }))["run_id"]
      const session = (yield* made("/session/start", { mode: "work" }))["session_id"]
      const steps = [{ mode: "executor", prompt: CANARY }]
      const runbook = (yield* made("/runbook", { runbook: { steps } }))["run_id"]
      const idFor = (path: string) =>
        (path.startsWith("/session") ? session : path.startsWith("/runbook") ? runbook : run) ?? "none"
      const seen = new Set<number>()
      const theirs = new Set<number>()
      const asked = fc.sample(request, { numRuns: REQUESTS, seed: SEED })
      yield* Effect.forEach(
        asked,
        ({ operation, params, query, body, accept, lastSeen, type, key }) =>
          Effect.promise(async () => {
            const { method, path, statuses } = operation
            let at = 0
            const filled = path.replaceAll(/\{[a-z]+\}/gu, () => {
              const param = params[at++ % 2] ?? "x"
              return encodeURIComponent(param === THERE ? idFor(path) : param.toWellFormed())
            })
            const url = `${server.url}${filled}${query === "" ? "" : `?${query}`}`
            const what = `seed ${SEED}: ${method} ${filled}?${query} ${accept} ${lastSeen} ${key} ${body}`
            const gone = new AbortController()
            // Whoever watches a session or the inbox is not told when to stop: it is left as soon as it speaks.
            const isStream = path === "/session/{session}/stream" || path === "/steward/stream"
            const timer = setTimeout(() => gone.abort(), 30_000)
            const reply = await fetch(url, {
              method,
              signal: gone.signal,
              headers: {
                accept,
                "content-type": type,
                ...(key !== "" && { "idempotency-key": key }),
                ...(lastSeen !== "" && { "last-event-id": lastSeen })
              },
              ...(method !== "GET" && method !== "DELETE" && { body: body.toWellFormed() })
            }).catch((cause: unknown) => {
              throw new Error(`no answer: ${what}`, { cause })
            })
            const text = isStream && reply.ok ? "" : await reply.text()
            clearTimeout(timer)
            gone.abort()
            seen.add(reply.status)
            const isElsewhere = reply.status === 404 || reply.status === 405
            assert.isTrue(statuses.has(reply.status) || isElsewhere, `${reply.status}: ${what}`)
            assert.isBelow(reply.status === 503 || reply.status === 502 ? 0 : reply.status, 500, what)
            if (reply.ok) return
            assert.notInclude(text, CANARY, what)
            if (path.startsWith("/v1/")) {
              const { error } = isOpenAiError(text)
              assert.strictEqual(codes[error.code].status, reply.status, what)
              theirs.add(reply.status)
              return
            }
            assert.strictEqual(reply.headers.get("content-type"), CONTENT_TYPE, what)
            const problem = isProblem(text)
            assert.strictEqual(problem.status, reply.status, what)
          }),
        { concurrency: 8, discard: true }
      )
      assert.includeMembers([...theirs], [400, 404, 415])
      assert.includeMembers([...seen], [200, 201, 400, 404, 409, 415, 422])
      server.process.kill("SIGTERM")
      const { code, stderr } = yield* server.ended
      assert.deepStrictEqual([code, stderr], [0, ""])
    })
  )
})
