/** Converses with the real server: turns, those that are held, and whoever watches a session and comes again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { PastOutput, SessionOutput, TranscriptOutput } from "../../src/api/results/SessionResults.ts"
import { DecisionOutput, InboxOutput, ViewOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { io3, parse, slowly } from "../support/io3.ts"
import { begins, says } from "../support/model.ts"
import { type Event, served, textOf } from "../support/served.ts"

const answer = "canary é€😀 in an answer"
const words = ["canary", " é€😀", " in", " an", " answer"]
const always = "steward_thresholds: { always: true }\n"
const names = (all: ReadonlyArray<Event>) => all.map(({ event }) => event)

describe("sessions over HTTP", slowly, () => {
  it.live("are begun, asked, looked at, renamed and closed, as by the command line", () =>
    Effect.gen(function* () {
      const { where, server, decoded, refused } = yield* served((socket) => socket.write(says(...words)))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", { title: "Mine" })
      const path = `/session/${session_id}`
      const turn = yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "one" })
      assert.deepInclude(turn, { status: "ok", turn_index: 0, turn_count: 1, message: answer })
      yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "two" })
      // The second is asked with what was said before.
      assert.include(JSON.stringify(server.calls[1]?.messages), answer)
      const past = yield* decoded(TranscriptOutput, 200, "GET", `${path}/history`)
      assert.deepStrictEqual(
        past.turns.map(({ prompt, message }) => [prompt, message]),
        [
          ["one", answer],
          ["two", answer]
        ]
      )
      const shown = yield* io3(where, ["session", "show", session_id, "-o", "json"])
      const over = yield* decoded(PastOutput, 200, "GET", path)
      assert.deepStrictEqual(Schema.encodeSync(PastOutput)(over), JSON.parse(shown.stdout))
      assert.strictEqual((yield* decoded(SessionOutput, 200, "PATCH", path, { title: "Ours" })).titled, true)
      assert.strictEqual(
        (yield* decoded(SessionOutput, 200, "POST", `${path}/mode`, { mode: "steward" })).session_mode,
        "steward"
      )
      assert.strictEqual((yield* decoded(SessionOutput, 200, "DELETE", path)).status, "closed")
      const late = yield* refused(409, "POST", `${path}/turn`, { prompt: "three" })
      assert.deepInclude(late, { code: "SESSION_NOT_ACTIVE", session_id })
      assert.strictEqual((yield* refused(404, "GET", "/session/ffffffff")).code, "SESSION_NOT_FOUND")
      const verified = yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
    })
  )

  it.live("hold a turn with 202, let nothing of it out, and go on by one decision", () =>
    Effect.gen(function* () {
      const { decoded, refused, watch } = yield* served((socket) => socket.write(says(...words)), always)
      const begun = yield* decoded(SessionOutput, 201, "POST", "/session/start", { mode: "steward" })
      const path = `/session/${begun.session_id}`
      const watching = yield* watch(`${path}/stream`, { until: ({ event }) => event === "turn_completed" })
      const held = yield* decoded(TurnOutput, 202, "POST", `${path}/turn`, { prompt: "one" })
      assert.deepInclude(held, { status: "held", session_status: "paused" })
      assert.notInclude(JSON.stringify(held), "canary")
      assert.strictEqual(
        (yield* refused(409, "POST", `${path}/turn`, { prompt: "two" })).code,
        "SESSION_PAUSED"
      )
      const { pending } = yield* decoded(InboxOutput, 200, "GET", "/steward/pending")
      assert.deepStrictEqual(
        pending.map(({ run_id }) => run_id),
        [held.run_id]
      )
      const view = yield* decoded(ViewOutput, 200, "GET", `/steward/pending/${held.run_id}`)
      assert.deepInclude(view, { message: answer, prompt: "one" })
      const wish = { action: "approve", digest: view.digest, sequence: view.sequence }
      const decision = `/steward/pending/${held.run_id}/decision`
      const stale = yield* refused(409, "POST", decision, { ...wish, digest: "0".repeat(64) })
      assert.strictEqual(stale.code, "STEWARD_STALE")
      const { pending: again } = yield* decoded(InboxOutput, 200, "GET", "/steward/pending")
      const [{ sequence, digest }] = again as [(typeof again)[number]]
      const decided = yield* decoded(DecisionOutput, 200, "POST", decision, { ...wish, sequence, digest })
      assert.deepInclude(decided, { action: "approve", message: answer, session_status: "active" })
      const twice = yield* refused(409, "POST", decision, { ...wish, sequence, digest })
      assert.deepInclude(twice, { code: "STEWARD_DECIDED", decided: "approve" })
      const seen = yield* Fiber.join(watching)
      assert.deepStrictEqual(names(seen), [
        "session_state",
        "turn_started",
        "steward_gate_triggered",
        "steward_decided",
        "turn_output",
        "turn_completed"
      ])
      assert.notInclude(JSON.stringify(seen.slice(0, 4)), "canary")
    })
  )

  it.live("are told whoever watches, and the same bytes whoever comes again after any event", () =>
    Effect.gen(function* () {
      const { decoded, events, watch } = yield* served((socket) => socket.write(says(...words)))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const ends = (all: ReadonlyArray<Event>) =>
        names(all).filter((name) => name === "turn_completed").length
      const watching = yield* watch(`${path}/stream`, { until: (_, all) => ends(all) === 2 })
      const asked = yield* events(`${path}/turn`, { method: "POST", body: { prompt: "one" } })
      assert.deepStrictEqual(names(asked).at(-1), "turn_completed")
      assert.strictEqual(textOf(asked), answer)
      yield* events(`${path}/turn`, { method: "POST", body: { prompt: "two" } })
      const all = yield* Fiber.join(watching)
      assert.strictEqual(textOf(all), answer + answer)
      for (const [at, { id, event }] of all.entries()) {
        if (event === "session_state") continue
        const before = all.slice(0, at + 1)
        if (ends(before) === 2) continue
        const rest = yield* events(`${path}/stream`, {
          lastSeen: id,
          until: (_, some) => ends(before) + ends(some) === 2
        })
        assert.strictEqual(rest[0]?.event, "session_state")
        const outputs = [...before, ...rest.slice(1)].filter((one) => one.event === "turn_output")
        assert.deepStrictEqual(
          outputs.map(({ data }) => data["message"]),
          [answer, answer],
          id
        )
        const told = [...before, ...rest.slice(1)].filter((one) => one.event !== "turn_delta")
        assert.strictEqual(new Set(told.map((one) => one.id)).size, told.length, id)
      }
    })
  )

  it.live("let a turn go on when whoever asked goes away", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { server, decoded, events, watch } = yield* served((socket) => {
        finish = () => socket.end()
        socket.write(begins("One", " two"))
      })
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const seen = yield* events(`${path}/turn`, {
        method: "POST",
        body: { prompt: "one" },
        until: (_, all) => textOf(all) === "One two"
      })
      assert.strictEqual(server.calls.length, 1)
      yield* Effect.sleep("300 millis")
      const state = yield* decoded(SessionOutput, 200, "GET", `${path}/state`)
      assert.isNotNull(state.open_turn)
      const rest = yield* watch(`${path}/stream`, {
        lastSeen: seen.at(-1)?.id ?? "",
        until: ({ event }) => event === "turn_completed"
      })
      finish()
      assert.strictEqual((yield* Fiber.join(rest)).at(-1)?.data["status"], "failed")
    })
  )

  it.live(
    "are told from where a reader was, whatever it has heard first, and end where nothing more comes",
    () =>
      Effect.gen(function* () {
        const { decoded, events, watch } = yield* served((socket) => socket.write(says(...words)))
        const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
        const path = `/session/${session_id}`
        yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "one" })
        yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "two" })
        yield* decoded(SessionOutput, 200, "PATCH", path, { title: "Mine" })
        const first = yield* events(`${path}/stream`, {
          lastSeen: "2.0",
          until: ({ event }) => event === "session_state"
        })
        const rest = yield* events(`${path}/stream`, {
          lastSeen: first[0]?.id ?? "",
          until: (_, all) => names(all).filter((name) => name === "turn_completed").length === 2
        })
        assert.deepStrictEqual(
          rest.filter(({ event }) => event === "turn_output").map(({ data }) => data["message"]),
          [answer, answer]
        )
        // Whoever comes now hears nothing of what was.
        const watching = yield* watch(`${path}/stream`)
        yield* decoded(SessionOutput, 200, "DELETE", path)
        assert.deepStrictEqual(names(yield* Fiber.join(watching)), ["session_state", "session_closed"])
        assert.deepStrictEqual(names(yield* events(`${path}/stream`)), ["session_state", "session_closed"])
      })
  )

  it.live("are heard by whoever has heard more than there is, from now on", () =>
    Effect.gen(function* () {
      const { decoded, watch } = yield* served((socket) => socket.write(says(...words)))
      const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const path = `/session/${session_id}`
      const watching = yield* Effect.forEach(["7.3", "30.0", "999999.999999999999999"], (lastSeen) =>
        watch(`${path}/stream`, { lastSeen })
      )
      yield* decoded(TurnOutput, 200, "POST", `${path}/turn`, { prompt: "one" })
      yield* decoded(SessionOutput, 200, "DELETE", path)
      for (const one of watching) {
        const all = yield* Fiber.join(one)
        assert.strictEqual(textOf(all), answer)
        assert.deepStrictEqual([names(all)[0], names(all).at(-1)], ["session_state", "session_closed"])
      }
    })
  )

  it.live(
    "say the same of a turn in its own stream, in its session's and in its run's, also once it is over",
    () =>
      Effect.gen(function* () {
        let finish = () => {}
        const { decoded, ask, events } = yield* served((socket, { messages }) => {
          if (messages.at(-1)?.content !== "stop") return void socket.write(says(...words))
          finish = () => socket.end()
          socket.write(begins(...words))
        })
        const { session_id } = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
        const path = `/session/${session_id}`
        const last = (all: ReadonlyArray<Event>) => all.at(-1)?.data
        let first: string | null = null
        for (const prompt of ["one", "stop", "two"]) {
          const asking = yield* Effect.forkChild(
            events(`${path}/turn`, {
              method: "POST",
              body: { prompt },
              onEvent: ({ data }) => {
                if (prompt === "stop" && data["text"] === words.at(-1))
                  Effect.runFork(ask("POST", `/run/${String(data["run_id"])}/cancel`, {}))
              }
            })
          )
          const asked = yield* Fiber.join(asking)
          finish()
          const run = String(asked[0]?.data["run_id"])
          const ofSession = yield* events(`${path}/stream`, {
            lastSeen: asked[0]?.id ?? "",
            until: ({ event, data }) => event === "turn_completed" && data["run_id"] === run
          })
          const ofRun = yield* events(`/run/${run}/stream`)
          assert.deepStrictEqual(last(ofRun), last(asked), prompt)
          assert.deepStrictEqual(last(ofSession), last(asked), prompt)
          assert.deepStrictEqual(ofRun[0]?.data, asked[0]?.data, prompt)
          assert.isNotNull(ofRun[0]?.data["accepted"])
          // Its events have one number each, in whichever stream they are read.
          for (const [at, { id }] of asked.entries()) {
            const rest = yield* events(`/run/${run}/stream`, { lastSeen: id })
            assert.strictEqual(textOf(asked.slice(0, at + 1)) + textOf(rest), answer, id)
            const others = (all: ReadonlyArray<Event>) => all.filter(({ event }) => event !== "turn_delta")
            assert.deepStrictEqual(others(rest), others(asked.slice(at + 1)), id)
          }
          for (const lastSeen of ["1.0", run === first ? "5.3" : "2.0", "99.0"])
            assert.strictEqual(textOf(yield* events(`/run/${run}/stream`, { lastSeen })), answer)
        }
      })
  )
})
