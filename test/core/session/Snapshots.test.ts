/** A session's control state goes elsewhere, and nothing of its texts does. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { Ledgers } from "../../../src/core/ledger/Ledgers.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { SessionErasure } from "../../../src/core/session/SessionErasure.ts"
import type { Start } from "../../../src/core/session/Beginning.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Snapshots } from "../../../src/core/session/Snapshots.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { Digest, Mode, Principal, PublicKey } from "../../../src/domain/Ids.ts"
import { read, write } from "../../../src/domain/session/Snapshot.ts"
import { verifySnapshot } from "../../support/verifier.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"

const principal = Principal.make("local")
const by = { principal, surface: "program" as const }
const start: Start = {
  mode: "steward",
  persona: Mode.make("executor"),
  audit: false,
  title: Content.of("canary-title"),
  packs: null,
  ...by
}
const ask = (prompt: string) => ({
  mode: null,
  prompt: Content.of(prompt),
  file: null,
  capability: null,
  packs: null,
  audit: false,
  ...by,
  checks: { constellation: true, health: false }
})
const settings = {
  ...TestRuntime.settings,
  runtime: {
    ...TestRuntime.settings.runtime,
    steward_thresholds: { step_count: 2 },
    session_max_turns: 3
  }
}
const drafter = () =>
  ScriptedProvider.make(
    "drafter",
    ["canary-one", "canary-two", "canary-three", "canary-four"].map((say) => ({ say }))
  )
const codeOf = <A, R>(effect: Effect.Effect<A, RuntimeFailure, R>) =>
  Effect.map(Effect.flip(effect), ({ code }) => code)
const holds = Effect.gen(function* () {
  assert.isNull((yield* (yield* Verifier).journal(true)).broken)
})

/** Two turns, the second of which is held. */
const lived = Effect.gen(function* () {
  const sessions = yield* Sessions
  const { session } = yield* sessions.start(start)
  yield* sessions.turn(session, ask("canary-first"))
  yield* sessions.turn(session, ask("canary-second"))
  return session
})

describe("a snapshot", () => {
  const model = drafter()

  it.effect("restores mode, counters, thresholds and ceiling, and says what stays behind", () =>
    Effect.gen(function* () {
      const [sessions, snapshots, steward] = [yield* Sessions, yield* Snapshots, yield* Steward]
      const session = yield* lived
      const text = write(yield* snapshots.take(session))
      assert.notMatch(text, /canary/)
      assert.deepInclude(verifySnapshot(Buffer.from(`${text}\n`)), { ok: true, kind: "snapshot", rows: 6 })
      const snapshot = Option.getOrThrow(read(text))
      const { status, origin, leftBehind, vouched } = yield* snapshots.restore(
        snapshot,
        snapshot.checkpoint.key,
        by
      )
      assert.strictEqual(origin, session)
      assert.deepStrictEqual(leftBehind, ["texts", "title", "held_turn"])
      assert.isTrue(vouched)
      // The held turn counts once it was decided: that stays behind, and so does the count.
      assert.deepInclude(status, {
        mode: "steward",
        status: "active",
        turnCount: 1,
        turns: 2,
        maxTurns: 3,
        turnsRemaining: 2
      })
      const { rest, status: after } = yield* sessions.turn(status.session, ask("canary-third"))
      // The second turn that counts: the threshold goes on counting where it was.
      assert.strictEqual(rest._tag, "Held")
      assert.strictEqual(after.status, "paused")
      const calls = yield* model.asked
      assert.deepStrictEqual(
        calls
          .at(-1)
          ?.messages.slice(1)
          .map(({ content }) => reveal(content)),
        ["canary-third"]
      )
      assert.strictEqual((yield* steward.pending).length, 2)
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [model.provider], settings })))
  )

  it.effect("that was altered, or is another key's, is not believed", () =>
    Effect.gen(function* () {
      const snapshots = yield* Snapshots
      const snapshot = yield* snapshots.take(yield* lived)
      const restore = (altered: typeof snapshot, key: PublicKey | null = null) =>
        codeOf(snapshots.restore(altered, key, by))
      const text = write(snapshot)
      for (const [from, to, falsehood] of [
        ['"workflow_position":2', '"workflow_position":3', "facts"],
        ['"governance_mode":"executor"', '"governance_mode":"explorer"', "facts"],
        ['\\"maxTurns\\":3', '\\"maxTurns\\":9', "altered"],
        ['\\"mode\\":\\"steward\\"', '\\"mode\\":\\"work\\"', "altered"]
      ] as const) {
        assert.include(text, from)
        const altered = Option.getOrThrow(read(text.replaceAll(from, to)))
        assert.strictEqual(yield* restore(altered), "SNAPSHOT_UNTRUE", from)
        const theirs = verifySnapshot(Buffer.from(`${write(altered)}\n`))
        assert.strictEqual(theirs.ok ? null : theirs.falsehood, falsehood, from)
      }
      assert.strictEqual(yield* restore({ ...snapshot, rows: snapshot.rows.slice(0, -1) }), "SNAPSHOT_UNTRUE")
      assert.strictEqual(yield* restore({ ...snapshot, rows: [] }), "SNAPSHOT_UNTRUE")
      const another = PublicKey.make("00".repeat(32))
      assert.strictEqual(yield* restore(snapshot, another), "SNAPSHOT_UNTRUE")
      const line = Buffer.from(`${text}\n`)
      assert.deepInclude(verifySnapshot(line, { key: another }), { ok: false, falsehood: "key" })
      const { checkpoint } = snapshot
      const root = Digest.make("0".repeat(64))
      const unsigned = { ...snapshot, checkpoint: { ...checkpoint, root } }
      assert.strictEqual(yield* restore(unsigned), "SNAPSHOT_UNTRUE")
      assert.deepInclude(verifySnapshot(Buffer.from(`${write(unsigned)}\n`)), { falsehood: "signature" })
      const short = { ...snapshot, rows: snapshot.rows.slice(0, -1) }
      assert.deepInclude(verifySnapshot(Buffer.from(`${write(short)}\n`)), { falsehood: "proof" })
      assert.isTrue(Option.isNone(read(`${text} `)))
      assert.isTrue(Option.isNone(read(text.replace("{", '{"a":1,'))))
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter().provider], settings })))
  )

  it.effect("of a closed session restores nothing", () =>
    Effect.gen(function* () {
      const [sessions, snapshots] = [yield* Sessions, yield* Snapshots]
      const session = yield* lived
      yield* sessions.close(session, principal)
      assert.strictEqual(
        yield* codeOf(snapshots.restore(yield* snapshots.take(session), null, by)),
        "SESSION_NOT_ACTIVE"
      )
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter().provider], settings })))
  )
})

describe("erasing a session", () => {
  it.effect("closes it, destroys the texts of all its turns, and leaves the record", () =>
    Effect.gen(function* () {
      const [sessions, erasure, ledgers] = [yield* Sessions, yield* SessionErasure, yield* Ledgers]
      const session = yield* lived
      assert.deepInclude(yield* erasure.erase(session, principal), { session, runs: 2, scrubbed: true })
      assert.deepInclude(yield* sessions.status(session), {
        status: "closed",
        erased: true,
        titled: false,
        turnCount: 2
      })
      const runs = yield* ledgers.recent(10)
      assert.isTrue(runs.every(({ entries }) => entries.at(-1)?.event._tag === "RunErased"))
      assert.strictEqual(yield* codeOf(erasure.erase(session, principal)), "SESSION_ERASED")
      assert.strictEqual(yield* codeOf(sessions.turn(session, ask("more"))), "SESSION_ERASED")
      assert.strictEqual(
        yield* codeOf(sessions.retitle(session, Content.of("again"), principal)),
        "SESSION_ERASED"
      )
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter().provider], settings })))
  )

  it.effect("is refused while a turn runs", () => {
    const model = ScriptedProvider.make("drafter", [{ hang: true }])
    return Effect.gen(function* () {
      const [sessions, erasure] = [yield* Sessions, yield* SessionErasure]
      const { session } = yield* sessions.start(start)
      yield* Effect.forkChild(sessions.turn(session, ask("first")))
      yield* Effect.repeat(sessions.status(session), { until: ({ open }) => open !== null })
      assert.strictEqual(yield* codeOf(erasure.erase(session, principal)), "SESSION_CONFLICT")
      assert.isTrue(Result.isSuccess(yield* Effect.result(sessions.status(session))))
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [model.provider], settings })))
  })
})
