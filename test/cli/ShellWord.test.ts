/** Has a shell read back what was written for it, whatever a folder is called. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as fc from "fast-check"
import { shellWord } from "../../src/cli/ShellWord.ts"

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const hostile = fc
  .array(
    fc.constantFrom(
      ..."az09 '\"\\$`!*?[]{}();&|<>~#=%-./\u001b\u0007\n\r\t\u007f\u009b\u202e\u2028\u200dé水👩",
      "\u001b]0;title\u0007",
      "$(false)"
    ),
    { minLength: 1, maxLength: 12 }
  )
  .map((parts) => parts.join(""))

describe("a word for a shell", () => {
  it("is the path for the shell, and shows nothing that a terminal obeys", () => {
    const paths = fc.sample(hostile, { numRuns: 500, seed: 3 })
    const words = paths.map(shellWord)
    for (const word of words) assert.notMatch(word, unseen)
    const { stdout } = spawnSync("bash", ["-c", `printf '%s\\0' ${words.join(" ")}`], {
      encoding: "utf8",
      env: { LC_ALL: "C.UTF-8", PATH: process.env["PATH"] }
    })
    assert.deepStrictEqual(stdout.split("\0").slice(0, -1), paths)
  })

  it("is bare, or in plain quotes, where that is enough", () => {
    assert.strictEqual(shellWord("/home/ada/.io3"), "/home/ada/.io3")
    assert.strictEqual(shellWord("/home/ada's work"), "'/home/ada'\\''s work'")
    assert.strictEqual(shellWord("/a\u001b[2J'\\b"), "$'/a\\033[2J\\'\\\\b'")
  })
})
