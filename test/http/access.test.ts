/** Asks every address of the contract as everybody who might: without a token, with a wrong one, and in each role. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { OpenApi } from "effect/http-api"
import { connect } from "node:net"
import { askedBy } from "../../src/api/Access.ts"
import { Api } from "../../src/api/Api.ts"
import { OpenAiError } from "../../src/api/OpenAiError.ts"
import { CONTENT_TYPE, Problem } from "../../src/api/Problem.ts"
import { Answer } from "../../src/api/Runs.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { Account } from "../../src/domain/run/Account.ts"
import type { Code } from "../../src/domain/Failure.ts"
import { permits, Role } from "../../src/domain/access/Role.ts"
import { bytesUnder, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { type Reply, served } from "../support/served.ts"
import { tokensIn, unknown } from "../support/tokens.ts"

const CANARY = "Zk7canary"
const problemIn = Schema.decodeUnknownSync(Schema.fromJsonString(Problem))
const errorIn = Schema.decodeUnknownSync(Schema.fromJsonString(OpenAiError))

/** The code of a refusal, in the shape of whoever asks there. */
const codeOf = (path: string, { headers, text }: Reply): Code => {
  if (path.startsWith("/v1/")) return errorIn(text).error.code
  assert.strictEqual(headers.get("content-type"), CONTENT_TYPE, path)
  return problemIn(text).code
}

const endpoints = Object.values(Api.groups).flatMap(({ endpoints }) =>
  Object.values(endpoints).map((endpoint) => ({
    method: endpoint.method as string,
    path: endpoint.path as string,
    permission: askedBy(endpoint)
  }))
)

/** What a server says to bytes, as far as it has said it when `until` is there or it hangs up. */
const saidTo = (url: string, bytes: string, until: RegExp) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve) => {
        const { hostname, port } = new URL(url)
        const socket = connect(Number(port), hostname, () => socket.write(bytes))
        let all = ""
        const done = () => {
          socket.destroy()
          resolve(all)
        }
        socket.setEncoding("latin1")
        socket.on("data", (piece: string) => {
          all += piece
          if (until.test(all)) done()
        })
        socket.on("close", done)
        socket.on("error", done)
        setTimeout(done, 15_000).unref()
      })
  )

/** What is answered; of events only that there are some. */
const peek = (
  url: string,
  method: string,
  path: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>
) =>
  Effect.promise(async (): Promise<Reply> => {
    const gone = new AbortController()
    const reply = await fetch(url + path, {
      method,
      signal: gone.signal,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body })
    })
    const isStream = reply.headers.get("content-type")?.startsWith("text/event-stream") === true
    const text = isStream ? "" : await reply.text()
    gone.abort()
    return { status: reply.status, headers: reply.headers, text }
  })

describe("every endpoint", slowly, () => {
  it("says who may use it, and anybody may see but whether the server is there", () => {
    assert.isAtLeast(endpoints.length, 40)
    for (const { path, permission } of endpoints) assert.notStrictEqual(permission, undefined, path)
    assert.deepStrictEqual(
      endpoints.filter(({ permission }) => permission === null).map(({ path }) => path),
      ["/livez", "/readyz", "/health", "/docs", "/login", "/logout"]
    )
    // The document says so too.
    const { paths } = OpenApi.fromApi(Api) as unknown as {
      readonly paths: Readonly<
        Record<string, Readonly<Record<string, { readonly "x-io3-permission"?: string }>>>
      >
    }
    for (const { method, path, permission } of endpoints) {
      const operation = paths[path.replaceAll(/:(\w+)/gu, "{$1}")]?.[method.toLowerCase()]
      assert.strictEqual(operation?.["x-io3-permission"] ?? null, permission, path)
    }
    // What runs, stops or changes anything is nobody's who only looks; but how to come in, and go.
    for (const { method, path, permission } of endpoints)
      if (method !== "GET" && path !== "/login" && path !== "/logout")
        assert.include(["run", "decide"], permission, path)
  })

  it.live(
    "is closed without a token that counts, and open to its roles alone; nothing of it is told or read",
    () =>
      Effect.gen(function* () {
        const { where, decoded, ask, url } = yield* served((socket) => socket.write(says(CANARY, " said.")))
        const open = yield* decoded(Answer, 200, "POST", "/run", { mode: "executor", prompt: CANARY })
        const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
        const tokens = tokensIn(where)
        const expired = yield* tokens.issue("early", "operator", 300)
        const revoked = yield* tokens.issue("gone", "steward")
        yield* tokens.revoke(revoked.id)
        const held = {
          operator: yield* tokens.issue("alice", "operator"),
          steward: yield* tokens.issue("bob", "steward"),
          viewer: yield* tokens.issue("carol", "viewer")
        }
        const secrets = [expired, revoked, ...Object.values(held)].map(({ text }) => text)
        yield* Effect.sleep("1 second")
        const at = (path: string) =>
          path
            .replace(":run", open.run_id)
            .replace(":session", session_id)
            .replace(":turn", open.run_id)
            .replace(":mode", "executor")
            .replace(":stream", open.run_id)
        const request = (method: string, path: string, headers: Readonly<Record<string, string>>) => {
          const hasBody = method === "POST" || method === "PATCH"
          // What is read is refused: it was read by whoever is told so.
          return peek(url, method, `${at(path)}?${CANARY}=1`, hasBody ? `{"${CANARY}":` : undefined, headers)
        }
        const isClean = ({ status, text, headers }: Reply, what: string) => {
          const all = text + [...headers].flat().join("\n")
          for (const secret of [...secrets, ...(status < 400 ? [] : [CANARY])])
            assert.notInclude(all, secret, what)
        }
        const shown: ReadonlyArray<{
          readonly who: string
          readonly headers: Readonly<Record<string, string>>
          readonly code: Code
        }> = [
          { who: "nobody", headers: {}, code: "TOKEN_REQUIRED" },
          { who: "an empty one", headers: { authorization: "Bearer" }, code: "TOKEN_UNKNOWN" },
          {
            who: "another scheme",
            headers: { authorization: `Basic ${held.operator.text}` },
            code: "TOKEN_UNKNOWN"
          },
          { who: "a wrong one", headers: unknown.headers, code: "TOKEN_UNKNOWN" },
          { who: "an expired one", headers: expired.headers, code: "TOKEN_EXPIRED" },
          { who: "a revoked one", headers: revoked.headers, code: "TOKEN_REVOKED" }
        ]
        const tried = Effect.fnUntraced(function* ({ method, path, permission }: (typeof endpoints)[number]) {
          for (const { who, headers, code } of shown) {
            const reply = yield* request(method, path, headers)
            const what = `${method} ${path} with ${who}`
            isClean(reply, what)
            if (permission === null) {
              assert.include([200, 204, 400], reply.status, what)
              continue
            }
            assert.strictEqual(reply.status, 401, what)
            assert.strictEqual(codeOf(path, reply), code, what)
            assert.match(
              reply.headers.get("www-authenticate") ?? "",
              code === "TOKEN_REQUIRED" ? /^Bearer realm="io-iii"$/u : /^Bearer .*error="invalid_token"$/u,
              what
            )
          }
          for (const role of Role.literals) {
            const reply = yield* request(method, path, held[role].headers)
            const what = `${method} ${path} as ${role}`
            isClean(reply, what)
            if (permission === null || permission === undefined || permits(role, permission)) {
              assert.notInclude([401, 403], reply.status, what)
              continue
            }
            assert.deepStrictEqual([codeOf(path, reply), reply.status], ["ROLE_FORBIDDEN", 403], what)
            assert.include(reply.headers.get("www-authenticate") ?? "", "insufficient_scope", what)
          }
        })
        yield* Effect.forEach(endpoints, tried, { concurrency: 8, discard: true })
        // An address in another spelling, or of nothing, is nobody's without a token.
        for (const path of ["/livez/", "//livez", "/%6civez", "/nowhere", "/RUN", "/run/", "//run", "/%72un"])
          assert.strictEqual((yield* ask("GET", path)).status, 401, path)
        for (const path of ["/steward%2fpending/x", "/steward/%70ending/x", "//steward/pending/x"]) {
          const reply = yield* ask("GET", path, undefined, held.viewer.headers)
          assert.include([403, 404], reply.status, path)
        }
        assert.strictEqual((yield* ask("GET", "/openapi.json")).status, 200)
        // Who was let in is on record, and pays.
        const mine = yield* decoded(
          Answer,
          200,
          "POST",
          "/run",
          { mode: "executor", prompt: "x" },
          held.operator.headers
        )
        const account = yield* decoded(Account, 200, "GET", "/budgets", undefined, held.operator.headers)
        assert.strictEqual(String(account.principal), "alice")
        assert.strictEqual(account.spent.calls, 1)
        const { text } = yield* ask("GET", `/ledger/${mine.run_id}`, undefined, held.viewer.headers)
        assert.include(text, '"principal":"alice"')
        // The first of two headers counts, whoever reads the last.
        const { host } = new URL(url)
        const two = (first: string, last: string) =>
          saidTo(
            url,
            `GET /run HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${first}\r\nAuthorization: Bearer ${last}\r\nConnection: close\r\n\r\n`,
            /\r\n\r\n/u
          )
        assert.match(yield* two(unknown.text, held.viewer.text), /^HTTP\/1\.1 401 /u)
        // No token is anywhere in what is kept.
        for (const [path, bytes] of bytesUnder(where.root))
          for (const secret of secrets) assert.strictEqual(bytes.indexOf(secret), -1, path)
      })
  )

  it.live("knows a token from the moment on in which it is printed", () =>
    Effect.gen(function* () {
      const { where, ask, decoded } = yield* served((socket) => socket.write(says("Fine.")))
      const tokens = tokensIn(where)
      // The first closes the server, to whoever shows it before anybody else.
      const alice = yield* tokens.issue("alice", "operator")
      const run = { mode: "executor", prompt: "x" }
      yield* decoded(Answer, 200, "POST", "/run", run, alice.headers)
      const account = yield* decoded(Account, 200, "GET", "/budgets", undefined, alice.headers)
      assert.deepStrictEqual([String(account.principal), account.spent.calls], ["alice", 1])
      for (let at = 0; at < 20; at++) {
        const { headers } = yield* tokens.issue(`guest-${at}`, "viewer")
        assert.strictEqual((yield* ask("GET", "/run", undefined, headers)).status, 200)
      }
      const gone = yield* tokens.issue("gone", "viewer")
      yield* tokens.revoke(gone.id)
      assert.include((yield* ask("GET", "/run", undefined, gone.headers)).text, "TOKEN_REVOKED")
    })
  )

  it.live("answers whoever may not before their body is there", () =>
    Effect.gen(function* () {
      const { where, url, ask } = yield* served((socket) => socket.write(says("Fine.")))
      const tokens = tokensIn(where)
      const viewer = yield* tokens.issue("carol", "viewer")
      const operator = yield* tokens.issue("alice", "operator")
      const { host } = new URL(url)
      const lines = (token: string, rest: string) =>
        `POST /run HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\n${rest}`
      const json = "Content-Type: application/json\r\n"
      const beginnings: ReadonlyArray<string> = [
        // 64 MiB of which nothing, or a wrong beginning, has come.
        `${json}Content-Length: 67108864\r\n\r\n`,
        `${json}Content-Length: 67108864\r\n\r\n{"`,
        `${json}Content-Length: 500\r\n\r\n}}}}`,
        `${json}Transfer-Encoding: chunked\r\n\r\n5\r\n{"mod`,
        `${json}Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n{`,
        `${json}Content-Length: 2000000\r\nExpect: 100-continue\r\n\r\n`,
        `Content-Type: text/plain\r\nContent-Length: 9\r\n\r\n`
      ]
      for (const rest of beginnings) {
        const wrong = yield* saidTo(url, lines(unknown.text, rest), /\r\n\r\n[^]*\}/u)
        assert.match(wrong, /^HTTP\/1\.1 401 /u, rest)
        assert.include(wrong, "TOKEN_UNKNOWN")
        const other = yield* saidTo(url, lines(viewer.text, rest), /\r\n\r\n[^]*\}/u)
        assert.match(other, /^HTTP\/1\.1 403 /u, rest)
        assert.include(other, "ROLE_FORBIDDEN")
      }
      // Whoever may is told to send it.
      const body = '{"mode":"executor","prompt":"x"}'
      const wanted = yield* saidTo(
        url,
        lines(operator.text, `${json}Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n${body}`),
        /released|HTTP\/1\.1 [45]|"receipt"/u
      )
      assert.match(wanted, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /u)
      // A second request behind a body that was not read is one of its own, and wants a token of its own.
      const behind = `GET /run HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
      const both = yield* saidTo(
        url,
        `${lines(unknown.text, `${json}Content-Length: 5\r\n\r\n{"a":`)}${behind}`,
        /HTTP[^]*HTTP[^]*\}$/u
      )
      assert.lengthOf(both.match(/HTTP\/1\.1 401 /gu) ?? [], 2)
      const big = yield* ask("POST", "/run", "x".repeat(2_000_000), unknown.headers)
      assert.strictEqual(big.status, 401)
    })
  )
})
