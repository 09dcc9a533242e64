/** A conversation under control: history as real chat roles, one turn at a time, a ceiling, and what failed does not count. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import { Transcripts } from "../../../src/core/session/Transcripts.ts"
import { Steward } from "../../../src/core/session/Steward.ts"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Content, reveal } from "../../../src/domain/Content.ts"
import { Mode, Principal } from "../../../src/domain/Ids.ts"
import { ScriptedProvider, TestRuntime } from "../../../src/testing.ts"

const principal = Principal.make("local")
const persona = Mode.make("executor")
const start = (mode: "work" | "steward") => ({
  mode,
  persona,
  audit: false,
  title: null,
  packs: null,
  principal,
  surface: "program" as const
})
const ask = (prompt: string) => ({
  mode: null,
  prompt: Content.of(prompt),
  file: null,
  capability: null,
  packs: null,
  audit: false,
  principal,
  surface: "program" as const,
  checks: { constellation: true, health: false }
})
const withThresholds = (steward_thresholds: object) => ({
  ...TestRuntime.settings,
  runtime: { ...TestRuntime.settings.runtime, steward_thresholds }
})
const holds = Effect.gen(function* () {
  const { broken } = yield* (yield* Verifier).journal(true)
  assert.isNull(broken)
})

describe("a session", () => {
  it.effect("sends what was said before as the roles that it was said in", () => {
    const drafter = ScriptedProvider.make("drafter", [{ say: "one" }, { say: "two" }, { say: "three" }])
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session } = yield* sessions.start(start("work"))
      yield* sessions.turn(session, ask("first"))
      yield* sessions.turn(session, ask("second"))
      const { rest, status } = yield* sessions.turn(session, ask("third"))
      assert.strictEqual(rest._tag === "Released" && rest.released.text, "three")
      const [, , call] = yield* drafter.asked
      assert.deepStrictEqual(
        call?.messages.slice(1).map(({ role, content }) => [role, reveal(content)]),
        [
          ["user", "first"],
          ["assistant", "one"],
          ["user", "second"],
          ["assistant", "two"],
          ["user", "third"]
        ]
      )
      assert.deepInclude(status, { turnCount: 3, turns: 3, status: "active", open: null })
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter.provider] })))
  })

  it.effect("asks in place of an earlier turn as if the conversation ended before that one", () => {
    const drafter = ScriptedProvider.make(
      "drafter",
      ["one", "two", "three", "two again", "and on", "one again", "after it"].map((say) => ({ say }))
    )
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session } = yield* sessions.start(start("work"))
      const heard = Effect.fnUntraced(function* (prompt: string, insteadOf: number | null = null) {
        yield* sessions.turn(session, { ...ask(prompt), insteadOf })
        const last = (yield* drafter.asked).at(-1)
        return last?.messages.slice(1).map(({ content }) => reveal(content))
      })
      yield* heard("first")
      yield* heard("second")
      assert.deepStrictEqual(yield* heard("third"), ["first", "one", "second", "two", "third"])
      assert.deepStrictEqual(yield* heard("second!", 1), ["first", "one", "second!"])
      assert.deepStrictEqual(yield* heard("next"), ["first", "one", "second!", "two again", "next"])
      assert.deepStrictEqual(yield* heard("first!", 0), ["first!"])
      assert.deepStrictEqual(yield* heard("last"), ["first!", "one again", "last"])
      const { said } = yield* (yield* Transcripts).text(session)
      assert.deepStrictEqual(
        said.map(({ turn }) => turn.insteadOf),
        [null, null, null, 1, null, 0, null]
      )
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter.provider] })))
  })

  it.effect("has nothing asked in place of a turn that is not there, or of one that has not ended", () => {
    const drafter = ScriptedProvider.make("drafter", [{ say: "one" }, { say: "two" }])
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session } = yield* sessions.start(start("steward"))
      const code = (insteadOf: number) =>
        Effect.map(
          Effect.flip(sessions.turn(session, { ...ask("again"), insteadOf })),
          (reason) => reason.code
        )
      assert.strictEqual(yield* code(0), "TURN_NOT_FOUND")
      yield* sessions.turn(session, ask("first"))
      assert.strictEqual(yield* code(0), "SESSION_PAUSED")
      yield* sessions.changeMode(session, "work", principal)
      const [held] = yield* (yield* Steward).pending
      assert.isDefined(held)
      const { digest, sequence, run } = held
      const by = { principal, by: "person" as const, reason: "tone" as const }
      yield* (yield* Steward).decide({ ...by, action: "reject", turn: run, digest, sequence })
      assert.strictEqual(yield* code(1), "TURN_NOT_FOUND")
      yield* sessions.turn(session, { ...ask("again"), insteadOf: 0 })
      assert.strictEqual((yield* drafter.asked).at(-1)?.messages.length, 2)
      yield* holds
    }).pipe(
      Effect.provide(
        TestRuntime.layer({ providers: [drafter.provider], settings: withThresholds({ always: true }) })
      )
    )
  })

  it.effect("holds, shows, approves, edits, redirects, rejects and closes", () => {
    const drafter = ScriptedProvider.make(
      "drafter",
      ["a", "b", "c", "d", "e", "f"].map((say) => ({ say }))
    )
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const steward = yield* Steward
      const { session } = yield* sessions.start(start("steward"))
      const by = { principal, by: "person", reason: "acceptable" } as const
      const held = Effect.gen(function* () {
        const { rest, run, status } = yield* sessions.turn(session, ask("q"))
        assert.strictEqual(rest._tag, "Held")
        assert.strictEqual(status.status, "paused")
        const { pending } = yield* steward.show(run, principal)
        return { turn: run, digest: pending.digest, sequence: pending.sequence, ...by }
      })
      const first = yield* held
      assert.strictEqual(
        Result.getOrThrow(Result.flip(yield* Effect.result(sessions.turn(session, ask("x"))))).code,
        "SESSION_PAUSED"
      )
      const approved = yield* steward.decide({ ...first, action: "approve" })
      assert.strictEqual(approved.released?.text, "a")
      const second = Result.getOrThrow(
        Result.flip(yield* Effect.result(steward.decide({ ...first, action: "reject" })))
      )
      assert.deepInclude({ ...second }, { code: "STEWARD_DECIDED", decided: "approve" })
      const edited = yield* steward.decide({ ...(yield* held), action: "edit", text: Content.of("B!") })
      assert.strictEqual(edited.released?.text, "B!")
      const third = yield* held
      const redirected = yield* steward.decide({
        ...third,
        action: "redirect",
        request: { ...ask("instead"), mode: persona }
      })
      assert.isTrue(
        redirected.next !== null && "rest" in redirected.next && redirected.next.rest._tag === "Held"
      )
      const [pending] = yield* steward.pending
      yield* steward.decide({
        ...third,
        turn: pending!.run,
        digest: pending!.digest,
        sequence: pending!.sequence,
        action: "reject"
      })
      yield* steward.decide({ ...(yield* held), action: "close" })
      assert.deepInclude(yield* sessions.status(session), { status: "closed", turnCount: 5 })
      const calls = yield* drafter.asked
      assert.deepStrictEqual(
        calls
          .at(-1)
          ?.messages.slice(1)
          .map(({ content }) => reveal(content)),
        ["q", "a", "q", "B!", "q"]
      )
      yield* holds
    }).pipe(
      Effect.provide(
        TestRuntime.layer({ providers: [drafter.provider], settings: withThresholds({ always: true }) })
      )
    )
  })

  it.effect("takes one turn at a time", () => {
    const drafter = ScriptedProvider.make("drafter", [{ hang: true }])
    return Effect.gen(function* () {
      const sessions = yield* Sessions
      const { session } = yield* sessions.start(start("work"))
      const running = yield* Effect.forkChild(sessions.turn(session, ask("first")))
      yield* Effect.repeat(sessions.status(session), { until: ({ open }) => open !== null })
      const second = Result.getOrThrow(
        Result.flip(yield* Effect.result(sessions.turn(session, ask("second"))))
      )
      assert.strictEqual(second.code, "SESSION_CONFLICT")
      yield* Fiber.interrupt(running)
      assert.deepInclude(yield* sessions.status(session), { open: null, turnCount: 0, turns: 1 })
      yield* holds
    }).pipe(Effect.provide(TestRuntime.layer({ providers: [drafter.provider] })))
  })
})
