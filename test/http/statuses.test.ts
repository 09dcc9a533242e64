/** Brings about every status that the contract documents, those of providers through one that is at fault. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { request } from "node:http"
import { DatabaseSync } from "node:sqlite"
import { Api } from "../../src/api/Api.ts"
import { Answer } from "../../src/api/Runs.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { hasNamespaces, home, io3, slowly, startOnDisk, until } from "../support/io3.ts"
import { fileOf } from "../support/journalFile.ts"
import { breaks, says, verdict } from "../support/model.ts"
import { asking, served, serving } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"
import { chunked } from "../support/upstream.ts"

const documented = new Set(
  Object.values(OpenApi.fromApi(Api).paths).flatMap((methods) =>
    Object.values(methods as Readonly<Record<string, { readonly responses: object }>>).flatMap(
      ({ responses }) => Object.keys(responses).map(Number)
    )
  )
)

/** Settings under which an upstream is soon too late, a steward is asked always, and one stream is enough. */
const runtime = `\
timeouts: { first_byte_seconds: 1, idle_seconds: 1, total_seconds: 5 }
steward_thresholds: { always: true }
server: { streams_per_principal: 1 }
`

const ofAnotherHost = (url: string) =>
  Effect.promise(
    () =>
      new Promise<number>((resolve, reject) => {
        request(`${url}/livez`, { headers: { host: "elsewhere.example" } }, ({ statusCode = 0 }) =>
          resolve(statusCode)
        )
          .on("error", reject)
          .end()
      })
  )

describe("every documented status", slowly, () => {
  it.live("is answered where it should be", () =>
    Effect.gen(function* () {
      let reply: Buffer | string | null = says("Fine.")
      const { where, url, ask, decoded, watch, process, ended } = yield* served((socket, { model }) => {
        const made = model === "judge" ? verdict("reject") : reply
        if (made !== null) socket.write(made)
      }, runtime)
      const seen = new Map<number, string>()
      const see = (status: number, what: string, ...args: Parameters<typeof ask>) =>
        Effect.map(ask(...args), (answer) => {
          assert.strictEqual(answer.status, status, `${what}: ${answer.text}`)
          seen.set(status, what)
        })
      const body = { mode: "executor", prompt: "x" }
      const plain = { ...body, no_health_check: true }

      const made = yield* decoded(Answer, 200, "POST", "/run", body)
      seen.set(200, "an answer")
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", { mode: "steward" })
      seen.set(201, "a session")
      yield* see(202, "a held turn", "POST", `/session/${session_id}/turn`, { prompt: "x" })
      yield* see(409, "a paused session", "POST", `/session/${session_id}/turn`, { prompt: "x" })
      yield* see(204, "nobody goes", "POST", "/logout")
      yield* see(400, "no prompt", "POST", "/run", { mode: "executor" })
      yield* see(403, "another origin", "POST", "/run", body, { origin: "http://evil.example" })
      yield* see(404, "no run", "GET", "/run/ffffffff")
      yield* see(405, "no such method", "PUT", "/run", body)
      yield* see(413, "too much", "POST", "/run", { ...body, prompt: "x".repeat(1_048_577) })
      yield* see(415, "no JSON", "POST", "/run", "x", { "content-type": "text/plain" })
      seen.set(yield* ofAnotherHost(url), "another host")
      yield* see(422, "a rejected draft", "POST", "/run", { ...body, audit: true })
      yield* watch(`/session/${session_id}/stream`)
      yield* see(429, "one stream too many", "GET", `/session/${session_id}/stream`)

      reply = chunked(["no JSON\n"])
      yield* see(502, "a provider that makes no sense", "POST", "/run", plain)
      reply = breaks(500, "{}")
      yield* see(503, "a provider that fails", "POST", "/run", plain)
      reply = null
      yield* see(504, "a provider that says nothing", "POST", "/run", plain)

      assert.strictEqual((yield* io3(where, ["runs", "erase", made.run_id, "--yes"])).code, 0)
      yield* see(410, "an erased run", "GET", `/run/${made.run_id}/text`)
      const viewer = yield* tokensIn(where).issue("carol", "viewer")
      yield* Effect.repeat(ask("GET", "/run"), { until: ({ status }) => status === 401, times: 400 })
      yield* see(401, "no token", "GET", "/run")
      yield* see(403, "another role", "POST", "/run", body, viewer.headers)
      process.kill("SIGTERM")
      yield* ended

      const database = new DatabaseSync(fileOf(where.data))
      assert.isAbove(
        Number(database.prepare("UPDATE rows SET payload = '{}' WHERE seq = 2").run().changes),
        0
      )
      database.close()
      const after = yield* serving(where)
      const broken = yield* after.ask("GET", `/run/${made.run_id}/receipt`, undefined, viewer.headers)
      seen.set(broken.status, "a record that was tampered with")
      if (hasNamespaces) seen.set(507, yield* fills)
      const unseen = [...documented].filter((status) => !seen.has(status))
      assert.deepStrictEqual(unseen, hasNamespaces ? [] : [507])
    })
  )
})

/** A disk that is full before long. */
const fills = Effect.gen(function* () {
  const where = yield* home()
  const running = yield* startOnDisk(where, ["serve", "--port", "0", "-o", "json"], 4 * 1_048_576)
  yield* until(() => running.stdout().endsWith("}\n"))
  const { url } = Schema.decodeUnknownSync(Schema.fromJsonString(ServingOutput))(running.stdout())
  const { ask } = asking(url)
  const body = { mode: "executor", prompt: "x".repeat(20_000) }
  const { text } = yield* Effect.repeat(ask("POST", "/run", body), {
    until: ({ status }) => status === 507,
    times: 200
  })
  assert.include(text, "JOURNAL_FULL")
  assert.strictEqual((yield* ask("GET", "/livez")).status, 200)
  return "a full disk"
})
