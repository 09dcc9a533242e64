/** Puts the real program on a real terminal: text as it comes, no control of the model's, Ctrl-C from the keyboard. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { script, slowly, startOnTerminal, until } from "../support/io3.ts"
import { begins, says, scene } from "../support/model.ts"
import { done, piece } from "../support/ollamaTalk.ts"
import { screenOf } from "../support/terminal.ts"
import { chunk } from "../support/upstream.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the terminal: there is no script(1) of util-linux\n")

const ask = ["run", "executor", "--prompt", "question"]
// eslint-disable-next-line no-control-regex
const escape = /[\u001b\u009b]/u

/** Hostile words, cut inside of their sequences. */
const words = ["The \u001b[3", "1msky\u001b]52;c;", "ZXZpbA==", "\u0007 is\r\n\u009b2Jblue\u202e.", " Really"]

const VERDICT = '{"decision":"pass","issues":[],"high_risk_claims":[],"suggested_fixes":[]}'

describe.skipIf(!there)("io3 on a terminal", slowly, () => {
  it.live("shows text as it comes, with nothing in it but text, and dims the facts", () =>
    Effect.gen(function* () {
      let finish = () => {}
      const { where } = yield* scene((socket) => {
        socket.write(begins(...words))
        finish = () =>
          socket.write(Buffer.concat([chunk(piece(".")), chunk(done()), Buffer.from("0\r\n\r\n")]))
      })
      const answer = "The sky is\r\nblue. Really"
      for (const environment of [{ TERM: "xterm" }, { TERM: "xterm", NO_COLOR: "1" }, { TERM: "dumb" }]) {
        const asking = yield* startOnTerminal(where, ask, environment)
        yield* until(() => asking.stdout().length >= answer.length)
        assert.strictEqual(asking.stdout(), answer)
        finish()
        const { code, stdout } = yield* asking.ended
        assert.strictEqual(code, 0)
        const rest = stdout.slice(`${answer}.\r\n`.length)
        if ("NO_COLOR" in environment || environment.TERM === "dumb") assert.notMatch(rest, escape)
        // eslint-disable-next-line no-control-regex
        else assert.match(rest, /^\u001b\[2mexecutor → ollama writer [^\u001b]+\u001b\[22m\r\n$/u)
      }
    })
  )

  it.live(
    "says whom it waits for, and that nothing is shown before the verdict, until there is something",
    () =>
      Effect.gen(function* () {
        let finish = () => {}
        const { where } = yield* scene((socket, { model }) => {
          const answer = () => socket.write(says(model === "judge" ? VERDICT : "Blue."))
          if (model === "judge") answer()
          else finish = answer
        })
        const waits = /asking local:writer · audited before any of it is shown · [2-9]\d* s/u
        const environment = { TERM: "xterm", NO_COLOR: "1" }
        const audited = [...ask, "--audit"]
        const asking = yield* startOnTerminal(where, audited, environment)
        yield* until(() => waits.test(asking.stdout()))
        finish()
        const { code, stdout } = yield* asking.ended
        const [answer, facts] = screenOf(stdout)
        assert.deepStrictEqual([code, answer], [0, "Blue."])
        assert.match(facts ?? "", /^executor → ollama writer /u)

        // Nothing of it stands beside what is said of its end, or beside a bare answer.
        const stopped = yield* startOnTerminal(where, audited, environment)
        yield* until(() => waits.test(stopped.stdout()))
        stopped.process.stdin?.write("\u0003")
        const { code: end, stdout: left } = yield* stopped.ended
        assert.strictEqual(end, 130)
        const screen = screenOf(left)
        assert.isTrue(
          screen.some((line) => line.startsWith("RUN_CANCELLED: ")),
          left
        )
        assert.isFalse(
          screen.some((line) => line.includes("asking")),
          left
        )
        finish = () => {}
        const bare = yield* startOnTerminal(where, [...audited, "--raw"], environment)
        yield* Effect.sleep("4 seconds")
        finish()
        assert.strictEqual((yield* bare.ended).stdout, "Blue.\r\n")
      })
  )

  it.live("ends with 130 on Ctrl-C, and waits for no prompt that nobody was asked for", () =>
    Effect.gen(function* () {
      const { where, server } = yield* scene((socket) => socket.write(begins("Half")))
      const asking = yield* startOnTerminal(where, ask, { TERM: "xterm" })
      yield* until(() => asking.stdout() === "Half")
      asking.process.stdin?.write("\u0003")
      assert.strictEqual((yield* asking.ended).code, 130)
      yield* server.left

      const without = yield* startOnTerminal(where, ["run", "executor"], { TERM: "xterm" })
      const { code, stdout } = yield* without.ended
      assert.strictEqual(code, 2)
      assert.match(stdout, /^PROMPT_REQUIRED: /)
    })
  )
})
