/** Runs the real program against a scripted model: what reaches which stream, when, and what the ledger says then. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { codes } from "../../src/domain/Failure.ts"
import { FailureOutput, RunLine, RunOutput } from "../../src/api/results/RunResults.ts"
import { home, io3, lastRun, parse, recorded, slowly, start, startInto, until } from "../support/io3.ts"
import { begins, breaks, says, scene, verdict } from "../support/model.ts"
import { chunk } from "../support/upstream.ts"
import { done, piece } from "../support/ollamaTalk.ts"

// eslint-disable-next-line no-control-regex
const escape = /[\u001b\u009b]/u

const ask = ["run", "executor", "--prompt", "question"]

describe("io3 run", slowly, () => {
  it.live("prints the answer while it is made, and the facts apart from it", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, server } = yield* scene((socket) => {
        socket.write(begins("The sky", " is"))
        finish = () =>
          socket.write(
            Buffer.concat([chunk(piece(" blue.\u001b[31m")), chunk(done()), Buffer.from("0\r\n\r\n")])
          )
      })
      const asking = yield* start(where, ask)
      yield* until(() => asking.stdout() === "The sky is")
      finish()
      const { code, stdout, stderr } = yield* asking.ended
      // To a pipe go the exact bytes of the model: what is in them is its reader's to decide.
      assert.deepStrictEqual([code, stdout], [0, "The sky is blue.\u001b[31m\n"])
      assert.match(
        stderr,
        /^executor → ollama writer · 1 of 2 calls · 7 in \/ 3 out · [\d.]+ m?s · not audited · run [0-9a-f-]{36}\n$/
      )
      assert.strictEqual(server.calls.length, 1)
    })
  )

  it.live("prints JSON, JSON lines, or nothing but the answer", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket) => socket.write(says("Blue", "\u009b31m", " light")))
      const [json, lines, raw] = yield* Effect.all(
        [
          io3(where, [...ask, "-o", "json"]),
          io3(where, [...ask, "-o", "ndjson"]),
          io3(where, [...ask, "--raw", "--no-stream"])
        ],
        { concurrency: 3 }
      )
      const answer = "Blue\u009b31m light"
      assert.strictEqual(parse(RunOutput, json.stdout).result.message, answer)
      const frames = lines.stdout
        .trimEnd()
        .split("\n")
        .map((line) => parse(RunLine, line))
      assert.deepStrictEqual(
        frames.map(({ type }) => type),
        ["accepted", "chunk", "chunk", "chunk", "finished"]
      )
      assert.strictEqual(frames.map((frame) => (frame.type === "chunk" ? frame.text : "")).join(""), answer)
      assert.notMatch(json.stdout + lines.stdout, escape)
      assert.deepStrictEqual(raw, { code: 0, stdout: `${answer}\n`, stderr: "" })
      assert.deepStrictEqual([json.code, json.stderr, lines.code, lines.stderr], [0, "", 0, ""])
    })
  )

  it.live("shows nothing of an audited answer before its verdict, and nothing at all of a rejected one", () =>
    Effect.gen(function* () {
      let decide: (decision: "pass" | "reject") => void = () => {}
      const { where, server } = yield* scene((socket, asked) => {
        if (asked.model === "writer") socket.write(says("An", " answer"))
        else decide = (decision) => socket.write(verdict(decision))
      })
      const passing = yield* start(where, [...ask, "--audit"])
      yield* until(() => server.calls.length === 2)
      assert.strictEqual(passing.stdout(), "")
      decide("pass")
      const passed = yield* passing.ended
      assert.deepStrictEqual([passed.code, passed.stdout], [0, "An answer\n"])
      assert.include(passed.stderr, " · audit passed · ")

      const failing = yield* start(where, [...ask, "--audit", "-o", "json"])
      yield* until(() => server.calls.length === 4)
      assert.strictEqual(failing.stdout(), "")
      decide("reject")
      const failed = yield* failing.ended
      assert.strictEqual(failed.code, 1)
      assert.strictEqual(parse(FailureOutput, failed.stdout).error.code, "AUDIT_REJECTED")
      assert.deepStrictEqual(
        (yield* recorded(where)).map(({ standing }) => standing),
        ["refused", "released"]
      )
    })
  )

  it.live("announces that another model answered", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, asked) =>
        socket.write(asked.model === "writer" ? breaks(503, `{"error":"busy"}`) : says("From the second"))
      )
      const { code, stdout, stderr } = yield* io3(where, ask)
      assert.deepStrictEqual([code, stdout], [0, "From the second\n"])
      assert.include(stderr, "executor → ollama second (fallback) · 2 of 2 calls")
      assert.deepStrictEqual(
        server.calls.map((call) => call.model),
        ["writer", "second"]
      )
    })
  )

  it.live("ends with 130 when it is stopped: the call is closed, and what had left is on record", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half an", " answer")))
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        const asking = yield* start(where, ask)
        yield* until(() => asking.stdout() === "Half an answer")
        asking.process.kill(signal)
        // The shell and the system both tell of a terminal that is closed.
        if (signal === "SIGHUP") asking.process.kill(signal)
        const { code, stdout, stderr } = yield* asking.ended
        assert.deepStrictEqual([code, stdout], [130, "Half an answer\n"])
        const { run } = yield* lastRun(where)
        assert.strictEqual(
          stderr,
          `RUN_CANCELLED: ${codes.RUN_CANCELLED.summary}\n  io3 runs show ${run}\n`,
          signal
        )
        yield* server.left
      }
      const records = yield* recorded(where)
      assert.strictEqual(records.length, 3)
      for (const { standing, entries } of records) {
        assert.strictEqual(standing, "cancelled")
        const [settled, ending] = entries.slice(-2).map(({ event }) => event)
        assert.strictEqual(settled?._tag === "CallSettled" && settled.outcome, "cancelled")
        if (ending?._tag !== "RunCancelled") return assert.fail("the run was not cancelled")
        assert.strictEqual(ending.receipt?.complete, false)
        assert.strictEqual(ending.receipt?.chars, "Half an answer".length)
      }
    })
  )

  it.live("names the run that was stopped to a program as well", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half an answer")))
      for (const [output, calls] of [
        ["json", 1],
        ["ndjson", 2]
      ] as const) {
        const asking = yield* start(where, [...ask, "-o", output])
        yield* until(() => server.calls.length === calls)
        asking.process.kill("SIGINT")
        const { code, stdout, stderr } = yield* asking.ended
        assert.deepStrictEqual([code, stderr], [130, ""])
        const { run, standing } = yield* lastRun(where)
        const last = output === "json" ? stdout : (stdout.trimEnd().split("\n").at(-1) ?? "")
        const { status, run_id, error } = parse(FailureOutput, last)
        assert.deepStrictEqual(
          [status, run_id, error.code, error.phase, standing],
          ["error", run, "RUN_CANCELLED", "draft", "cancelled"]
        )
      }
    })
  )

  it.live("says that an answer broke off", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => {
        socket.write(begins("Half an answer"))
        setTimeout(() => socket.destroy(), 50)
      })
      const { code, stdout, stderr } = yield* io3(where, ask)
      assert.deepStrictEqual([code, stdout], [1, "Half an answer\n"])
      assert.match(stderr, /^PROVIDER_OUTCOME_UNKNOWN: [^\n]+\n {2}io3 runs show [0-9a-f-]{36}\n$/)
      assert.strictEqual(server.calls.length, 1)
    })
  )

  it.live("is cancelled by a reader of its answer that goes away, and by no other", () =>
    Effect.gen(function* () {
      const rest = Buffer.concat([chunk(piece(" answer")), chunk(done()), Buffer.from("0\r\n\r\n")])
      // Who has gone is noticed with the first words, and not all of them are there at once.
      const { where } = yield* scene((socket) => {
        socket.write(begins("An"))
        setTimeout(() => socket.write(rest), 1000)
      })
      const [unheard, unread] = [yield* start(where, ask), yield* start(where, ask)]
      unheard.process.stdout?.destroy()
      unread.process.stderr?.destroy()
      const [deaf, blind] = yield* Effect.all([unheard.ended, unread.ended], { concurrency: 2 })
      assert.deepStrictEqual(deaf, { code: 130, stdout: "", stderr: "" })
      assert.include(
        (yield* recorded(where)).map(({ standing }) => standing),
        "cancelled"
      )
      assert.deepStrictEqual(blind, { code: 0, stdout: "An answer\n", stderr: "" })
    })
  )

  const full = "/dev/full"
  it.live.skipIf(!existsSync(full))("fails when its answer cannot be written", () =>
    Effect.gen(function* () {
      const where = yield* home()
      for (const output of ["text", "json"]) {
        const running = yield* startInto(where, [...ask, "--offline", "-o", output], full)
        const { code, stderr } = yield* running.ended
        assert.strictEqual(code, 1)
        assert.include(stderr, "OUTPUT_FAILED")
      }
    })
  )
})
