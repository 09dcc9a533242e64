/** Erases with the real program: what it asks, what it says, and what the other commands say afterwards. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { FailureOutput, RunOutput } from "../../src/api/results/RunResults.ts"
import { Erased } from "../../src/core/ledger/Erasure.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import {
  bytesUnder,
  home,
  type Home,
  io3,
  parse,
  script,
  slowly,
  startOnTerminal,
  until
} from "../support/io3.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the terminal: there is no script(1) of util-linux\n")

const asked = Effect.fnUntraced(function* (where: Home, prompt: string) {
  const { stdout } = yield* io3(where, ["--offline", "run", "executor", "--prompt", prompt, "-o", "json"])
  return parse(RunOutput, stdout).run_id
})
const terminal = { TERM: "dumb" }

describe("io3 runs erase", slowly, () => {
  it.live("wants --yes where there is no terminal, and erases once", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const run = yield* asked(where, "question")
      const key = () => {
        const database = new DatabaseSync(join(where.data, "journal.sqlite"), { readOnly: true })
        const found = database.prepare("SELECT key FROM keys ORDER BY stream DESC").get()?.["key"]
        database.close()
        return Buffer.from(found as Uint8Array)
      }
      const wrapped = key()

      const erasing = (...args: ReadonlyArray<string>) =>
        io3(where, ["runs", "erase", run, ...args], { stdin: "yes\n" })
      const [unsaid, inJson] = yield* Effect.all([erasing(), erasing("-o", "json")])
      assert.deepStrictEqual([unsaid.code, unsaid.stdout, inJson.code, inJson.stderr], [2, "", 2, ""])
      assert.match(unsaid.stderr, /--yes/u)
      assert.match(parse(FailureOutput, inJson.stdout).error.usage?.join() ?? "", /--yes/u)
      assert.isTrue(key().equals(wrapped))

      const erased = yield* io3(where, ["runs", "erase", run.slice(0, 30), "--yes", "-o", "json"])
      assert.deepStrictEqual([erased.code, erased.stderr], [0, ""])
      assert.deepStrictEqual(parse(Erased, erased.stdout), { run, scrubbed: true })
      for (const [path, bytes] of bytesUnder(where.data)) {
        for (const half of [wrapped.subarray(8, 38), wrapped.subarray(38)]) {
          assert.isFalse(bytes.includes(half), path)
        }
      }

      const again = yield* io3(where, ["runs", "erase", run, "--yes"])
      assert.deepStrictEqual([again.code, again.stdout], [1, ""])
      assert.match(again.stderr, /^RUN_ERASED: /u)
      const text = yield* io3(where, ["runs", "show", run, "--text"])
      assert.strictEqual(text.code, 1)
      assert.match(text.stderr, /^RUN_ERASED: /u)
      const verified = yield* io3(where, ["ledger", "verify", "-o", "json"])
      assert.isNull(parse(Verification, verified.stdout).broken)
      const none = yield* io3(where, ["runs", "erase", "ffffffff", "--yes"])
      assert.match(none.stderr, /^RUN_NOT_FOUND: /u)
    })
  )

  it.live.skipIf(!there)("asks on a terminal, and takes nothing but yes for an answer", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const run = yield* asked(where, "question")
      const answer = Effect.fnUntraced(function* (line: string) {
        const asking = yield* startOnTerminal(where, ["runs", "erase", run], terminal)
        yield* until(() => asking.stdout().includes("Type yes"))
        asking.process.stdin?.write(line)
        return yield* asking.ended
      })
      for (const line of ["\r", "y\r", "no\r"]) {
        const { code, stdout } = yield* answer(line)
        assert.strictEqual(code, 0)
        assert.match(stdout, /Nothing was erased\.\r\n$/u)
      }
      assert.strictEqual((yield* answer("\u0003")).code, 130)
      assert.match((yield* answer("yes\r")).stdout, /Erased: /u)
    })
  )
})
