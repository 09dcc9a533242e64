/** Logs pages in and out as browsers would, and tries to with what was used, is late, or is sent by somebody else's page. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { CallerOutput } from "../../src/api/Logins.ts"
import { Problem } from "../../src/api/Problem.ts"
import { OfferedOutput } from "../../src/api/results/TokenResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { bytesUnder, io3, parse, slowly, until } from "../support/io3.ts"
import { begins } from "../support/model.ts"
import { type Event, type Reply, served } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const codeIn = (text: string) => Schema.decodeUnknownSync(Schema.fromJsonString(Problem))(text).code

/** What a browser says of a page of this very server. */
const own = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }

const cookieOf = ({ headers }: Reply): string => headers.get("set-cookie")?.split(";")[0] ?? ""

/** A server that has a token, and what logs in to it. */
const guarded = Effect.gen(function* () {
  const server = yield* served((socket) => socket.write(begins("One")))
  const tokens = tokensIn(server.where)
  const alice = yield* tokens.issue("alice", "operator")
  const login = (secret: string, headers: Readonly<Record<string, string>> = own) =>
    server.ask("POST", "/login", { secret }, headers)
  const as = (cookie: string) => ({ ...own, cookie })
  return { ...server, tokens, alice, login, as }
})

describe("a login", slowly, () => {
  it.live("lets one of two in, once, in time, and as the token's holder", () =>
    Effect.gen(function* () {
      const { where, url, ask, decoded, alice, login, as } = yield* guarded
      const printed = yield* io3(where, ["token", "login", alice.id.slice(0, 20), "--at", url, "-o", "json"])
      const offered = parse(OfferedOutput, printed.stdout)
      const [before, secret = ""] = offered.url.split("#/login/")
      assert.strictEqual(before, `${url}/`)
      assert.match(secret, /^io3_[A-Za-z0-9_-]{43}$/u)
      assert.closeTo(offered.expires_at, Date.now() + 600_000, 60_000)

      assert.strictEqual((yield* ask("GET", "/whoami", undefined, own)).status, 401)
      // What was offered is no token, and no cookie.
      const shown = yield* ask("GET", "/whoami", undefined, { authorization: `Bearer ${secret}` })
      assert.strictEqual(codeIn(shown.text), "TOKEN_UNKNOWN")
      const name = `io3_${new URL(url).port}`
      assert.strictEqual((yield* ask("GET", "/whoami", undefined, as(`${name}=${secret}`))).status, 401)

      const tries = yield* Effect.all(
        Array.from({ length: 8 }, () => login(secret)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(tries.map(({ status }) => status).toSorted(), [
        204,
        ...Array.from({ length: 7 }, () => 401)
      ])
      for (const { status, text, headers } of tries) {
        if (status === 204) continue
        assert.strictEqual(codeIn(text), "LOGIN_INVALID")
        assert.isNull(headers.get("set-cookie"))
      }
      const taken = tries.find(({ status }) => status === 204)!
      const set = taken.headers.get("set-cookie") ?? ""
      assert.match(set, new RegExp(`^${name}=io3_[A-Za-z0-9_-]{43}; HttpOnly; SameSite=Strict; Path=/$`, "u"))
      const cookie = cookieOf(taken)
      const me = yield* decoded(CallerOutput, 200, "GET", "/whoami", undefined, as(cookie))
      assert.deepInclude(me, { role: "operator", closed: true, content_release: true })
      assert.strictEqual(String(me.principal), "alice")
      assert.strictEqual((yield* ask("POST", "/session/start", {}, as(cookie))).status, 201)
      assert.strictEqual((yield* ask("GET", "/steward/pending/x", undefined, as(cookie))).status, 403)
      // The cookie is no token either.
      const value = cookie.split("=")[1] ?? ""
      assert.strictEqual(
        (yield* ask("GET", "/whoami", undefined, { authorization: `Bearer ${value}` })).status,
        401
      )
      for (const nothing of [secret, alice.text, value, "", "io3_", `io3_${"w".repeat(43)}`]) {
        const refused = yield* login(nothing)
        assert.deepStrictEqual([refused.status, codeIn(refused.text)], [401, "LOGIN_INVALID"])
        assert.match(refused.headers.get("www-authenticate") ?? "", /invalid_token/u)
      }
      // What anybody may send is short, JSON, and of the contract.
      assert.strictEqual((yield* login("x".repeat(2000))).status, 400)
      const odd = yield* ask("POST", "/login", { secret: value, more: 1 }, own)
      assert.deepStrictEqual([odd.status, codeIn(odd.text)], [400, "REQUEST_INVALID"])
      assert.notInclude(odd.text, value)
      assert.strictEqual(
        (yield* ask("POST", "/login", `secret=${secret}`, { "content-type": "text/plain" })).status,
        415
      )

      // On record are digests, and the record holds.
      for (const [path, bytes] of bytesUnder(where.root))
        for (const text of [secret, value]) assert.strictEqual(bytes.indexOf(text), -1, path)
      const said = yield* io3(where, ["ledger", "show", "tokens"])
      assert.match(said.stdout, /LoginOffered[^]*LoginTaken/u)
      assert.strictEqual(said.stdout.match(/LoginTaken/gu)?.length, 1)
      const { stdout } = yield* io3(where, ["ledger", "verify", "-o", "json"])
      assert.isNull(parse(Verification, stdout).broken)
    })
  )

  it.live("counts where the page itself asks, and nowhere else", () =>
    Effect.gen(function* () {
      const { url, ask, tokens, alice, login, as } = yield* guarded
      const port = Number(new URL(url).port)
      const secret = yield* tokens.offer(alice.id)
      // Another port of this host, and another site, send nobody's secret.
      const foreign = [
        { origin: `http://127.0.0.1:${port + 1}` },
        { origin: "https://evil.example" },
        { origin: "null" },
        { "sec-fetch-site": "same-site" },
        { "sec-fetch-site": "cross-site" }
      ]
      for (const headers of foreign) {
        const refused = yield* login(secret, headers)
        assert.deepStrictEqual([refused.status, codeIn(refused.text)], [403, "ORIGIN_FORBIDDEN"])
      }
      const cookie = cookieOf(yield* login(secret))
      const { session_id } = Schema.decodeUnknownSync(Schema.fromJsonString(SessionOutput))(
        (yield* ask("POST", "/session/start", {}, as(cookie))).text
      )
      const asks = [
        ["GET", "/whoami", undefined, {}],
        ["GET", `/session/${session_id}/stream`, undefined, { accept: "text/event-stream" }],
        ["POST", "/session/start", {}, {}],
        ["DELETE", `/session/${session_id}`, undefined, {}],
        ["POST", "/v1/chat/completions", { model: "io3/executor", messages: [] }, {}]
      ] as const
      for (const [method, path, body, more] of asks) {
        for (const headers of foreign) {
          const refused = yield* ask(method, path, body, { ...more, ...headers, cookie })
          assert.strictEqual(refused.status, 403, `${method} ${path} ${JSON.stringify(headers)}`)
        }
        // From somewhere that is not said the cookie says nothing, nor does it beside another of its name.
        const silent = [
          { cookie },
          // Another of the server's names, too, would say so.
          { cookie, origin: url },
          { cookie, "sec-fetch-site": "none" },
          { cookie: `${cookie}; ${cookie}`, ...own },
          { cookie: cookie.replace("=", "x="), ...own }
        ]
        for (const headers of silent) {
          const refused = yield* ask(method, path, body, { ...more, ...headers })
          assert.strictEqual(refused.status, 401, `${method} ${path} ${JSON.stringify(headers)}`)
        }
      }
      for (const headers of [{ "x-io3-page": "1" }, own])
        assert.strictEqual((yield* ask("GET", "/whoami", undefined, { cookie, ...headers })).status, 200)
      // What is shown in the header counts first.
      const both = yield* ask("GET", "/whoami", undefined, { ...as(cookie), authorization: "Bearer x" })
      assert.strictEqual(codeIn(both.text), "TOKEN_UNKNOWN")
      // A page that was reached over TLS has its cookie go nowhere else.
      const again = yield* login(yield* tokens.offer(alice.id), {
        origin: url.replace("http:", "https:")
      })
      assert.match(again.headers.get("set-cookie") ?? "", /; HttpOnly; SameSite=Strict; Path=\/; Secure$/u)
    })
  )

  it.live("ends with its token and by itself, and takes what is open along", () =>
    Effect.gen(function* () {
      const { where, ask, decoded, events, tokens, alice, login, as } = yield* guarded
      const brief = yield* tokens.issue("brief", "viewer", 4000)
      const short = as(cookieOf(yield* login(yield* tokens.offer(brief.id))))
      const page = as(cookieOf(yield* login(yield* tokens.offer(alice.id))))
      const other = as(cookieOf(yield* login(yield* tokens.offer(alice.id))))
      const late = yield* tokens.offer(alice.id)
      assert.strictEqual((yield* ask("GET", "/whoami", undefined, short)).status, 200)
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {}, page)
      const heard: Array<Event> = []
      const watch = (headers: Readonly<Record<string, string>>) =>
        Effect.forkChild(
          events(`/session/${session_id}/stream`, { headers, onEvent: (event) => heard.push(event) })
        )
      const [mine, theirs] = [yield* watch(page), yield* watch(other)]
      yield* until(() => heard.length === 2)

      const out = yield* ask("POST", "/logout", undefined, page)
      assert.strictEqual(out.status, 204)
      assert.match(out.headers.get("set-cookie") ?? "", /^io3_\d+=; .*Max-Age=0/u)
      assert.deepStrictEqual(
        (yield* Fiber.join(mine)).map(({ event }) => event),
        ["session_state"]
      )
      const gone = yield* ask("GET", "/whoami", undefined, page)
      assert.deepStrictEqual([gone.status, codeIn(gone.text)], [401, "LOGIN_INVALID"])
      // To go twice, or without having come, is nothing.
      for (const headers of [page, own, {}])
        assert.strictEqual((yield* ask("POST", "/logout", undefined, headers)).status, 204)
      // The other page of the same token is still there; nobody logs it out from elsewhere.
      assert.isUndefined(theirs.pollUnsafe())
      const { cookie } = other
      yield* ask("POST", "/logout", undefined, { cookie })
      yield* ask("POST", "/logout", undefined, { cookie, "sec-fetch-site": "same-site" })
      assert.strictEqual((yield* ask("GET", "/whoami", undefined, other)).status, 200)

      yield* tokens.revoke(alice.id)
      assert.deepStrictEqual(
        (yield* Fiber.join(theirs)).map(({ event }) => event),
        ["session_state"]
      )
      const revoked = yield* ask("GET", "/whoami", undefined, other)
      assert.deepStrictEqual([revoked.status, codeIn(revoked.text)], [401, "TOKEN_REVOKED"])
      assert.strictEqual(codeIn((yield* login(late)).text), "LOGIN_INVALID")
      for (const id of [alice.id, brief.id, "nobody"]) {
        if (id === brief.id) yield* Effect.sleep("4 seconds")
        const refused = yield* io3(where, ["token", "login", id])
        const code = id === alice.id ? "TOKEN_REVOKED" : id === brief.id ? "TOKEN_EXPIRED" : "TOKEN_NOT_FOUND"
        assert.match(refused.stderr, new RegExp(`^${code}: `, "u"))
        assert.strictEqual(refused.stdout, "")
      }
      const expired = yield* ask("GET", "/whoami", undefined, short)
      assert.deepStrictEqual([expired.status, codeIn(expired.text)], [401, "TOKEN_EXPIRED"])
      const { stdout } = yield* io3(where, ["ledger", "verify", "-o", "json"])
      assert.isNull(parse(Verification, stdout).broken)
    })
  )
})
