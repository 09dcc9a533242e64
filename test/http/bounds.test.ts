/** Serves others than this machine, by their names; and nobody more than there is room for. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule } from "effect"
import { request } from "node:http"
import { REPLAYED } from "../../src/api/Once.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { configure, home, io3, slowly, until } from "../support/io3.ts"
import { begins, says } from "../support/model.ts"
import { served, serving } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

/** What is answered to a request with these headers, `Host` among them. */
const answered = (url: string, path: string, headers: Readonly<Record<string, string>>) =>
  Effect.promise(
    () =>
      new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
        const { port } = new URL(url)
        const asked = request({ host: "127.0.0.1", port, path, headers }, (reply) => {
          let text = ""
          reply.on("data", (piece: Buffer) => (text += piece.toString("utf8")))
          reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }))
        })
        asked.on("error", reject)
        asked.end()
      })
  )

const names = "server:\n  hosts: [io3.example, gate.example:8443]\n"

describe("a server for others", slowly, () => {
  it.live("begins where somebody has a token, and is found by its own names alone", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const open = ["--host", "0.0.0.0", "--port", "0"]
      const without = yield* io3(where, ["serve", ...open])
      assert.deepStrictEqual([without.code, without.stderr.split(":")[0]], [2, "ADDRESS_UNGUARDED"])
      // Something passes requests on to it: then loopback is for others, too.
      yield* configure(where.userConfig, { "runtime.yaml": names })
      const passed = yield* io3(where, ["serve", "--port", "0"])
      assert.deepStrictEqual([passed.code, passed.stderr.split(":")[0]], [2, "ADDRESS_UNGUARDED"])
      const tokens = tokensIn(where)
      const expired = yield* tokens.issue("early", "operator", 50)
      yield* Effect.sleep("100 millis")
      assert.strictEqual((yield* io3(where, ["serve", ...open])).code, 2)
      yield* tokens.revoke(expired.id)
      const held = yield* tokens.issue("alice", "operator")
      const { url, stdout } = yield* serving(where, "--offline", "--host", "0.0.0.0")
      assert.match(stdout(), /"content_release": false[^]*"tokens_required": true/u)
      const { port } = new URL(url)
      const may = [
        "io3.example",
        `io3.example:${port}`,
        "IO3.EXAMPLE",
        "gate.example:8443",
        `127.0.0.1:${port}`,
        `localhost:${port}`
      ]
      const mayNot = [
        `0.0.0.0:${port}`,
        "127.0.0.1",
        "gate.example",
        `gate.example:${port}`,
        "io3.example:1",
        "evil.example",
        "io3.example.evil.example",
        "xio3.example",
        "io3.example."
      ]
      for (const host of may) {
        const reply = yield* answered(url, "/run", { host, ...held.headers })
        assert.strictEqual(reply.status, 200, host)
        assert.strictEqual((yield* answered(url, "/run", { host })).status, 401, host)
      }
      for (const host of mayNot) {
        const reply = yield* answered(url, "/run", { host, ...held.headers })
        assert.strictEqual(reply.status, 421, host)
        assert.include(reply.text, "HOST_UNKNOWN")
      }
      // A page of another site does nothing, whatever token it has.
      const host = "io3.example"
      for (const [headers, status] of [
        [{ origin: "https://io3.example", "sec-fetch-site": "same-origin" }, 200],
        [{ origin: "https://evil.example", "sec-fetch-site": "cross-site" }, 403],
        [{ origin: "https://evil.example" }, 403],
        [{ "sec-fetch-site": "same-site" }, 403],
        [{ origin: "null" }, 403]
      ] as const) {
        const reply = yield* answered(url, "/run", { host, ...held.headers, ...headers })
        assert.strictEqual(reply.status, status, JSON.stringify(headers))
      }
    })
  )
})

describe("the room in a server", slowly, () => {
  it.live("is so many requests of each in a second, whoever else asks how many", () =>
    Effect.gen(function* () {
      const { where, ask } = yield* served(
        (socket) => socket.write(says("Fine.")),
        "server:\n  requests_per_second: 1\n  burst: 5\n"
      )
      const tokens = tokensIn(where)
      const [one, same, other] = [
        yield* tokens.issue("alice", "viewer"),
        yield* tokens.issue("alice", "operator"),
        yield* tokens.issue("bob", "viewer")
      ]
      const replies = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? one : same)),
        ({ headers }) => ask("GET", "/run", undefined, headers)
      )
      const refused = replies.filter(({ status }) => status === 429)
      assert.isAtLeast(replies.filter(({ status }) => status === 200).length, 5)
      assert.isAtLeast(refused.length, 1)
      for (const { headers, text } of refused) {
        assert.match(headers.get("retry-after") ?? "", /^1$/u)
        assert.include(text, "RATE_LIMITED")
      }
      assert.strictEqual((yield* ask("GET", "/run", undefined, other.headers)).status, 200)
      // Whoever asks whether it is there is none of them.
      for (let at = 0; at < 10; at++) assert.strictEqual((yield* ask("GET", "/livez")).status, 200)
      // A body that is too much is not read.
      let late = yield* ask("POST", "/run", "{", same.headers)
      while (late.status !== 429) late = yield* ask("POST", "/run", "{", same.headers)
      assert.include(late.text, "RATE_LIMITED")
    })
  )

  it.live("is so many looks from an address without a token, and no health check is too many", () =>
    Effect.gen(function* () {
      const { where, ask } = yield* served((socket) => socket.write(says("Fine.")))
      const { headers } = yield* tokensIn(where).issue("alice", "viewer")
      const look = (path: string) => Effect.map(ask("GET", path), ({ status }) => status)
      const checks = yield* Effect.forEach(Array.from({ length: 100 }), () => look("/livez"), {
        concurrency: 8
      })
      assert.deepStrictEqual([...new Set(checks)], [200])
      const refused = yield* Effect.repeat(
        Effect.map(
          Effect.all(
            Array.from({ length: 12 }, (_, at) => ask("GET", at % 2 === 0 ? "/livez" : "/readyz")),
            { concurrency: 12 }
          ),
          (replies) => replies.find(({ status }) => status === 429)
        ),
        { until: (reply) => reply !== undefined, times: 1000 }
      )
      if (!refused) return assert.fail("all of them were answered")
      assert.include(refused.text, "RATE_LIMITED")
      assert.strictEqual(refused.headers.get("retry-after"), "1")
      // Whoever has a token is not kept from anything by it.
      assert.strictEqual((yield* ask("GET", "/run", undefined, headers)).status, 200)
    })
  )

  it.live("is so many streams of each and of all, and so many requests at once, and is given back", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, ask, events, decoded, refused } = yield* served((socket) => {
        finish = () => socket.end()
        socket.write(begins("One"))
      }, "server:\n  streams_per_principal: 2\n  streams: 3\n  concurrent_requests: 2\n")
      const tokens = tokensIn(where)
      const [alice, bob] = [yield* tokens.issue("alice", "operator"), yield* tokens.issue("bob", "steward")]
      const carol = yield* tokens.issue("carol", "operator")
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {}, alice.headers)
      const path = `/session/${session_id}/stream`
      let heard = 0
      const open = (headers: Readonly<Record<string, string>>) =>
        Effect.gen(function* () {
          const before = heard
          const stream = yield* Effect.forkChild(events(path, { headers, onEvent: () => heard++ }))
          yield* until(() => heard > before)
          return stream
        })
      const first = yield* open(alice.headers)
      yield* open(alice.headers)
      const own = yield* refused(429, "GET", path, undefined, alice.headers)
      assert.deepInclude(own, { code: "STREAMS_EXHAUSTED", retryable: true })
      // Nothing was begun by it.
      const asked = { mode: "executor", prompt: "x" }
      const events_ = { accept: "text/event-stream", ...alice.headers }
      assert.strictEqual((yield* refused(429, "POST", "/run", asked, events_)).code, "STREAMS_EXHAUSTED")
      assert.include((yield* ask("GET", "/run", undefined, alice.headers)).text, '"runs":[]')
      yield* open(bob.headers)
      assert.strictEqual((yield* refused(429, "GET", path, undefined, bob.headers)).code, "STREAMS_EXHAUSTED")
      yield* Fiber.interrupt(first)
      let again = yield* ask("GET", "/run", undefined, bob.headers)
      assert.strictEqual(again.status, 200)
      const third = yield* Effect.retry(
        Effect.flatMap(ask("POST", "/run", { ...asked, prompt: "" }, events_), ({ status }) =>
          status === 429 ? Effect.fail("full" as const) : Effect.succeed(status)
        ),
        { times: 200, schedule: Schedule.spaced("50 millis") }
      )
      assert.strictEqual(third, 400)
      // One has a part of the places: the rest is for others.
      const busy = [yield* Effect.forkChild(ask("POST", "/run", asked, alice.headers))]
      const soon = ({ headers }: typeof alice) =>
        Effect.andThen(Effect.sleep("50 millis"), ask("GET", "/run", undefined, headers))
      do again = yield* soon(alice)
      while (again.status === 200)
      assert.strictEqual(again.status, 503)
      assert.include(again.text, "SERVER_BUSY")
      assert.strictEqual((yield* soon(bob)).status, 200)
      // Two that take their time leave no room for a third.
      busy.push(yield* Effect.forkChild(ask("POST", "/run", asked, carol.headers)))
      do again = yield* soon(bob)
      while (again.status === 200)
      assert.strictEqual(again.status, 503)
      assert.strictEqual((yield* ask("GET", "/readyz")).status, 200)
      for (const one of busy) yield* Fiber.interrupt(one)
      finish()
      do again = yield* soon(bob)
      while (again.status === 503)
      assert.strictEqual(again.status, 200)
      yield* decoded(SessionOutput, 200, "DELETE", `/session/${session_id}`, undefined, alice.headers)
    })
  )

  it.live("has what comes in pieces among its streams, in whatever form, and however often it is told", () =>
    Effect.gen(function* () {
      let answer: Buffer | string = says("Fine.")
      const { ask, decoded, watch, server } = yield* served(
        (socket) => socket.write(answer),
        "server:\n  streams_per_principal: 1\n"
      )
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const chat = (more: object, headers: Readonly<Record<string, string>> = {}) =>
        ask(
          "POST",
          "/v1/chat/completions",
          { model: "io3/executor", messages: [{ role: "user", content: "?" }], ...more },
          headers
        )
      const stream = { stream: true }
      const keyed = { "idempotency-key": "once" }
      const first = yield* chat(stream, keyed)
      assert.strictEqual(first.status, 200)
      const watching = yield* watch(`/session/${session_id}/stream`)
      // Neither another one, nor the same one again; and nothing was begun by them.
      for (const reply of [yield* chat(stream), yield* chat(stream, keyed)]) {
        assert.strictEqual(reply.status, 429)
        assert.include(reply.text, "STREAMS_EXHAUSTED")
        assert.strictEqual(reply.headers.get("retry-after"), "1")
      }
      assert.strictEqual(server.calls.length, 1)
      assert.strictEqual((yield* chat({})).status, 200)
      yield* Fiber.interrupt(watching)
      const again = yield* Effect.repeat(chat(stream, keyed), {
        until: ({ status }) => status !== 429,
        times: 200,
        schedule: Schedule.spaced("50 millis")
      })
      assert.deepStrictEqual([again.status, again.headers.get(REPLAYED)], [200, "true"])
      answer = begins("One")
      const speaking = yield* Effect.forkChild(chat(stream))
      yield* until(() => server.calls.length === 3)
      const late = yield* ask("GET", `/session/${session_id}/stream`)
      assert.deepStrictEqual([late.status, late.headers.get("retry-after")], [429, "1"])
      yield* Fiber.interrupt(speaking)
      yield* server.left
    })
  )
})
