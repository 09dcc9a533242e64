/** Takes away the right to what is open: by another process, by time, for many at once, and over the death of a server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Answer } from "../../src/api/Runs.ts"
import { Problem } from "../../src/api/Problem.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { type Home, io3, parse, slowly, until } from "../support/io3.ts"
import { begins, says } from "../support/model.ts"
import { asks, clientOf, failing, promised } from "../support/openAiClient.ts"
import { type Event, served, serving } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const problemOf = Schema.decodeUnknownSync(Schema.fromJsonString(Problem))
const asked = { mode: "executor", prompt: "x" }

const standing = (where: Home, name: string) =>
  Effect.map(
    io3(where, ["runs", "list", "--standing", name, "-o", "json"]),
    ({ stdout }) => (JSON.parse(stdout) as { runs: ReadonlyArray<unknown> }).runs.length
  )

describe("a token that is revoked", slowly, () => {
  it.live("takes every stream with it, and what was asked for with it; a turn goes on", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, ask, events, decoded } = yield* served((socket) => {
        finish = () => socket.end()
        socket.write(begins("One", " two"))
      })
      const tokens = tokensIn(where)
      const keeper = yield* tokens.issue("keeper", "operator")
      const held = yield* tokens.issue("alice", "operator")
      const { headers } = held
      const session = () =>
        Effect.map(
          decoded(SessionOutput, 201, "POST", "/session/start", {}, keeper.headers),
          ({ session_id }) => `/session/${session_id}`
        )
      const [watched, talked] = [yield* session(), yield* session()]
      const heard: Record<string, Array<Event>> = { run: [], follow: [], session: [], turn: [] }
      const open = (name: keyof typeof heard, path: string, body?: object, as = headers) =>
        Effect.forkChild(
          events(path, {
            headers: as,
            ...(body && { method: "POST", body }),
            onEvent: (event) => heard[name]?.push(event)
          })
        )
      const run = yield* open("run", "/run", asked)
      yield* until(() => heard["run"]?.some(({ event }) => event === "turn_delta") === true)
      const runId = String(heard["run"]?.[0]?.data["run_id"])
      const streams = [
        run,
        yield* open("follow", `/run/${runId}/stream`),
        yield* open("session", `${watched}/stream`),
        yield* open("turn", `${talked}/turn`, { prompt: "y" })
      ]
      // Asked for whole: nothing of it has come when the token goes.
      const whole = yield* Effect.forkChild(ask("POST", "/run", asked, headers))
      const others = yield* open("others", `${watched}/stream`, undefined, keeper.headers)
      yield* until(() => Object.values(heard).every((all) => all.length > 0))
      yield* tokens.revoke(held.id)
      for (const stream of streams) {
        const all = yield* Fiber.join(stream)
        assert.notInclude(["turn_completed", "session_closed"], all.at(-1)?.event)
      }
      const refused = yield* Fiber.join(whole)
      assert.strictEqual(refused.status, 401)
      assert.strictEqual(problemOf(refused.text).code, "TOKEN_REVOKED")
      assert.notInclude(refused.text, "One")
      assert.strictEqual((yield* ask("GET", "/run", undefined, headers)).status, 401)
      // Somebody else's streams stay, and so does a turn.
      assert.isUndefined(others.pollUnsafe())
      const state = yield* decoded(SessionOutput, 200, "GET", `${talked}/state`, undefined, keeper.headers)
      assert.isNotNull(state.open_turn)
      yield* Fiber.interrupt(others)
      finish()
      yield* until(() => true)
      assert.strictEqual(yield* standing(where, "cancelled"), 2)
      const verified = yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )

  it.live("is named to OpenAI's client, which takes an end without a word for the answer's", () =>
    Effect.gen(function* () {
      const { where, url } = yield* served((socket) => socket.write(begins("One", " two")))
      const tokens = tokensIn(where)
      const held = yield* tokens.issue("alice", "operator")
      const asking = clientOf(url, held.text).chat.completions
      const stream = yield* promised(() => asking.create({ ...asks("?"), stream: true }))
      let heard = ""
      const revoked = Effect.andThen(
        until(() => heard === "One two"),
        tokens.revoke(held.id)
      )
      const read = failing(async () => {
        for await (const { choices } of stream) heard += choices[0]?.delta.content ?? ""
      })
      const [thrown] = yield* Effect.all([read, revoked], { concurrency: 2 })
      assert.strictEqual(thrown.code, "TOKEN_REVOKED")
    })
  )

  it.live("or expires ends what it has open, by itself", () =>
    Effect.gen(function* () {
      const { where, events, decoded, ask } = yield* served((socket) => socket.write(says("Fine.")))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      // Whoever was let in without one has to show one from now on, and hears no more until then.
      const before: Array<Event> = []
      const nobody = yield* Effect.forkChild(
        events(`/session/${session_id}/stream`, { onEvent: (event) => before.push(event) })
      )
      yield* until(() => before.length > 0)
      const held = yield* tokensIn(where).issue("alice", "steward", 4000)
      assert.lengthOf(yield* Fiber.join(nobody), 1)
      const all = yield* events(`/session/${session_id}/stream`, { headers: held.headers })
      assert.deepStrictEqual(
        all.map(({ event }) => event),
        ["session_state"]
      )
      const late = yield* ask("GET", `/session/${session_id}/stream`, undefined, held.headers)
      assert.deepInclude(problemOf(late.text), { code: "TOKEN_EXPIRED", status: 401 })
      // Time has opened no door.
      assert.strictEqual((yield* ask("GET", "/run")).status, 401)
    })
  )

  it.live("is one of many that go while many streams are open, and each ends exactly those of its own", () =>
    Effect.gen(function* () {
      const { where, events, decoded } = yield* served((socket) => socket.write(says("Fine.")))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const tokens = tokensIn(where)
      const all = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, at) => at),
        (at) => tokens.issue(`one-${at}`, "operator")
      )
      yield* Effect.sleep("1 second")
      let heard = 0
      const open = yield* Effect.forEach(all, ({ headers }) =>
        Effect.forEach([1, 2, 3, 4], () =>
          Effect.forkChild(events(`/session/${session_id}/stream`, { headers, onEvent: () => heard++ }))
        )
      )
      // Some are revoked while others are still being let in.
      const [first = [], ...rest] = open
      yield* until(() => heard >= 4)
      yield* tokens.revoke(all[0]!.id)
      for (const stream of first) yield* Effect.exit(Fiber.join(stream))
      yield* until(() => heard >= 44)
      yield* Effect.forEach(all.slice(1, 11).toReversed(), ({ id }) => tokens.revoke(id), {
        concurrency: 4,
        discard: true
      })
      for (const streams of rest.slice(0, 10)) for (const stream of streams) yield* Fiber.join(stream)
      for (const stream of rest[10] ?? []) assert.isUndefined(stream.pollUnsafe())
    })
  )

  it.live("stays so when the server dies and begins again, and so does one that counts", () =>
    Effect.gen(function* () {
      const first = yield* served((socket) => socket.write(says("Fine.")))
      const tokens = tokensIn(first.where)
      const [held, gone] = [yield* tokens.issue("alice", "operator"), yield* tokens.issue("bob", "operator")]
      yield* tokens.revoke(gone.id)
      yield* Effect.sleep("1 second")
      yield* first.decoded(Answer, 200, "POST", "/run", asked, held.headers)
      first.process.kill("SIGKILL")
      const second = yield* serving(first.where)
      assert.include(second.stdout(), '"tokens_required": true')
      yield* second.decoded(Answer, 200, "POST", "/run", asked, held.headers)
      assert.strictEqual(
        (yield* second.refused(401, "GET", "/run", undefined, gone.headers)).code,
        "TOKEN_REVOKED"
      )
      assert.strictEqual((yield* second.refused(401, "GET", "/run")).code, "TOKEN_REQUIRED")
      // When the last one is gone, this one stays closed; the next one is the local user's again.
      yield* tokens.revoke(held.id)
      yield* Effect.sleep("1 second")
      assert.strictEqual((yield* second.ask("GET", "/run")).status, 401)
      second.process.kill("SIGTERM")
      assert.strictEqual((yield* second.ended).code, 0)
      const third = yield* serving(first.where)
      assert.strictEqual((yield* third.ask("GET", "/run")).status, 200)
    })
  )
})
