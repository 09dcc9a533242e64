/** Holds conversations with the real program through a pipe: answers alone on standard output, how it went in the exit code. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ChatLine } from "../../src/cli/chat/ChatResults.ts"
import { bytesUnder, configure, home, io3, parse, recorded, slowly, start, until } from "../support/io3.ts"
import { begins, breaks, configuration, says, scene } from "../support/model.ts"

const lines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => parse(ChatLine, line))

describe("io3 chat in a pipe", slowly, () => {
  it.live("takes each line for a message, and prints the answers alone", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { messages }) =>
        socket.write(says(`answer ${messages.length / 2}`, "\u001b[31m"))
      )
      const stdin = 'a\n\n b\r\n/audit\nc \\\nd\n"""\ne\n'
      const { code, stdout, stderr } = yield* io3(where, ["chat"], { stdin })
      const exact = [1, 2, 3, 4].map((at) => `answer ${at}\u001b[31m\n`).join("")
      assert.deepStrictEqual([code, stdout], [0, exact])
      assert.match(
        stderr,
        /^executor → [^\n]+\nexecutor → [^\n]+\nAudit is off\.\n(?:executor → [^\n]+\n){2}$/u
      )
      assert.deepStrictEqual(
        server.calls.map(({ messages }) => messages.at(-1)?.content),
        ["a", " b", "c \nd", "e"]
      )
      assert.deepStrictEqual(
        server.calls[1]?.messages.slice(1).map(({ role }) => role),
        ["user", "assistant", "user"]
      )
    })
  )

  it.live("says of how many turns before nothing was sent along", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(says("An answer")))
      yield* configure(where.userConfig, {
        ...configuration(server),
        "runtime.yaml": "history_limit_chars: 40\n"
      })
      const { stderr } = yield* io3(where, ["chat"], {
        stdin: "first one\nsecond one\nthird one\nfourth one\n"
      })
      assert.deepStrictEqual(
        stderr.split("\n").map((line) => / · ([^·]+ left out)$/u.exec(line)?.[1] ?? ""),
        ["", "", "", "1 earlier turn left out", ""]
      )
      assert.strictEqual(server.calls[3]?.messages[1]?.content, "second one")
    })
  )

  it.live("prints one line of JSON for a turn, however it ended", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket, { messages }) =>
        socket.write(messages.at(-1)?.content === "bad" ? breaks(400, "{}") : says("An\nanswer"))
      )
      for (const format of ["json", "ndjson"]) {
        const stdin = "good\nbad\n/status\n/history\n"
        const { code, stdout, stderr } = yield* io3(where, ["chat", "-o", format], { stdin })
        assert.deepStrictEqual([code, stderr], [1, ""])
        const [good, bad, status, history, ...rest] = lines(stdout)
        assert.isTrue(good?.type === "turn" && good.message === "An\nanswer" && good.history?.turns === 0)
        assert.isTrue(bad?.type === "failed" && bad.error.code === "PROVIDER_REJECTED" && bad.run_id !== null)
        assert.isTrue(status?.type === "status" && status.turn_count === 1 && status.turns_begun === 2)
        assert.deepStrictEqual(
          history?.type === "history" &&
            history.turns.map(({ outcome, prompt, message }) => [outcome, prompt, message]),
          [
            ["released", "good", "An\nanswer"],
            ["failed", "bad", null]
          ]
        )
        assert.isEmpty(rest)
      }
    })
  )

  it.live("goes on after what failed, and ends with the code of the last of it", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket, { messages }) =>
        socket.write(messages.at(-1)?.content === "bad" ? breaks(400, "{}") : says("An answer"))
      )
      const bytes = Buffer.concat([
        Buffer.from("bad\n"),
        Buffer.from([0x66, 0xff, 0x0a]),
        Buffer.from(`${"x".repeat(1024 * 1024 + 1)}\nnul\0\ngood`)
      ])
      const { code, stdout, stderr } = yield* io3(where, ["chat"], { stdin: bytes })
      assert.deepStrictEqual([code, stdout], [2, "An answer\n"])
      const codes = [...stderr.matchAll(/^([A-Z_]+): /gmu)].map(([, code]) => code)
      assert.deepStrictEqual(codes, [
        "PROVIDER_REJECTED",
        "FILE_NOT_TEXT",
        "PROMPT_TOO_LARGE",
        "FILE_NOT_TEXT"
      ])
      const failed = yield* io3(where, ["chat"], { stdin: "bad\n" })
      assert.strictEqual(failed.code, 1)
      assert.strictEqual((yield* io3(where, ["chat"], { stdin: "/nothing\n" })).code, 2)
      assert.strictEqual(server.calls.length, 3)
    })
  )

  it.live("answers while the pipe is open, and leaves nothing behind where nothing was asked", () =>
    Effect.gen(function* () {
      const { where } = yield* scene((socket) => socket.write(says("An answer")))
      const idle = yield* io3(where, ["chat"], { stdin: "\n/help\n/quit\nnever read\n" })
      assert.deepStrictEqual([idle.code, idle.stdout], [0, ""])
      assert.isEmpty(yield* recorded(where))
      const talking = yield* start(where, ["chat"], { stdin: null })
      for (const turn of [1, 2]) {
        talking.process.stdin?.write("question\n")
        yield* until(() => talking.stdout() === "An answer\n".repeat(turn))
      }
      talking.process.stdin?.write("/quit\n")
      // It waits for nobody who holds the pipe open.
      assert.strictEqual((yield* talking.ended).code, 0)
    })
  )

  it.live("cancels the call when it is ended, records that, and exits with 130", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half an", " answer")))
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
        const talking = yield* start(where, ["chat"], { stdin: null })
        talking.process.stdin?.write("question\n")
        yield* until(() => talking.stdout() === "Half an answer")
        talking.process.kill(signal)
        const { code, stdout, stderr } = yield* talking.ended
        assert.deepStrictEqual([code, stdout], [130, "Half an answer\n"], signal)
        assert.match(
          stderr,
          /^RUN_CANCELLED: [^\n]+\n {2}io3 runs show \S+\n(?: {2}io3 session show \S+\n)?$/u
        )
        yield* server.left
      }
      assert.deepStrictEqual(
        (yield* recorded(where)).map(({ standing }) => standing),
        ["cancelled", "cancelled", "cancelled"]
      )
    })
  )

  it.live("does not begin under a configuration, or in a mode, that cannot answer", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const endings = yield* Effect.forEach(
        [
          ["--persona", "no-such-mode"],
          ["--persona-mode", "challenger"],
          ["--session-id", "01a2"]
        ],
        (args) => io3(where, ["chat", ...args, "-o", "json"], { stdin: "never sent\n" })
      )
      assert.deepStrictEqual(
        endings.map(({ code, stdout }) => [code, /"code": "(\w+)"/u.exec(stdout)?.[1]]),
        [
          [2, "ROUTE_MODE_UNKNOWN"],
          [2, "ROUTE_MODE_INTERNAL"],
          [1, "SESSION_NOT_FOUND"]
        ]
      )
      assert.isFalse([...bytesUnder(where.root).keys()].some((path) => path.includes(".local")))
    })
  )
})
