/** Puts the real program on a real terminal with a runbook: how far it is, in a line that is gone at the end. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { script, slowly, startOnTerminal, until } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { asking, runbookScene } from "../support/runbookFile.ts"
import { screenOf } from "../support/terminal.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the terminal: there is no script(1) of util-linux\n")

const run = ["runbook", "run", "mine.json"]
// eslint-disable-next-line no-control-regex
const escape = /[\u001b\u009b]/u

describe.skipIf(!there)("io3 runbook on a terminal", slowly, () => {
  it.live("says which step it is at, for how long and for how many tokens, until it is over", () =>
    Effect.gen(function* () {
      const finish: Array<() => void> = []
      const { where } = yield* runbookScene(asking("one", "two"), (socket) => {
        finish.push(() => socket.write(says("Fi\u001b[31mne.")))
      })
      for (const environment of [{ TERM: "xterm" }, { TERM: "xterm", NO_COLOR: "1" }]) {
        finish.length = 0
        const running = yield* startOnTerminal(where, run, environment)
        yield* until(
          () =>
            finish.length === 1 && /step 1 of 2 · executor · \d+ s · 0 tokens so far/u.test(running.stdout())
        )
        // Drawn again every second.
        yield* until(() => /step 1 of 2 · executor · [1-9]\d* s · 0 tokens so far/u.test(running.stdout()))
        finish[0]?.()
        yield* until(
          () =>
            finish.length === 2 && /step 2 of 2 · executor · \d+ s · 10 tokens so far/u.test(running.stdout())
        )
        finish[1]?.()
        const { code, stdout } = yield* running.ended
        assert.strictEqual(code, 0)
        if ("NO_COLOR" in environment) assert.notMatch(stdout, escape)
        const screen = screenOf(stdout)
        assert.isFalse(
          screen.some((line) => line.includes("so far")),
          screen.join("\n")
        )
        assert.strictEqual(screen.filter((line) => line === "Fine.").length, 2)
      }
    })
  )

  it.live("draws nothing where nothing can be drawn over, and nothing beside bare answers", () =>
    Effect.gen(function* () {
      const { where, io } = yield* runbookScene(asking("one", "two"), (socket) => socket.write(says("Fine.")))
      const dumb = yield* (yield* startOnTerminal(where, run, { TERM: "dumb" })).ended
      const raw = yield* (yield* startOnTerminal(where, [...run, "--raw"], { TERM: "xterm" })).ended
      const piped = yield* io(run, { environment: { TERM: "xterm" } })
      for (const { code, stdout } of [dumb, raw, { ...piped, stdout: piped.stdout + piped.stderr }]) {
        assert.strictEqual(code, 0)
        assert.notInclude(stdout, "so far")
        assert.notMatch(stdout, escape)
      }
      assert.strictEqual(raw.stdout, "Fine.\r\n\r\nFine.\r\n")
    })
  )

  it.live("leaves no line behind on Ctrl-C, and says how to go on", () =>
    Effect.gen(function* () {
      const { where } = yield* runbookScene(asking("one"), () => {})
      const running = yield* startOnTerminal(where, run, { TERM: "xterm", NO_COLOR: "1" })
      yield* until(() => running.stdout().includes("so far"))
      running.process.stdin?.write("\u0003")
      const { code, stdout } = yield* running.ended
      assert.strictEqual(code, 130)
      const screen = screenOf(stdout)
      assert.isFalse(
        screen.some((line) => line.includes("so far")),
        screen.join("\n")
      )
      assert.match(stdout, /Go on: io3 resume [0-9a-f-]{36}\r\n$/u)
    })
  )
})
