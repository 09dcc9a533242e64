/** Starts, fills and ends the real server: where it listens, what it lets in, and what becomes of what is under way. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { connect } from "node:net"
import { Answer } from "../../src/api/Runs.ts"
import { RunbookAgainOutput } from "../../src/api/results/ReplayResults.ts"
import { RunbookOutput } from "../../src/api/results/RunbookResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { LedgerHead } from "../../src/api/Ledger.ts"
import { Page } from "../../src/domain/ledger/Records.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { bytesUnder, home, io3, parse, slowly, until } from "../support/io3.ts"
import { begins, says } from "../support/model.ts"
import { promptOf } from "../support/runbookFile.ts"
import { served, serving, textOf } from "../support/served.ts"

/** What a server says to bytes. */
const said = (url: string, bytes: string) =>
  Effect.promise(
    () =>
      new Promise<string>((resolve) => {
        const { hostname, port } = new URL(url)
        const socket = connect(Number(port), hostname, () => socket.write(bytes))
        let all = ""
        socket.setEncoding("latin1")
        socket.on("data", (piece) => (all += piece))
        socket.on("close", () => resolve(all))
        socket.on("error", () => resolve(all))
        setTimeout(() => socket.destroy(), 3000)
      })
  )

describe("io3 serve", slowly, () => {
  it.live("listens to this machine alone, says where, and does not begin twice on one port", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const { url, process, ended } = yield* serving(where, "--host", "127.0.0.1")
      const { port } = new URL(url)
      const second = yield* io3(where, ["serve", "--port", port])
      assert.strictEqual(second.code, 2)
      assert.match(second.stderr, /^ADDRESS_UNAVAILABLE: /u)
      for (const none of ["65536", "-1", "http"]) {
        const beyond = yield* io3(where, ["serve", "-o", "json", "--port", none])
        assert.strictEqual(beyond.code, 2)
        assert.include(beyond.stdout + beyond.stderr, "USAGE_INVALID")
      }
      const open = yield* io3(where, ["serve", "--host", "0.0.0.0", "--port", "0"])
      assert.strictEqual(open.code, 2)
      assert.match(open.stderr, /^ADDRESS_UNGUARDED: /u)
      process.kill("SIGTERM")
      assert.strictEqual((yield* ended).code, 0)
    })
  )

  it.live("finishes what is under way when it is to end, begins nothing more, and exits with 0", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where, server, process, ended, decoded, watch, url } = yield* served((socket) => {
        finish = () => socket.write(says("Fine."))
      })
      const asked = yield* Effect.forkChild(
        decoded(Answer, 200, "POST", "/run", { mode: "executor", prompt: "x" })
      )
      const started = yield* decoded(SessionOutput, 201, "POST", "/session/start", {})
      const watching = yield* watch(`/session/${started.session_id}/stream`)
      yield* until(() => server.calls.length === 1)
      process.kill("SIGTERM")
      // Whoever only watches is let go at once.
      assert.deepStrictEqual(
        (yield* Fiber.join(watching)).map(({ event }) => event),
        ["session_state"]
      )
      const late = yield* said(
        url,
        `POST /run HTTP/1.1\r\nHost: ${new URL(url).host}\r\nContent-Type: application/json\r\nContent-Length: 33\r\nConnection: close\r\n\r\n{"mode":"executor","prompt":"yy"}`
      )
      assert.match(late, /^(?:$|HTTP\/1\.1 503 [^]*\r\nretry-after: 5\r\n)/iu)
      finish()
      assert.strictEqual((yield* Fiber.join(asked)).result.message, "Fine.")
      const { code, stderr } = yield* ended
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.isNull(
        parse(Verification, (yield* io3(where, ["ledger", "verify", "-o", "json"])).stdout).broken
      )
    })
  )

  it.live("ends what is under way, too, when it is told once more, and has that on record", () =>
    Effect.gen(function* () {
      const { where, server, process, ended, ask } = yield* served((socket) => socket.write(begins("One")))
      yield* Effect.forkChild(ask("POST", "/run", { mode: "executor", prompt: "x" }))
      yield* until(() => server.calls.length === 1)
      process.kill("SIGINT")
      yield* Effect.sleep("500 millis")
      const { pid = 0 } = process
      assert.isTrue(globalThis.process.kill(pid, 0), "it waits for the run")
      process.kill("SIGINT")
      // The patience of a server that is told once is longer than this.
      assert.strictEqual((yield* Effect.timeout(ended, "15 seconds")).code, 0)
      const runs = yield* io3(where, ["runs", "list", "--standing", "cancelled", "-o", "json"])
      assert.lengthOf((JSON.parse(runs.stdout) as { runs: ReadonlyArray<unknown> }).runs, 1)
    })
  )

  it.live("does runbooks, does them again, and shows the record", () =>
    Effect.gen(function* () {
      const { where, decoded, refused, ask } = yield* served((socket) =>
        socket.write(says("canary", " said."))
      )
      const runbook = {
        runbook_id: "rb-mine",
        steps: ["one", "two"].map((prompt) => ({ mode: "executor", prompt }))
      }
      const made = yield* decoded(RunbookOutput, 200, "POST", "/runbook", { runbook })
      assert.deepInclude(made, { status: "ok", steps_completed: 2 })
      assert.deepStrictEqual(
        made.steps.map(({ message }) => message),
        ["canary said.", "canary said."]
      )
      const again = yield* decoded(RunbookAgainOutput, 200, "POST", `/runbook/${made.run_id}/replay`, {})
      assert.deepInclude(again, { status: "success", source_run_id: made.run_id })
      assert.strictEqual(
        (yield* refused(409, "POST", `/runbook/${made.run_id}/resume`, {})).code,
        "RESUME_INVALID_STATE"
      )
      const wrong = yield* refused(400, "POST", "/runbook", {
        runbook: { steps: [{ mode: "canary", prompt: "x", canary: 1 }] }
      })
      assert.strictEqual(wrong.code, "RUNBOOK_SCHEMA_ERROR")
      assert.notInclude(JSON.stringify(wrong), "canary")
      const head = yield* decoded(LedgerHead, 200, "GET", "/ledger/head")
      assert.isNotNull(head.head)
      const exported = yield* ask("GET", "/ledger/export")
      const verified = yield* io3(where, ["ledger", "verify", "--export", "-", "-o", "json"], {
        stdin: exported.text
      })
      assert.isNull(parse(Verification, verified.stdout).broken)
      for (const path of [
        "/livez",
        "/readyz",
        "/health",
        "/greeting",
        "/capabilities",
        "/route",
        "/config",
        "/budgets",
        "/memory",
        "/memory/packs",
        "/openapi.json"
      ]) {
        const { status, text, headers } = yield* ask("GET", path)
        assert.deepStrictEqual([path, status], [path, 200])
        assert.notInclude(text, "canary")
        assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
        assert.include(headers.get("content-security-policy") ?? "", "default-src 'none'")
      }
      // Nothing of it is outside of sealed bytes.
      for (const [path, bytes] of bytesUnder(where.root)) {
        if (!path.includes("providers") && !path.includes("routing"))
          assert.strictEqual(bytes.indexOf("canary"), -1, path)
      }
    })
  )

  it.live("lets each run of a runbook be followed by itself, and none be stopped that has ended", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { server, decoded, refused, events, watch } = yield* served((socket, asked) => {
        const answer = says(`To ${promptOf(asked)}.`)
        if (promptOf(asked) === "one") return void socket.write(answer)
        finish = () => socket.write(answer)
      })
      const runbook = { steps: ["one", "two"].map((prompt) => ({ mode: "executor", prompt })) }
      const made = yield* Effect.forkChild(decoded(RunbookOutput, 200, "POST", "/runbook", { runbook }))
      yield* until(() => server.calls.length === 2)
      const { runs } = yield* decoded(Page, 200, "GET", "/run")
      const [second, first] = runs.map(({ run }) => run)
      const ended = yield* events(`/run/${first}/stream`)
      assert.strictEqual(ended.find(({ event }) => event === "turn_output")?.data["message"], "To one.")
      assert.strictEqual((yield* refused(409, "POST", `/run/${first}/cancel`)).code, "RUN_TRANSITION_INVALID")
      const following = yield* watch(`/run/${second}/stream`)
      finish()
      assert.strictEqual((yield* Fiber.join(made)).status, "ok")
      const rest = yield* Fiber.join(following)
      assert.strictEqual(rest.find(({ event }) => event === "turn_output")?.data["message"], "To two.")
      assert.strictEqual(rest.at(-1)?.data["status"], "released")
    })
  )

  it.live("waits for nobody who has not said what they want", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const { url, process, ended } = yield* serving(where)
      const { host, hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname)
      socket.on("error", () => {})
      socket.write(
        `POST /run HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`
      )
      yield* Effect.sleep("300 millis")
      process.kill("SIGTERM")
      assert.strictEqual((yield* ended).code, 0)
      socket.destroy()
    })
  )

  it.live("keeps its texts where the operator says so, and everything else is as it was", () =>
    Effect.gen(function* () {
      const { decoded, refused, events } = yield* served(
        (socket) => socket.write(says("canary", " said.")),
        "content_release: false\n"
      )
      const made = yield* decoded(Answer, 200, "POST", "/run", { mode: "executor", prompt: "x" })
      assert.isUndefined(made.result.message)
      assert.strictEqual(made.receipt.chars, "canary said.".length)
      const all = yield* events("/run", { method: "POST", body: { mode: "executor", prompt: "x" } })
      assert.deepStrictEqual(
        all.map(({ event }) => event),
        ["turn_started", "turn_completed"]
      )
      assert.strictEqual(textOf(all), "")
      assert.strictEqual(
        (yield* refused(403, "GET", `/run/${made.run_id}/text`)).code,
        "CONTENT_RELEASE_DISABLED"
      )
    })
  )

  it.live("answers bytes that are no request, or a lie, and lives", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const { url, ask } = yield* serving(where, "--host", "127.0.0.1")
      const { host } = new URL(url)
      const json = `Host: ${host}\r\nContent-Type: application/json\r\n`
      const bad: ReadonlyArray<readonly [string, RegExp]> = [
        ["\0\0\0\0\r\n\r\n", /^HTTP\/1\.1 400 /u],
        ["GET / HTTP/1.1\r\n\r\n", /^HTTP\/1\.1 421 /u],
        ["GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 421 /u],
        [
          `GET http://evil.example/livez HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
          /^HTTP\/1\.1 421 /u
        ],
        [
          `POST /run HTTP/1.1\r\n${json}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
          /^HTTP\/1\.1 400 /u
        ],
        [
          `POST /run HTTP/1.1\r\n${json}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{"a":1`,
          /^HTTP\/1\.1 400 /u
        ],
        [`POST /run HTTP/1.1\r\n${json}Content-Length: 99999999\r\n\r\n{`, /^HTTP\/1\.1 413 /u],
        [
          `POST /run HTTP/1.1\r\n${json}Content-Length: 2\r\nConnection: close\r\n\r\n\xff\xfe`,
          /^HTTP\/1\.1 400 /u
        ],
        [`GET /livez HTTP/1.1\r\nHost: ${host}\r\n${"X: y\r\n".repeat(9000)}\r\n`, /^HTTP\/1\.1 431 /u]
      ]
      for (const [bytes, wanted] of bad) assert.match(yield* said(url, bytes), wanted, bytes.slice(0, 60))
      assert.strictEqual((yield* ask("GET", "/livez")).status, 200)
    })
  )
})
