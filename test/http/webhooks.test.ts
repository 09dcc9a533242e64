/** Webhooks of the real program: a server that is killed under them, one beside another, and commands while none runs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { WebhooksOutput } from "../../src/api/results/WebhookResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { DecisionOutput, InboxOutput } from "../../src/api/results/StewardResults.ts"
import { ServingOutput } from "../../src/api/results/SystemResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { bytesUnder, configure, type Home, io3, parse, slowly, start, until } from "../support/io3.ts"
import { configuration, says as answers, scene } from "../support/model.ts"
import { asking, serving as unsigned } from "../support/served.ts"
import { type Arrived, receiving, says, secret, variables } from "../support/webhooks.ts"

const words = ["canary", " é€😀", " in", " an", " answer"]
const withSecret = { environment: variables }

/** A home whose events go to a receiver, with a scripted model. */
const home = Effect.fnUntraced(function* (url: string, runtime = "") {
  const { where, server } = yield* scene((socket) => socket.write(answers(...words)))
  yield* configure(where.userConfig, {
    ...configuration(server),
    "runtime.yaml": `webhook_url: ${url}\nwebhooks: { allow_private: true }\n${runtime}`
  })
  return where
})

const serving = Effect.fnUntraced(function* (where: Home) {
  const running = yield* start(where, ["serve", "--port", "0", "-o", "json"], {
    ...withSecret,
    patienceMillis: 60_000
  })
  yield* until(() => running.stdout().endsWith("}\n"))
  const { url } = Schema.decodeUnknownSync(Schema.fromJsonString(ServingOutput))(running.stdout())
  return { ...running, ...asking(url) }
})

const listed = (where: Home) =>
  Effect.map(io3(where, ["webhooks", "list", "--limit", "500", "-o", "json"], withSecret), ({ stdout }) =>
    parse(WebhooksOutput, stdout)
  )

/** What arrived about each session, in the order of its first arrival: a message that came again counts once. */
const bySession = (arrived: ReadonlyArray<Arrived>): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, Array<string>>()
  for (const { id, payload } of arrived) {
    const ids = found.get(String(payload["session_id"])) ?? []
    found.set(String(payload["session_id"]), ids)
    if (!ids.includes(id)) ids.push(id)
  }
  return found
}

/** The deliveries of each session as they are on record, oldest first. */
const recorded = ({ deliveries }: WebhooksOutput): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, Array<string>>()
  for (const { stream, delivery_id } of deliveries.toReversed()) {
    const session = stream.slice("session/".length)
    found.set(session, [...(found.get(session) ?? []), delivery_id])
  }
  return found
}

const sorted = (map: ReadonlyMap<string, ReadonlyArray<string>>) =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))

describe("webhooks of a server", slowly, () => {
  it.live("tell what happens, signed, and not one word of what was said", () =>
    Effect.gen(function* () {
      const receiver = yield* receiving()
      const where = yield* home(
        `${receiver.url}/canary?canary=1`,
        "steward_thresholds: { step_count: 2 }\nsession_max_turns: 2\n"
      )
      const { decoded } = yield* serving(where)
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {
        mode: "steward",
        title: "canary title"
      })
      const path = `/session/${session_id}/turn`
      yield* decoded(TurnOutput, 200, "POST", path, { prompt: "canary prompt" })
      const { run_id } = yield* decoded(TurnOutput, 202, "POST", path, { prompt: "canary prompt" })
      yield* until(() => receiver.arrived().length === 1)
      const { pending } = yield* decoded(InboxOutput, 200, "GET", "/steward/pending")
      const [held] = pending
      yield* decoded(DecisionOutput, 200, "POST", `/steward/pending/${run_id}/decision`, {
        action: "approve",
        digest: held?.digest,
        sequence: held?.sequence
      })
      yield* until(() => receiver.arrived().length === 2)
      const [gate, complete] = receiver.arrived().map(({ payload }) => payload)
      assert.deepInclude(gate as object, {
        event: "STEWARD_GATE_TRIGGERED",
        session_id,
        run_id,
        threshold_key: "step_count",
        step_index: 1,
        session_mode: "steward",
        runbook_id: null
      })
      assert.deepInclude(complete as object, {
        event: "SESSION_COMPLETE",
        session_id,
        session_status: "at_limit",
        turn_count: 2
      })
      const all = JSON.stringify(receiver.arrived())
      for (const word of ["canary", "é€", secret]) {
        assert.notInclude(all, word)
        for (const [path, bytes] of bytesUnder(where.data)) assert.isFalse(bytes.includes(word), path)
      }
    })
  )

  it.live("that nothing can sign are named when it begins, by their variable", () =>
    Effect.gen(function* () {
      const receiver = yield* receiving()
      const where = yield* home(receiver.url)
      const { process, ended } = yield* unsigned(where)
      process.kill("SIGTERM")
      const { stderr } = yield* ended
      assert.match(stderr, /^IO3_WEBHOOK_SECRET: Webhooks are configured, and there is no secret [^\n]*\n$/u)
    })
  )

  it.live("are all delivered, each session's in its order, though it is killed again and again", () =>
    Effect.gen(function* () {
      let refusals = 0
      const receiver = yield* receiving((reply, n, arrived) => {
        // A few are slow, so that it dies in the middle of them; some are refused once.
        if (n % 7 === 3 && refusals++ < 2) return says(503, { "retry-after": "1" })(reply, n, arrived)
        setTimeout(() => says(200)(reply, n, arrived), 40)
      })
      const where = yield* home(receiver.url, "steward_thresholds: { always: true }\n")
      for (let life = 1; life <= 3; life++) {
        const server = yield* serving(where)
        const talk = async (): Promise<void> => {
          const post = async (path: string, body: object) =>
            JSON.parse((await Effect.runPromise(server.ask("POST", path, body))).text)
          const { session_id } = await post("/session/start", { mode: "steward" })
          await post(`/session/${session_id}/turn`, { prompt: "one" })
          await Effect.runPromise(server.ask("DELETE", `/session/${session_id}`))
          return talk()
        }
        const before = receiver.arrived().length
        const talking = [1, 2, 3].map(() => talk().catch(() => {}))
        yield* until(() => receiver.arrived().length >= before + 8)
        server.process.kill("SIGKILL")
        yield* Effect.promise(() => Promise.all(talking))
      }
      // Nobody serves: a command owes as well.
      const begun = yield* io3(where, ["session", "start", "--prompt", "alone", "-o", "json"])
      assert.strictEqual(begun.code, 0)
      const { session_id } = JSON.parse(begun.stdout)
      assert.strictEqual((yield* io3(where, ["session", "close", session_id])).code, 0)
      const left = yield* listed(where)
      assert.isAbove(left.endpoints[0]?.pending ?? 0, 0)
      const last = yield* serving(where)
      yield* Effect.gen(function* () {
        yield* Effect.sleep("500 millis")
        return (yield* listed(where)).endpoints[0]?.pending
      }).pipe(Effect.repeat({ until: (pending) => pending === 0 }), Effect.timeout("40 seconds"))
      const done = yield* listed(where)
      assert.isTrue(done.deliveries.every(({ state }) => state === "delivered"))
      assert.isAbove(done.deliveries.length, 10)
      assert.deepStrictEqual(sorted(bySession(receiver.arrived())), sorted(recorded(done)))
      assert.isTrue(recorded(done).has(session_id))
      last.process.kill("SIGTERM")
      assert.strictEqual((yield* last.ended).code, 0)
    })
  )

  it.live("come once where two serve one record and a third delivers", () =>
    Effect.gen(function* () {
      const receiver = yield* receiving(
        (reply, n, arrived) => void setTimeout(() => says(200)(reply, n, arrived), 20)
      )
      const where = yield* home(receiver.url)
      const servers = yield* Effect.all([serving(where), serving(where)])
      const close = Effect.fnUntraced(function* ({ decoded }: (typeof servers)[number]) {
        const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
        yield* decoded(SessionOutput, 200, "DELETE", `/session/${session_id}`)
      })
      yield* Effect.forEach(
        Array.from({ length: 15 }),
        () => Effect.forEach(servers, close, { discard: true }),
        {
          concurrency: 3,
          discard: true
        }
      )
      const third = yield* io3(where, ["webhooks", "deliver", "-o", "json"], withSecret)
      const told = third.stdout + third.stderr
      assert.isTrue(third.code === 0 || told.includes("WEBHOOK_BUSY"), told)
      yield* until(() => receiver.arrived().length >= 30)
      yield* Effect.sleep("1500 millis")
      const ids = receiver.arrived().map(({ id }) => id)
      assert.strictEqual(ids.length, 30)
      assert.strictEqual(new Set(ids).size, 30)
    })
  )
})
