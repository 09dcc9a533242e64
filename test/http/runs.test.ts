/** Asks the real server for runs: whole, as they come, by whoever leaves, stays away and comes again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import { Answer } from "../../src/api/Runs.ts"
import { Problem } from "../../src/api/Problem.ts"
import { RunOutput } from "../../src/api/results/RunResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { codes } from "../../src/domain/Failure.ts"
import { Detail, Page, Release } from "../../src/domain/ledger/Records.ts"
import { io3, parse, slowly } from "../support/io3.ts"
import { begins, breaks, says, verdict } from "../support/model.ts"
import { type Event, served, textOf } from "../support/served.ts"

const CANARY = "Zk7canary"
const body = { mode: "executor", prompt: CANARY }
const fine = ["To ", "say", " it: ", "é€😀", " done."]

describe("runs over HTTP", slowly, () => {
  it.live("are what the command line prints, on record as such, and found again", () =>
    Effect.gen(function* () {
      const { where, server, decoded } = yield* served((socket, { model }) =>
        socket.write(model === "judge" ? verdict("pass") : says(...fine))
      )
      const made = yield* decoded(Answer, 200, "POST", "/run", { ...body, audit: true })
      assert.strictEqual(made.result.message, fine.join(""))
      assert.strictEqual(made.audit_meta?.audit_verdict, "pass")
      assert.include(server.calls[0]?.messages.at(-1)?.content, CANARY)
      const printed = parse(
        RunOutput,
        (yield* io3(where, ["runs", "show", made.run_id, "--text", "-o", "json"])).stdout
      )
      assert.deepStrictEqual(Schema.encodeSync(RunOutput)(printed), Schema.encodeSync(Answer)(made))
      const detail = yield* decoded(Detail, 200, "GET", `/run/${made.run_id}`)
      assert.strictEqual(detail.state?.accepted?.surface, "http")
      assert.strictEqual(
        (yield* decoded(Answer, 200, "GET", `/run/${made.run_id}/text`)).result.message,
        fine.join("")
      )
      const receipt = yield* decoded(Release, 200, "GET", `/run/${made.run_id}/receipt`)
      assert.deepStrictEqual(receipt.receipt, made.receipt)
      const page = yield* decoded(Page, 200, "GET", "/run?limit=1&standing=released")
      assert.deepStrictEqual(
        page.runs.map(({ run }) => run),
        [made.run_id]
      )
      assert.isNull(
        parse(Verification, (yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])).stdout).broken
      )
    })
  )

  it.live(
    "come in pieces where nothing can stop them, and are the same bytes for whoever comes again at any event",
    () =>
      Effect.gen(function* () {
        const { events } = yield* served((socket, { model }) =>
          socket.write(model === "judge" ? verdict("pass") : says(...fine))
        )
        const all = yield* events("/run", { method: "POST", body })
        assert.deepStrictEqual([all[0]?.event, ...new Set(all.map(({ event }) => event))].slice(1), [
          "turn_started",
          "turn_delta",
          "turn_output",
          "turn_completed"
        ])
        assert.strictEqual(textOf(all), fine.join(""))
        assert.strictEqual(all.find(({ event }) => event === "turn_output")?.data["message"], fine.join(""))
        const run = String(all[0]?.data["run_id"])
        for (const [at, { id }] of all.entries()) {
          const rest = yield* events(`/run/${run}/stream`, { lastSeen: id })
          assert.strictEqual(textOf(all.slice(0, at + 1)) + textOf(rest), fine.join(""), id)
          const endings = (some: ReadonlyArray<Event>) =>
            some.filter(({ event }) => event !== "turn_delta").map(({ id, event }) => `${id} ${event}`)
          assert.deepStrictEqual(
            [...new Set([...endings(all.slice(0, at + 1)), ...endings(rest)])],
            endings(all),
            id
          )
        }
        // Nothing of an audited answer comes before its verdict.
        const audited = yield* events("/run", { method: "POST", body: { ...body, audit: true } })
        assert.deepStrictEqual(
          audited.map(({ event }) => event),
          ["turn_started", "turn_output", "turn_completed"]
        )
      })
  )

  it.live("are cancelled when whoever asked goes away, and go on for whoever said so", () =>
    Effect.gen(function* () {
      const { server, events, ask, decoded } = yield* served((socket) => socket.write(begins("One", " two")))
      const isOut = (_: Event, all: ReadonlyArray<Event>) => textOf(all) === "One two"
      const standingOf = (run: string) =>
        Effect.map(decoded(Detail, 200, "GET", `/run/${run}`), ({ standing }) => standing)
      const seen = yield* events("/run", { method: "POST", body, until: isOut })
      yield* server.left
      const run = String(seen[0]?.data["run_id"])
      yield* Effect.repeat(standingOf(run), { until: (is) => is === "cancelled", times: 200 })
      const rest = yield* events(`/run/${run}/stream`)
      assert.strictEqual(rest.at(-1)?.data["status"], "cancelled")
      // What had left has a receipt, and is there again.
      assert.strictEqual(textOf(rest), "One two")
      assert.strictEqual((yield* ask("POST", `/run/${run}/cancel`, {})).status, 409)

      const kept = yield* events("/run", { method: "POST", body: { ...body, detach: true }, until: isOut })
      const second = String(kept[0]?.data["run_id"])
      const followed = yield* Effect.forkChild(
        events(`/run/${second}/stream`, { lastSeen: kept.at(-1)?.id ?? "" })
      )
      assert.strictEqual(yield* standingOf(second), "running")
      assert.strictEqual((yield* ask("POST", `/run/${second}/cancel`, {})).status, 202)
      const after = yield* Fiber.join(followed)
      assert.deepStrictEqual(
        after.map(({ event }) => event),
        ["turn_error", "turn_completed"]
      )
      assert.strictEqual(yield* standingOf(second), "cancelled")
    })
  )

  it.live("that are asked for whole let no word out before all of them are there", () =>
    Effect.gen(function* () {
      const broken = Buffer.concat([begins("One", " two"), Buffer.from("xx\r\n")])
      const { ask, decoded, refused } = yield* served((socket) => socket.write(broken))
      const { run_id } = yield* refused(502, "POST", "/run", body)
      const { state } = yield* decoded(Detail, 200, "GET", `/run/${run_id}`)
      assert.deepInclude<object>(state?.ending ?? {}, { _tag: "RunFailed", receipt: null })
      for (const path of ["text", "receipt"]) {
        const reply = yield* ask("GET", `/run/${run_id}/${path}`)
        assert.include(reply.text, "RECEIPT_NOT_FOUND", path)
      }
    })
  )

  it.live("that fail are one problem each, of the status of their code, without a word of anybody", () =>
    Effect.gen(function* () {
      const { refused, running } = yield* Effect.map(
        served((socket) => socket.write(breaks(500, CANARY))),
        ({ process, ...rest }) => ({ ...rest, running: process })
      )
      const of = (
        status: number,
        ...args: Parameters<typeof refused> extends [number, ...infer Rest] ? Rest : never
      ) => refused(status, ...args)
      const big = "x".repeat(1_048_577)
      const wrong: ReadonlyArray<readonly [Problem["code"], Effect.Effect<Problem>]> = [
        ["PROVIDER_UNAVAILABLE", of(503, "POST", "/run", body)],
        ["ROUTE_MODE_UNKNOWN", of(404, "POST", "/run", { ...body, mode: "nobody" })],
        ["ROUTE_MODE_INTERNAL", of(403, "POST", "/run", { ...body, mode: "challenger" })],
        ["PROMPT_REQUIRED", of(400, "POST", "/run", { ...body, prompt: " " })],
        ["MEMORY_PACK_UNKNOWN", of(404, "POST", "/run", { ...body, memory_packs: [CANARY] })],
        ["CAPABILITY_NOT_FOUND", of(404, "POST", "/run", { ...body, capability_id: `cap.${CANARY}` })],
        ["BODY_TOO_LARGE", of(413, "POST", "/run", { ...body, prompt: big })],
        ["REQUEST_INVALID", of(400, "POST", "/run", `{"${CANARY}`)],
        ["REQUEST_INVALID", of(400, "POST", "/run", "[".repeat(65) + "]".repeat(65))],
        ["REQUEST_INVALID", of(400, "POST", "/run", { ...body, capability_payload: CANARY })],
        ["MEDIA_TYPE_UNSUPPORTED", of(415, "POST", "/run", CANARY, { "content-type": "text/plain" })],
        ["MEDIA_TYPE_UNSUPPORTED", of(415, "POST", "/run", undefined, { "content-type": "text/plain" })],
        ["REQUEST_INVALID", of(400, "POST", "/run")],
        ["ORIGIN_FORBIDDEN", of(403, "POST", "/run", body, { origin: "http://evil.example" })],
        ["RUN_NOT_FOUND", of(404, "GET", "/run/ffffffff")],
        ["ENDPOINT_UNKNOWN", of(404, "GET", `/${CANARY}`)],
        ["METHOD_UNSUPPORTED", of(405, "PUT", "/run", body)],
        ["REQUEST_INVALID", of(400, "GET", `/run?${CANARY}=1`)]
      ]
      for (const [code, asked] of wrong) {
        const problem = yield* asked
        assert.deepInclude(problem, { code, status: codes[code].status, title: codes[code].summary })
        assert.notInclude(JSON.stringify(problem), CANARY)
      }
      const places = yield* refused(400, "POST", "/run", { mode: 7, [CANARY]: 1, memory_packs: ["a", 7] })
      assert.sameDeepMembers(
        [...(places.errors ?? [])],
        [
          { pointer: "/mode", fault: "wrong_value" },
          { pointer: "/prompt", fault: "missing_key" },
          { pointer: "/memory_packs/1", fault: "wrong_value" },
          { pointer: "/*", fault: "unknown_key" }
        ]
      )
      void running
    })
  )
})
