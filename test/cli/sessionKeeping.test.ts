/** A whole session with the real program: taken elsewhere, erased, and what the other commands say of it afterwards. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { ExportOutput, ImportOutput } from "../../src/cli/session/sessionKeeping.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { ErasedSession } from "../../src/core/session/SessionErasure.ts"
import { home, type Home, io3, parse, slowly } from "../support/io3.ts"

const started = Effect.fnUntraced(function* (where: Home, ...more: ReadonlyArray<string>) {
  const { stdout } = yield* io3(where, [
    "--offline",
    "-o",
    "json",
    "session",
    "start",
    "--mode",
    "steward",
    "--title",
    "canary-title",
    ...more
  ])
  return /"session_id": "([0-9a-f-]{36})"/u.exec(stdout)?.[1] ?? ""
})
const listed = Effect.fnUntraced(function* (where: Home, session: string) {
  return parse(SessionOutput, (yield* io3(where, ["-o", "json", "session", "status", session])).stdout)
})

describe("a whole session", slowly, () => {
  it.live("goes elsewhere with its counters, under a key that is vouched for, and without a word", () =>
    Effect.gen(function* () {
      const [here, there] = [yield* home(), yield* home()]
      const session = yield* started(here, "--prompt", "canary-prompt")
      const file = join(here.folder, "snapshot.json")
      const exported = yield* io3(here, ["-o", "json", "session", "export", session.slice(0, 30), file])
      const { key, session_id } = parse(ExportOutput, exported.stdout)
      assert.strictEqual(session_id, session)
      const text = readFileSync(file, "utf8")
      assert.notMatch(text, /canary/u)
      const again = yield* io3(here, ["session", "export", session, file])
      assert.match(again.stderr, /^FILE_EXISTS/u)

      const imported = yield* io3(there, [
        "--offline",
        "-o",
        "json",
        "session",
        "import",
        "--snapshot",
        file,
        "--public-key",
        key
      ])
      const restored = parse(ImportOutput, imported.stdout)
      assert.deepInclude(restored, {
        origin_session_id: session_id,
        session_mode: "steward",
        turn_count: 1,
        turns_begun: 1,
        vouched: true
      })
      assert.deepStrictEqual(restored.left_behind, ["texts", "title"])
      assert.strictEqual((yield* listed(there, restored.session_id)).turn_count, 1)
      assert.strictEqual((yield* io3(there, ["ledger", "verify", "--texts"])).code, 0)

      writeFileSync(`${file}.altered`, text.replaceAll('\\"steps\\":1', '\\"steps\\":0'))
      const altered = yield* io3(there, [
        "--offline",
        "-o",
        "json",
        "session",
        "import",
        "--snapshot",
        `${file}.altered`
      ])
      assert.strictEqual(parse(FailureOutput, altered.stdout).error.code, "SNAPSHOT_UNTRUE")
      writeFileSync(`${file}.other`, "{}\n")
      const other = yield* io3(there, ["--offline", "session", "import", "--snapshot", `${file}.other`])
      assert.match(other.stderr, /^SNAPSHOT_SCHEMA_INVALID/u)
    })
  )

  it.live("is erased once, with what is held, and leaves its record", () =>
    Effect.gen(function* () {
      const where = yield* home()
      const config = join(where.folder, ".io3", "config")
      mkdirSync(config, { recursive: true })
      writeFileSync(join(config, "runtime.yaml"), "steward_thresholds: { always: true }\n")
      const session = yield* started(where, "--prompt", "canary-prompt")
      assert.strictEqual((yield* listed(where, session)).status, "paused")
      const unsaid = yield* io3(where, ["session", "erase", session])
      assert.deepStrictEqual([unsaid.code, unsaid.stdout], [2, ""])
      const erased = yield* io3(where, ["-o", "json", "session", "erase", session, "--yes"])
      assert.deepStrictEqual(parse(ErasedSession, erased.stdout), {
        session,
        runs: 1,
        scrubbed: true
      } as never)
      assert.deepInclude(yield* listed(where, session), {
        status: "closed",
        erased: true,
        titled: false,
        turn_count: 1
      })
      const twice = yield* io3(where, ["-o", "json", "session", "erase", session, "--yes"])
      assert.strictEqual(parse(FailureOutput, twice.stdout).error.code, "SESSION_ERASED")
      const late = yield* io3(where, [
        "--offline",
        "-o",
        "json",
        "steward",
        "reject",
        session,
        "--digest",
        "0".repeat(64)
      ])
      assert.strictEqual(parse(FailureOutput, late.stdout).error.code, "STEWARD_DECIDED")
      assert.strictEqual((yield* io3(where, ["ledger", "verify", "--texts"])).code, 0)
    })
  )
})
