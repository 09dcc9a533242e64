/** Sends requests again with the same key: at once, later, after a death, and what of them is not the same. */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Schema, Schedule } from "effect"
import * as fc from "fast-check"
import type { Socket } from "node:net"
import { packagedLayer } from "../../src/adapters/config/YamlConfiguration.ts"
import { Api } from "../../src/api/Api.ts"
import { Does, Once } from "../../src/api/Once.ts"
import { RunbookOutput } from "../../src/api/results/RunbookResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { ViewOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { Page } from "../../src/domain/ledger/Records.ts"
import { Gate } from "../../src/http/Gate.ts"
import { without, withWords } from "../../src/http/Words.ts"
import { bytesUnder, io3, parse, slowly } from "../support/io3.ts"
import { begins, breaks, says } from "../support/model.ts"
import { type Reply, served, serving, textOf } from "../support/served.ts"

const CANARY = "Zk7canary"
const body = { mode: "executor", prompt: CANARY }
const fine = ["To ", "say", " it: ", "é€😀", " done."]
const always = "steward_thresholds: { always: true }\n"

const keyed = (key: string) => ({ "idempotency-key": key })
const isAgain = ({ headers }: Reply) => headers.get("idempotency-replayed") === "true"
const codeOf = ({ text }: Reply) => (JSON.parse(text) as { readonly code: string }).code

type Server = Effect.Success<ReturnType<typeof served>>

/** Asks twice, and finds the second answer to be the first. */
const twice = Effect.fnUntraced(function* (
  { ask }: Pick<Server, "ask">,
  key: string,
  status: number,
  method: string,
  path: string,
  asked: unknown
) {
  const first = yield* ask(method, path, asked, keyed(key))
  assert.strictEqual(first.status, status, first.text)
  assert.isFalse(isAgain(first))
  const second = yield* ask(method, path, asked, keyed(key))
  assert.isTrue(isAgain(second), path)
  assert.deepStrictEqual([second.status, second.text], [first.status, first.text])
  assert.strictEqual(second.headers.get("content-type"), first.headers.get("content-type"))
  return first.text
})

const runsOf = ({ decoded }: Pick<Server, "decoded">) =>
  Effect.map(decoded(Page, 200, "GET", "/run?limit=200"), ({ runs }) => runs)

describe("a request with a key", slowly, () => {
  it("is one of those that run something, each of which passes what looks at keys", () => {
    const endpoints = Object.values(Api.groups).flatMap(({ endpoints }) => Object.values(endpoints))
    const posted = endpoints.filter(({ method }) => method === "POST")
    const once = endpoints.filter(({ middlewares }) => middlewares.has(Once as never))
    assert.sameMembers(
      posted.filter((one) => !once.includes(one)).map(({ path }) => path),
      // What runs nothing and may be said twice.
      ["/login", "/logout", "/runbook/bounds", "/run/:run/cancel", "/session/:session/mode", "/upload"]
    )
    assert.isAtLeast(once.length, 9)
    for (const { annotations, path } of once) assert.isString(Context.get(annotations as never, Does), path)
  })

  it.live("is given the same answer again, whatever it was, and calls nobody", () =>
    Effect.gen(function* () {
      const server = yield* served(
        (socket, { messages }) =>
          socket.write(messages.at(-1)?.content.includes("broken") ? breaks(500, CANARY) : says(...fine)),
        always
      )
      const { ask, decoded, events } = server
      const run = JSON.parse(yield* twice(server, "run", 200, "POST", "/run", body)) as { run_id: string }
      // However its members are ordered.
      const turned = yield* ask("POST", "/run", { prompt: CANARY, mode: "executor" }, keyed("run"))
      assert.isTrue(isAgain(turned))
      const failed = yield* twice(server, "broken", 503, "POST", "/run", { ...body, prompt: "broken" })
      assert.include(failed, "PROVIDER_UNAVAILABLE")
      const made = { ...body, capability_id: "cap.json_pretty", capability_payload: { [CANARY]: "1" } }
      assert.include(yield* twice(server, "made", 200, "POST", "/run", made), fine.join(""))

      const text = yield* twice(server, "start", 202, "POST", "/session/start", {
        mode: "steward",
        prompt: "one"
      })
      const held = parse(TurnOutput, text)
      const view = yield* decoded(ViewOutput, 200, "GET", `/steward/pending/${held.run_id}`)
      const wish = { action: "redirect", prompt: "two", digest: view.digest, sequence: view.sequence }
      const decision = `/steward/pending/${held.run_id}/decision`
      yield* twice(server, "decide", 200, "POST", decision, wish)
      // It waits no more, and is answered as it was when it did.
      const before = yield* ask("POST", "/session/start", { mode: "steward", prompt: "one" }, keyed("start"))
      assert.deepStrictEqual([before.status, before.text], [202, text])

      const { session_id } = parse(
        SessionOutput,
        yield* twice(server, "plain", 201, "POST", "/session/start", { title: CANARY })
      )
      const turn = `/session/${session_id}/turn`
      yield* twice(server, "turn", 200, "POST", turn, { prompt: "one" })
      const steps = [
        { mode: "executor", prompt: "a" },
        { mode: "executor", prompt: "broken" },
        { mode: "executor", prompt: "c" }
      ]
      const runbook = parse(
        RunbookOutput,
        yield* twice(server, "runbook", 200, "POST", "/runbook", { runbook: { steps } })
      )
      assert.strictEqual(runbook.steps[0]?.message, fine.join(""))
      yield* twice(server, "resume", 200, "POST", `/runbook/${runbook.run_id}/resume`, {})
      yield* twice(server, "again", 200, "POST", `/runbook/${runbook.run_id}/replay`, {})
      yield* twice(server, "replay", 200, "POST", `/run/${run.run_id}/replay`, {})

      const calls = server.server.calls.length
      const streamed = yield* events("/run", { method: "POST", body, headers: keyed("run") })
      assert.strictEqual(textOf(streamed), fine.join(""))
      assert.strictEqual(streamed.at(-1)?.data["run_id"], run.run_id)
      const seen = yield* events(turn, { method: "POST", body: { prompt: "one" }, headers: keyed("turn") })
      assert.deepStrictEqual(
        seen.map(({ event }) => event),
        ["turn_started", "turn_delta", "turn_output", "turn_completed"]
      )
      assert.strictEqual(textOf(seen), fine.join(""))
      // What came as a stream the first time is there whole as well.
      const live = yield* events("/run", { method: "POST", body, headers: keyed("stream") })
      const whole = yield* ask("POST", "/run", body, keyed("stream"))
      assert.strictEqual(whole.status, 200)
      const { text: onRecord } = yield* ask("GET", `/run/${String(live[0]?.data["run_id"])}/text`)
      assert.strictEqual(whole.text, onRecord)
      assert.strictEqual(server.server.calls.length, calls + 1)

      // Of a key nothing is left to be read, and of an answer no second copy.
      const keys = ["idempotency-key", "a-key-that-was-typed"]
      yield* ask("POST", "/run", body, keyed("a-key-that-was-typed"))
      const files = [...bytesUnder(server.where.data).values()]
      for (const word of [...keys, CANARY, fine.join("")])
        assert.isFalse(
          files.some((bytes) => bytes.includes(word)),
          word
        )
      const verified = yield* io3(server.where, ["ledger", "verify", "--texts", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )

  it.live("is another one where anything of it is, and free as long as nothing has begun", () =>
    Effect.gen(function* () {
      let answer: (socket: Socket) => void = () => {}
      const server = yield* served((socket) => answer(socket), "budgets: { window_hours: 24, calls: 2 }\n")
      const { ask, where } = server
      answer = (socket) => socket.write(says(...fine))
      const wrong = { ...body, mode: "nobody" }
      for (const key of ["a", "a"])
        assert.strictEqual((yield* ask("POST", "/run", wrong, keyed(key))).status, 404)
      assert.strictEqual((yield* ask("POST", "/run", { ...body, more: 1 }, keyed("a"))).status, 400)
      const { run_id } = JSON.parse(yield* twice(server, "a", 200, "POST", "/run", body)) as {
        run_id: string
      }
      for (const [path, other] of [
        ["/run", { ...body, prompt: "x" }],
        ["/run", { ...body, audit: false }],
        ["/run", wrong],
        ["/session/start", {}]
      ] as const)
        assert.strictEqual(
          codeOf(yield* ask("POST", path, other, keyed("a"))),
          "IDEMPOTENCY_KEY_REUSED",
          path
        )
      for (const key of ["", "a b", "x".repeat(256), "é"]) {
        const reply = yield* ask("POST", "/run", body, { "idempotency-key": key })
        // An empty header is one that says nothing: it is refused like any other that is no key.
        assert.deepStrictEqual([reply.status, codeOf(reply)], [400, "REQUEST_INVALID"], key)
        assert.include(reply.text, "/idempotency-key")
      }
      yield* ask("POST", "/run", body)
      // There is no budget left: it is on record, and the key is free.
      const { ask: late } = yield* serving(where)
      const broke = yield* late("POST", "/run", body, keyed("b"))
      assert.deepStrictEqual([broke.status, codeOf(broke)], [429, "BUDGET_EXCEEDED"])
      assert.isFalse(isAgain(yield* late("POST", "/run", body, keyed("b"))))
      // What was erased is not answered again, here or anywhere.
      assert.strictEqual((yield* io3(where, ["runs", "erase", run_id, "--yes"])).code, 0)
      const erased = yield* ask("POST", "/run", body, keyed("a"))
      assert.deepStrictEqual([erased.status, codeOf(erased)], [410, "RUN_ERASED"])
    })
  )

  it.live("runs once of a thousand, at the same time and after a restart", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const server = yield* served((socket) => {
        finish = () => socket.write(says(...fine))
      })
      // Whether its model is there is not asked: a busy machine may not say so in time, and then nothing has begun.
      const asked = { ...body, no_health_check: true }
      const many = (ask: Server["ask"], count: number) =>
        Effect.forEach(Array.from({ length: count }), () => ask("POST", "/run", asked, keyed("one")), {
          concurrency: 50
        })
      // Two processes over one record, at the same time.
      const other = yield* serving(server.where)
      const first = yield* Effect.forkChild(
        Effect.all([many(server.ask, 250), many(other.ask, 250)], { concurrency: 2 })
      )
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => server.server.calls.length > 0 })
      yield* Effect.sleep("300 millis")
      finish()
      const replies = (yield* Fiber.join(first)).flat()
      const [answered, busy] = [200, 409].map((status) => replies.filter((reply) => reply.status === status))
      const odd = replies.filter(({ status }) => status !== 200 && status !== 409)
      assert.deepStrictEqual(
        odd.map(({ text }) => text),
        []
      )
      assert.isAbove(busy?.length ?? 0, 0)
      for (const reply of busy ?? []) assert.strictEqual(codeOf(reply), "IDEMPOTENCY_IN_PROGRESS")
      assert.strictEqual(answered?.filter((reply) => !isAgain(reply)).length, 1)
      const [text] = [...new Set(answered?.map((reply) => reply.text))]
      for (const one of [server, other]) {
        one.process.kill("SIGKILL")
        yield* one.ended
      }
      const next = yield* serving(server.where)
      for (const reply of yield* many(next.ask, 500)) {
        assert.isTrue(isAgain(reply))
        assert.deepStrictEqual([reply.status, reply.text], [200, text])
      }
      assert.strictEqual(server.server.calls.length, 1)
      assert.strictEqual((yield* runsOf(next)).length, 1)
    })
  )

  it.live("whose server was killed is told what is on record of it, and is not made again", () =>
    Effect.gen(function* () {
      const server = yield* served((socket) => socket.write(begins("One")))
      const { session_id } = yield* server.decoded(SessionOutput, 201, "POST", "/session/start", {})
      const turn = `/session/${session_id}/turn`
      const runbook = { runbook: { steps: [{ mode: "executor", prompt: "a" }] } }
      const asks = [
        ["run", "/run", body],
        ["start", "/session/start", { prompt: "one" }],
        ["turn", turn, { prompt: "one" }],
        ["runbook", "/runbook", runbook]
      ] as const
      const lost = yield* Effect.forEach(asks, ([key, path, asked]) =>
        Effect.forkChild(Effect.exit(Effect.sandbox(server.ask("POST", path, asked, keyed(key)))))
      )
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => server.server.calls.length === 4 })
      server.process.kill("SIGKILL")
      yield* server.ended
      yield* Effect.forEach(lost, Fiber.await)
      const next = yield* serving(server.where)
      // Until then it ends by itself what the dead one has left, and that is under way.
      const told = yield* Effect.forEach(asks, ([key, path, asked]) =>
        Effect.repeat(next.ask("POST", path, asked, keyed(key)), {
          until: ({ status, text }) => status !== 409 && !text.includes('"terminated_early":false'),
          schedule: Schedule.spaced("20 millis")
        })
      )
      assert.deepStrictEqual(
        told.map((reply) => [reply.status, isAgain(reply)]),
        [
          [502, true],
          [502, true],
          [502, true],
          [200, true]
        ]
      )
      for (const reply of told.slice(0, 3)) {
        const problem = JSON.parse(reply.text) as Readonly<Record<string, unknown>>
        assert.strictEqual(problem["code"], "PROVIDER_OUTCOME_UNKNOWN")
        assert.isString(problem["run_id"])
      }
      const standing = parse(RunbookOutput, told[3]?.text ?? "")
      assert.deepInclude(standing, { status: "error", steps_completed: 0, terminated_early: true })
      // It stays what was said, whatever becomes of it.
      const once = yield* Effect.forEach(asks, ([key, path, asked]) =>
        next.ask("POST", path, asked, keyed(key))
      )
      assert.deepStrictEqual(
        once.map(({ text }) => text),
        told.map(({ text }) => text)
      )
      assert.strictEqual(server.server.calls.length, 4)
      const verified = yield* io3(server.where, ["ledger", "verify", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )

  it.live("of a turn that goes on without whoever asked is under way until it has ended", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const server = yield* served((socket) => {
        socket.write(begins("One"))
        finish = () => socket.destroy()
      })
      const { session_id } = yield* server.decoded(SessionOutput, 201, "POST", "/session/start", {})
      const turn = `/session/${session_id}/turn`
      const again = server.ask("POST", turn, { prompt: "one" }, keyed("turn"))
      yield* server.events(turn, {
        method: "POST",
        body: { prompt: "one" },
        headers: keyed("turn"),
        until: ({ event }) => event === "turn_delta"
      })
      assert.strictEqual((yield* again).status, 409)
      finish()
      const reply = yield* Effect.repeat(again, { until: ({ status }) => status !== 409, times: 200 })
      assert.isTrue(isAgain(reply))
      assert.strictEqual(codeOf(reply), "PROVIDER_OUTCOME_UNKNOWN")
      assert.strictEqual(server.server.calls.length, 1)
    })
  )
})

describe("an answer without its words", () => {
  it("has none of them, and gets them back", () => {
    const value = fc.letrec<{ readonly any: Schema.Json }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Schema.Json>,
        fc.array(tie("any"), { maxLength: 3 }),
        fc.record({
          run_id: fc.constant("r"),
          result: fc.record({ message: fc.constant(CANARY) }),
          more: tie("any")
        }),
        fc.record({
          run_id: fc.constant("r"),
          message: fc.constant(CANARY),
          steps: fc.array(tie("any"), { maxLength: 2 })
        })
      )
    })).any
    const gate = Gate.layer("127.0.0.1").pipe(Layer.provide(packagedLayer))
    const { open } = Effect.runSync(
      Effect.provide(
        Effect.map(Gate, (gate) => gate),
        gate
      )
    )
    const text = () => Effect.succeed({ released: { text: CANARY, output: null } }) as never
    fc.assert(
      fc.property(value, (answer) => {
        const bare = without(answer)
        assert.notInclude(JSON.stringify(bare), CANARY)
        const whole = Effect.runSync(withWords(open, { text })(bare))
        assert.strictEqual(JSON.stringify(whole), JSON.stringify(answer))
        assert.notInclude(JSON.stringify(Effect.runSync(withWords(null, { text })(bare))), CANARY)
      })
    )
  })
})
