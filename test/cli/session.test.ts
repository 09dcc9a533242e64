/** Runs the real program: a conversation turn by turn, what is told of it, and what is told when a turn is held. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { FailureOutput, RunOutput } from "../../src/api/results/RunResults.ts"
import {
  PastOutput,
  SessionOutput,
  SessionsOutput,
  TranscriptOutput
} from "../../src/api/results/SessionResults.ts"
import { DecisionOutput } from "../../src/api/results/StewardResults.ts"
import { TurnLine, TurnOutput } from "../../src/api/results/TurnResults.ts"
import { bytesUnder, parse, slowly } from "../support/io3.ts"
import { gated, read } from "../support/gated.ts"

const DRAFT = "canary-5b1e draft"

describe("io3 session", slowly, () => {
  it.live("goes from turn to turn, and says it all again", () =>
    Effect.gen(function* () {
      const { run, json, server } = yield* gated(["The first \u001b[31manswer.", "The second answer."])
      assert.strictEqual((yield* run(["session", "list"])).stdout, "No sessions yet.\n")
      const begun = yield* json(SessionOutput, "session", "start", "--title", "Weather")
      assert.deepInclude(begun, {
        session_mode: "work",
        status: "active",
        turn_count: 0,
        turns_remaining: 50,
        titled: true,
        open_turn: null
      })
      const { session_id } = begun

      const first = yield* run(["session", "continue", session_id, "-p", "one\ntwo"])
      assert.deepStrictEqual([first.code, first.stdout], [0, "The first \u001b[31manswer.\n"])
      assert.match(first.stderr, new RegExp(`turn 1 of 50 · session ${session_id}\n$`, "u"))
      const raw = yield* run(["session", "continue", "--session-id", session_id, "--raw"], { stdin: "three" })
      assert.deepStrictEqual(raw, { code: 0, stdout: "The second answer.\n", stderr: "" })
      assert.deepStrictEqual(
        server.calls[1]?.messages.slice(1).map(({ content }) => content),
        ["one\ntwo", "The first \u001b[31manswer.", "three"]
      )

      const past = yield* json(PastOutput, "session", "show", session_id)
      assert.deepStrictEqual(
        past.turns.map((turn) => [turn.turn_index, turn.status, turn.outcome, turn.error_code]),
        [
          [0, "ok", "released", null],
          [1, "ok", "released", null]
        ]
      )
      const text = yield* run(["session", "show", session_id ?? "", "--text"])
      assert.strictEqual(
        text.stdout,
        "# Weather\n\n> one\n> two\n\nThe first \u001b[31manswer.\n\n> three\n\nThe second answer.\n"
      )
      const transcript = yield* json(TranscriptOutput, "session", "show", session_id, "--text")
      assert.deepStrictEqual(
        [transcript.title, ...transcript.turns.map(({ prompt, message }) => [prompt, message])],
        ["Weather", ["one\ntwo", "The first \u001b[31manswer."], ["three", "The second answer."]]
      )
      const answer = yield* json(RunOutput, "runs", "show", past.turns[1]?.run_id ?? "", "--text")
      assert.deepStrictEqual(transcript.turns[1]?.receipt, answer.receipt)

      yield* run(["runs", "erase", past.turns[0]?.run_id ?? "", "--yes"])
      const erased = yield* run(["session", "show", session_id, "--text"])
      assert.strictEqual(
        erased.stdout,
        "# Weather\n\n> (erased)\n\n(erased)\n\n> three\n\nThe second answer.\n"
      )
    })
  )

  it.live("is told apart by as much of an id as is unique, and changed by its person alone", () =>
    Effect.gen(function* () {
      const { run, json } = yield* gated(["Fine."])
      const one = yield* json(SessionOutput, "session", "start")
      const two = yield* json(SessionOutput, "session", "start", "--mode", "steward", "--persona", "executor")
      const { sessions, next } = yield* json(SessionsOutput, "session", "list", "--limit", "1")
      assert.deepStrictEqual(
        [sessions.map(({ session_id }) => session_id), next === null],
        [[two.session_id], false]
      )
      const rest = yield* json(SessionsOutput, "session", "list", "--cursor", String(next))
      assert.deepStrictEqual(
        rest.sessions.map(({ session_id }) => session_id),
        [one.session_id]
      )

      for (const [name, code] of [
        ["0", "SESSION_AMBIGUOUS"],
        ["ffffffff", "SESSION_NOT_FOUND"],
        ["../canary", "SESSION_NOT_FOUND"]
      ] as const) {
        const { error } = read(FailureOutput, yield* run(["session", "status", name, "-o", "json"]), 1)
        assert.strictEqual(error.code, code)
      }
      const prefix = two.session_id.slice(0, 30)
      assert.strictEqual((yield* json(SessionOutput, "session", "mode", prefix, "work")).session_mode, "work")
      assert.strictEqual((yield* run(["session", "continue", prefix, "-p", "question"])).stdout, "Fine.\n")
      const titled = yield* run(["session", "title", prefix, "-o", "json"], { stdin: "About\u001b[2J\nit\n" })
      assert.isTrue(read(SessionOutput, titled, 0).titled)
      assert.include((yield* run(["session", "list"])).stdout, "  1 of 50 turns  About it\n")

      assert.strictEqual((yield* json(SessionOutput, "session", "close", prefix)).status, "closed")
      assert.strictEqual((yield* json(SessionOutput, "session", "close", prefix)).status, "closed")
      for (const args of [
        ["mode", prefix, "steward"],
        ["continue", prefix, "-p", "more"]
      ]) {
        const failed = read(FailureOutput, yield* run(["session", ...args, "-o", "json"]), 1)
        assert.deepStrictEqual([failed.error.code, failed.session_id], ["SESSION_NOT_ACTIVE", two.session_id])
      }
      const untitled = yield* run(["session", "title", one.session_id])
      assert.deepStrictEqual([untitled.code, untitled.stdout], [2, ""])
    })
  )

  it.live("names the session of a turn that failed, and keeps it", () =>
    Effect.gen(function* () {
      const { run, json, server } = yield* gated(["unasked"])
      const wrong = yield* run([
        "session",
        "start",
        "-p",
        "question",
        "--persona-mode",
        "canary-9c",
        "-o",
        "json"
      ])
      assert.strictEqual(read(FailureOutput, wrong, 2).error.code, "ROUTE_MODE_UNKNOWN")
      assert.notInclude(wrong.stdout + wrong.stderr, "canary")
      const { session_id } = yield* json(SessionOutput, "session", "start")
      yield* run(["runs", "list"])
      const audited = yield* run([
        "session",
        "continue",
        session_id,
        "-p",
        "question",
        "--audit",
        "-o",
        "json"
      ])
      const failed = read(FailureOutput, audited, 1)
      assert.deepStrictEqual([failed.error.code, failed.session_id], ["AUDIT_UNAVAILABLE", session_id])
      assert.strictEqual(server.calls.length, 2)
      const past = yield* json(PastOutput, "session", "show", session_id)
      assert.deepInclude(past, { turn_count: 0, turns_begun: 1, status: "active" })
      assert.deepInclude(past.turns[0], {
        status: "error",
        outcome: "refused",
        error_code: "AUDIT_UNAVAILABLE"
      })
    })
  )
})

describe("a turn that is held", slowly, () => {
  it.live("ends with 3 and what to type next, and nothing of the draft is anywhere", () =>
    Effect.gen(function* () {
      const { run, json, where } = yield* gated([DRAFT])
      const { session_id } = yield* json(SessionOutput, "session", "start", "--mode", "steward")
      const held = yield* run(["session", "continue", session_id, "-p", "question"])
      assert.deepStrictEqual([held.code, held.stdout], [3, ""])
      const next = /^Held for a steward \(always\): [^\n]+\n {2}io3 (steward show [0-9a-f-]{36})\n$/u
      const [, typed = ""] = next.exec(held.stderr) ?? assert.fail(held.stderr)
      assert.strictEqual((yield* run(typed.split(" "))).stdout, `${DRAFT}\n`)
      for (const [path, bytes] of bytesUnder(where.root)) assert.isFalse(bytes.includes(DRAFT), path)

      // Another turn has to wait, and that is the same pause.
      const another = yield* run(["session", "continue", session_id, "-p", "more"])
      assert.deepStrictEqual([another.code, another.stdout], [3, ""])
      assert.match(
        another.stderr,
        new RegExp(`^SESSION_PAUSED: .*\n {2}io3 steward show ${session_id}\n$`, "u")
      )

      const asJson = yield* run(["session", "start", "--mode", "steward", "-p", "question", "-o", "json"])
      const turn = read(TurnOutput, asJson, 3)
      assert.deepInclude(turn, { status: "held", session_status: "paused", turn_count: 0 })
      assert.deepInclude(turn.pause, {
        threshold_key: "always",
        step_index: 0,
        steps_total: 50,
        deadline: null
      })
      assert.deepStrictEqual(turn.pause?.valid_actions, ["approve", "edit", "redirect", "reject", "close"])
      const lines = yield* run(["session", "start", "--mode", "steward", "-p", "question", "-o", "ndjson"])
      assert.deepStrictEqual(
        lines.stdout
          .trimEnd()
          .split("\n")
          .map((line) => parse(TurnLine, line).type),
        ["accepted", "finished"]
      )
      assert.strictEqual(lines.code, 3)
      for (const { stdout, stderr } of [held, another, asJson, lines]) {
        assert.notInclude(stdout + stderr, "canary")
      }
      const runs = yield* run(["runs", "list", "--standing", "held"])
      assert.strictEqual(runs.stdout.trimEnd().split("\n").length, 3)
      const shown = yield* run(["runs", "show", turn.run_id])
      assert.include(shown.stdout, `standing  held · waits for a steward: io3 steward show ${turn.run_id}`)
      assert.match(shown.stdout, /^gate +held: always · 17 characters/mu)
    })
  )

  it.live("is decided by the one who continues the session, once", () =>
    Effect.gen(function* () {
      const { run, json, held } = yield* gated([DRAFT, "Next."])
      const { session_id, digest } = yield* held
      const decide = (action: string, ...args: ReadonlyArray<string>) =>
        run(["session", "continue", session_id ?? "", "--action", action, ...args, "-o", "json"])
      assert.strictEqual((yield* decide("approve")).code, 2)
      const without = yield* run(["session", "continue", "-p", "question"])
      assert.deepStrictEqual([without.code, without.stdout], [2, ""])

      const redirected = yield* decide("redirect", "--digest", digest.slice(0, 8), "-p", "instead")
      const { next, action } = read(DecisionOutput, redirected, 3)
      assert.strictEqual(action, "redirect")
      const second = (next?.status === "held" ? next.pause?.digest : null) ?? assert.fail(redirected.stdout)
      const approved = read(DecisionOutput, yield* decide("approve", "--digest", second), 0)
      assert.deepInclude(approved, { message: "Next.", session_status: "active", by: "person", next: null })
      const late = read(FailureOutput, yield* decide("reject", "--digest", second), 1)
      assert.deepStrictEqual(
        [late.error.code, late.decided, late.session_id],
        ["STEWARD_DECIDED", "approve", session_id]
      )

      const { turns } = yield* json(TranscriptOutput, "session", "show", session_id ?? "", "--text")
      assert.deepStrictEqual(
        turns.map(({ outcome, error_code, prompt, message }) => [outcome, error_code, prompt, message]),
        [
          ["redirected", "STEWARD_REDIRECTED", "question", null],
          ["released", null, "instead", "Next."]
        ]
      )
    })
  )
})

describe("a session", slowly, () => {
  it.live("that is broken hides no other from a list, in a terminal and for a program", () =>
    Effect.gen(function* () {
      const { run, json, where } = yield* gated([])
      const kept = yield* json(SessionOutput, "session", "start", "--title", "Kept")
      const lost = yield* json(SessionOutput, "session", "start", "--title", "Lost")
      const journal = new DatabaseSync(join(where.data, "journal.sqlite"))
      journal
        .prepare(
          "UPDATE rows SET payload = replace(payload, 'Started', 'Never') WHERE stream IN (SELECT first FROM streams WHERE name = ?)"
        )
        .run(`session/${lost.session_id}`)
      journal.close()
      const { sessions, broken, next } = yield* json(SessionsOutput, "session", "list")
      assert.deepStrictEqual(
        [sessions.map(({ session_id }) => session_id), broken, next],
        [[kept.session_id], 1, null]
      )
      const listed = yield* run(["session", "list"])
      assert.deepStrictEqual(
        [listed.code, listed.stdout.trimEnd().split("\n").length, listed.stderr],
        [0, 1, "One more is broken: io3 ledger verify says where.\n"]
      )
      const shown = yield* run(["session", "show", lost.session_id, "-o", "json"])
      assert.strictEqual(parse(FailureOutput, shown.stdout).error.code, "LEDGER_BROKEN")
    })
  )
})
