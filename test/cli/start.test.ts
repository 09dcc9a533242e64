/** Starts the real program and looks at what a start loads. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { home, io3, slowly } from "../support/io3.ts"

describe("a start", slowly, () => {
  it.live("knows what may be typed without what commands do", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const loaded = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        const { stderr } = yield* io3(where, args, { environment: { NODE_DEBUG: "esm" } })
        return [...stderr.matchAll(/file:\/\/\S*?\/(handlers-\w+\.js)/gu)].length
      })
      const counts = yield* Effect.forEach(
        [["--version"], ["run", "--help"], ["--completions", "bash"], ["run"], ["about"]],
        (args) => loaded(...args)
      )
      assert.deepStrictEqual(
        counts.map((count) => count > 0),
        [false, false, false, false, true]
      )
    })
  )

  it.live("asks for no character tables where nothing is laid out", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const without = "--import=data:text/javascript,delete%20Intl.Segmenter"
      const environment = { NODE_OPTIONS: without }
      const { code, stderr } = yield* io3(where, ["--version"], { environment })
      assert.deepStrictEqual([code, stderr], [0, ""])
      const help = yield* io3(where, ["--help"], { environment })
      assert.notStrictEqual(help.code, 0, "they are gone, and help needs them")
    })
  )
})
