/** Runs the real program as a steward does: what is held is seen, and decided once, by a person or a program. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { FailureOutput } from "../../src/api/results/RunResults.ts"
import { SessionOutput } from "../../src/api/results/SessionResults.ts"
import { DecisionOutput, InboxOutput } from "../../src/api/results/StewardResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Detail } from "../../src/domain/ledger/Records.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { gated, read } from "../support/gated.ts"
import { bytesUnder, type Home, script, slowly, startOnTerminal, until } from "../support/io3.ts"

const there = spawnSync(script, ["--version"]).stdout?.includes("util-linux") === true
if (!there) process.stderr.write("SKIPPED the terminal: there is no script(1) of util-linux\n")

const DRAFT = "canary-77aa draft"

describe("io3 steward", slowly, () => {
  it.live("shows exactly what would be released, and releases it by the command it names", () =>
    Effect.gen(function* () {
      const { run, json, held } = yield* gated(["\u001b[31mcanary\r\n  draft"])
      assert.strictEqual((yield* run(["steward", "list"])).stdout, "Nothing is held.\n")
      const { run_id, session_id, digest } = yield* held
      const listed = yield* run(["steward", "list"])
      assert.match(listed.stdout, new RegExp(`^${run_id}  always  .*session ${session_id}\n$`, "u"))
      assert.notInclude(listed.stdout, "canary")
      const { pending } = yield* json(InboxOutput, "steward", "list")
      assert.deepStrictEqual(
        pending.map((one) => [one.run_id, one.digest]),
        [[run_id, digest]]
      )

      const shown = yield* run(["steward", "show", session_id ?? ""])
      assert.deepStrictEqual([shown.code, shown.stdout], [0, "\u001b[31mcanary\r\n  draft\n"])
      for (const word of [digest, session_id ?? "", "always", "not audited", "at most", "deadline  none"]) {
        assert.include(shown.stderr, word)
      }
      assert.notInclude(shown.stderr, "canary")
      assert.notInclude(shown.stderr, "question")
      const [, tokens] = / (\d+) tokens in the session\n/u.exec(shown.stderr) ?? assert.fail(shown.stderr)
      assert.isAbove(Number(tokens), 0)
      const turns = / 0 of 50, 50 left · (.*)\n/u
      const whole = yield* run(["session", "show", session_id ?? ""])
      assert.strictEqual(turns.exec(whole.stdout)?.[1], `${tokens} tokens with the turn that is held`)
      const brief = yield* run(["session", "status", session_id ?? ""])
      assert.strictEqual(turns.exec(brief.stdout)?.[1], "0 tokens without the turn that is held")
      const commands = [...shown.stderr.matchAll(/^ {2}io3 (steward (\w+) .*)$/gmu)]
      assert.deepStrictEqual(
        commands.map(([, , action]) => action),
        ["approve", "edit", "redirect", "reject", "close"]
      )
      const approve = commands[0]?.[1]?.split(" ") ?? assert.fail()
      const approved = yield* run(approve)
      assert.deepStrictEqual([approved.code, approved.stdout], [0, "\u001b[31mcanary\r\n  draft\n"])

      const after = yield* run(["session", "show", session_id ?? ""])
      assert.include(after.stdout, ` 1 of 50, 49 left · ${tokens} tokens\n`)

      const late = yield* run(approve)
      assert.deepStrictEqual([late.code, late.stdout], [1, ""])
      assert.match(late.stderr, /^STEWARD_DECIDED: .*\n {2}decided: approve\n {2}io3 runs show /u)
      const failed = read(FailureOutput, yield* run([...approve, "-o", "json"]), 1)
      assert.deepInclude(failed, { run_id, session_id, decided: "approve" })
      const { state } = yield* json(Detail, "runs", "show", run_id)
      assert.deepInclude(state?.decision, { action: "approve", reason: "acceptable", by: "person" })
      const events = yield* run(["ledger", "show", run_id])
      assert.include(events.stdout, "looked at by local")
    })
  )

  it.live("decides nothing about a turn or a text that is not the one that waits", () =>
    Effect.gen(function* () {
      const { run, json, held } = yield* gated([DRAFT])
      const { run_id, digest } = yield* held
      const another = yield* held
      const failing = (...args: ReadonlyArray<string>) =>
        Effect.map(run(["steward", ...args, "-o", "json"], { stdin: "text" }), (ended) =>
          read(FailureOutput, ended, ended.code === 2 ? 2 : 1)
        )
      const stale = "0123456789"
      for (const action of ["approve", "edit", "redirect", "reject", "close"]) {
        assert.strictEqual((yield* failing(action, run_id, "--digest", stale)).error.code, "STEWARD_STALE")
      }
      const other = yield* failing("approve", run_id, "--digest", another.digest)
      assert.strictEqual(other.error.code, "STEWARD_STALE")
      const short = yield* failing("approve", run_id, "--digest", digest.slice(0, 7))
      assert.strictEqual(short.error.code, "USAGE_INVALID")
      assert.strictEqual((yield* failing("show", "ffffffff")).error.code, "STEWARD_NOT_PENDING")
      const unknown = yield* failing("approve", "ffffffff", "--digest", digest)
      assert.strictEqual(unknown.error.code, "STEWARD_NOT_PENDING")
      assert.strictEqual((yield* failing("show", "0")).error.code, "RUN_AMBIGUOUS")
      const both = yield* failing("reject", "0", "--digest", digest)
      assert.strictEqual(both.error.code, "RUN_AMBIGUOUS")
      assert.strictEqual((yield* json(InboxOutput, "steward", "list")).pending.length, 2)
    })
  )

  it.live("puts another text in its place: of a file, or of standard input", () =>
    Effect.gen(function* () {
      const { run, json, held, where } = yield* gated([DRAFT])
      const file = join(where.folder, "answer.txt")
      writeFileSync(file, "In my words.\n")
      for (const [args, stdin] of [
        [["-f", file], ""],
        [[], "In my words.\n"]
      ] as const) {
        const { run_id, digest } = yield* held
        const nothing = yield* run(["steward", "edit", run_id, "--digest", digest])
        assert.strictEqual(nothing.code, 2)
        assert.match(nothing.stderr, /^STEWARD_TEXT_REQUIRED: /u)
        const edited = yield* run(["steward", "edit", run_id, "--digest", digest, ...args], { stdin })
        assert.deepStrictEqual([edited.code, edited.stdout], [0, "In my words.\n"])
        assert.match(edited.stderr, /^edited · /u)
        const { state } = yield* json(Detail, "runs", "show", run_id)
        assert.strictEqual(state?.ending?.receipt?.provenance, "mixed")
      }
    })
  )

  it.live("asks something else instead, discards, and ends a session", () =>
    Effect.gen(function* () {
      const { run, json, held } = yield* gated([DRAFT, "Better."])
      const first = yield* held
      yield* json(SessionOutput, "session", "mode", first.session_id ?? "", "work")
      const redirect = ["steward", "redirect", first.run_id, "--digest", first.digest, "--reason", "off_task"]
      const better = yield* run(redirect, { stdin: "instead" })
      assert.deepStrictEqual([better.code, better.stdout], [0, "Better.\n"])
      assert.notInclude(better.stderr, "canary")

      const second = yield* held
      const again = yield* run([
        "steward",
        "redirect",
        second.run_id,
        "--digest",
        second.digest,
        "-p",
        "else"
      ])
      assert.deepStrictEqual([again.code, again.stdout], [3, ""])
      assert.match(
        again.stderr,
        /\nHeld for a steward \(always\): [^\n]+\n {2}io3 steward show [0-9a-f-]{36}\n$/u
      )
      const [third] = (yield* json(InboxOutput, "steward", "list")).pending
      if (!third) return assert.fail("the next turn is not held")
      const reject = ["steward", "reject", second.session_id ?? "", "--digest", third.digest]
      const rejected = yield* json(DecisionOutput, ...reject, "--reason", "tone", "--service", "bot.v1")
      const { action, session_status, by, principal } = rejected
      assert.deepStrictEqual(
        [action, session_status, by, principal],
        ["reject", "active", "service", "bot.v1"]
      )
      const { state } = yield* json(Detail, "runs", "show", third.run_id)
      const { decision } = state ?? {}
      assert.deepStrictEqual(
        [decision?.reason, decision?.principal, decision?.by],
        ["tone", "bot.v1", "service"]
      )

      const fourth = yield* held
      const closing = yield* run(["steward", "close", fourth.run_id, "--digest", fourth.digest])
      assert.deepStrictEqual([closing.code, closing.stdout], [0, ""])
      assert.strictEqual(
        (yield* json(SessionOutput, "session", "status", fourth.session_id ?? "")).status,
        "closed"
      )
      assert.isNull((yield* json(Verification, "ledger", "verify", "--texts")).broken)
    })
  )

  it.live("rejects what nobody decided in time, and says that nobody did", () =>
    Effect.gen(function* () {
      const { run } = yield* gated(
        [DRAFT],
        "steward_thresholds: { always: true }\nsteward_expiry_seconds: 1\n"
      )
      const ended = yield* run(["session", "start", "--mode", "steward", "-p", "question", "-o", "json"])
      const { run_id, session_id } = read(TurnOutput, ended, 3)
      const deadline = Date.now() + 1000
      yield* until(() => Date.now() > deadline)
      const digest = "0".repeat(64)
      const late = yield* run(["steward", "approve", run_id, "--digest", digest, "-o", "json"])
      const failed = read(FailureOutput, late, 1)
      assert.deepInclude(failed, { decided: "reject", session_id })
      assert.include(
        (yield* run(["runs", "show", run_id])).stdout,
        "reject · expired · by deadline (deadline)"
      )
    })
  )
})

/** An editor that leaves what it was called with, and then does this. */
const editor = (where: Home, does: string) => {
  const path = join(where.root, "editor.sh")
  const record = `printf '%s\\n' "$@" >"${where.root}/argv"; ls -ld "$2" "$(dirname "$2")" >"${where.root}/modes"`
  writeFileSync(path, `${record}\ncp "$2" "${where.root}/seen"\n${does}\n`)
  return { TERM: "dumb", EDITOR: `sh ${path} --wait` }
}

describe.skipIf(!there)("io3 steward on a terminal", slowly, () => {
  it.live("shows above the text what was asked, and nothing that moves the terminal", () =>
    Effect.gen(function* () {
      const { held, where } = yield* gated(["\u001b[31mred\u001b[2J"])
      const { run_id } = yield* held
      const showing = yield* startOnTerminal(where, ["steward", "show", run_id], { TERM: "dumb" })
      const { code, stdout } = yield* showing.ended
      assert.strictEqual(code, 0)
      assert.include(stdout, "\r\n> question\r\n\r\nred\r\n")
      assert.notInclude(stdout, "\u001b")
    })
  )

  it.live("opens the editor on a private file, and leaves nothing of it", () =>
    Effect.gen(function* () {
      const { held, where, json } = yield* gated([DRAFT])
      const { run_id, digest } = yield* held
      const args = ["steward", "edit", run_id, "--digest", digest]
      const edit = (environment: Record<string, string>) =>
        Effect.flatMap(startOnTerminal(where, args, environment), ({ ended }) => ended)

      const without = yield* edit({ TERM: "dumb" })
      assert.strictEqual(without.code, 2)
      assert.include(without.stdout, "STEWARD_TEXT_REQUIRED")
      for (const does of ["exit 4", ': >"$2"', "true", "printf 'x\\0y' >\"$2\""]) {
        const failed = yield* edit(editor(where, does))
        assert.deepStrictEqual([does, failed.code], [does, 1])
        assert.match(failed.stdout, /^EDITOR_FAILED: /u)
        assert.deepStrictEqual(readdirSync(join(where.data, "editing")), [])
      }
      const edited = yield* edit(editor(where, 'echo more >>"$2"; cp "$2" "$2~"'))
      assert.strictEqual(edited.code, 0)
      assert.include(edited.stdout, `${DRAFT}more\r\n`)
      assert.strictEqual(readFileSync(join(where.root, "seen"), "utf8"), DRAFT)
      const [flag, path = ""] = readFileSync(join(where.root, "argv"), "utf8").split("\n")
      assert.deepStrictEqual([flag, existsSync(path)], ["--wait", false])
      assert.match(readFileSync(join(where.root, "modes"), "utf8"), /^drwx------ .*\n-rw------- /u)
      const { state } = yield* json(Detail, "runs", "show", run_id)
      assert.strictEqual(state?.ending?.receipt?.provenance, "mixed")
      for (const [file, bytes] of bytesUnder(where.data)) assert.isFalse(bytes.includes(DRAFT), file)
    })
  )

  it.live(
    "leaves nothing when it is interrupted, and what it left when killed goes with the next start",
    () =>
      Effect.gen(function* () {
        const { held, where, run } = yield* gated([DRAFT])
        const { run_id, digest } = yield* held
        const editing = () => bytesUnder(join(where.data, "editing"))
        const hangs = editor(where, 'echo >"$2.swp"; exec cat /dev/tty >/dev/null')
        const begin = Effect.gen(function* () {
          const begun = yield* startOnTerminal(where, ["steward", "edit", run_id, "--digest", digest], hangs)
          yield* until(() => existsSync(join(where.data, "editing")) && editing().size === 2)
          return begun
        })
        const interrupted = yield* begin
        interrupted.process.stdin?.write("\u0003")
        assert.strictEqual((yield* interrupted.ended).code, 130)
        assert.strictEqual(editing().size, 0)

        const killed = yield* begin
        // The folder says whose it is.
        const [, pid] = readdirSync(join(where.data, "editing"))[0]?.split("~") ?? []
        process.kill(Number(pid), "SIGKILL")
        yield* killed.ended
        assert.strictEqual(editing().size, 2, "nobody was there to wipe it")
        assert.strictEqual((yield* run(["--offline", "run", "executor", "-p", "other"])).code, 0)
        assert.strictEqual(editing().size, 0)
      })
  )
})
