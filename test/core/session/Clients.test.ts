/** Many clients on several sessions: each request has read what was committed before it, and nothing of another session. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Verifier } from "../../../src/core/ledger/Verifier.ts"
import { Sessions } from "../../../src/core/session/Sessions.ts"
import type { RuntimeFailure } from "../../../src/domain/Failure.ts"
import { folder } from "../../support/ledger.ts"
import { journalIn } from "../../support/runs.ts"
import { draftOf, over, settingsWith, startOf, talking, turnOf } from "../../support/sessionScene.ts"

const SESSIONS = 8
const CLIENTS = 64
const TURNS = 3
const patiently = { timeout: 120_000 }

/** In all that is said in a session, and in nothing else. */
const canary = (session: number) => `canary-${session}-of-its-own`

/** A conflict says that somebody else's turn is under way: then it is tried again. */
const insisting = <A, R>(turn: Effect.Effect<A, RuntimeFailure, R>): Effect.Effect<A, RuntimeFailure, R> =>
  Effect.catchIf(
    turn,
    ({ code }) => code === "SESSION_CONFLICT",
    () => Effect.andThen(Effect.yieldNow, insisting(turn))
  )

describe(`${CLIENTS} clients on ${SESSIONS} sessions`, patiently, () => {
  it.live("have one history each, in which every turn has its place, and no word of another", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const models = talking()
      const settings = settingsWith({
        session_max_turns: 1000,
        context_limit_chars: 0,
        history_limit_chars: 12_000
      })
      // Two processes' worth of services on one file.
      const sides = yield* Effect.forEach([0, 1], () =>
        Layer.build(over(journalIn(directory), models, settings))
      )
      const side = (index: number) => sides[index % sides.length] ?? assert.fail()
      const ids = yield* Effect.forEach(Array.from({ length: SESSIONS }), () =>
        Sessions.use((sessions) => sessions.start(startOf("work"))).pipe(Effect.provide(side(0)))
      )
      const promptOf = (client: number, turn: number) =>
        `${client * TURNS + turn + 1} say ${canary(client % SESSIONS)}`
      const answers = yield* Effect.forEach(
        Array.from({ length: CLIENTS }, (_, client) => client),
        (client) =>
          Effect.forEach(
            Array.from({ length: TURNS }, (_, turn) => turn),
            (turn) =>
              Effect.gen(function* () {
                const sessions = yield* Sessions
                const { session } = ids[client % SESSIONS] ?? assert.fail()
                const prompt = promptOf(client, turn)
                const { rest } = yield* insisting(sessions.turn(session, turnOf(prompt)))
                return [prompt, rest._tag === "Released" ? rest.released.text : rest._tag] as const
              }).pipe(Effect.provide(side(client >> 3)))
          ),
        { concurrency: "unbounded" }
      )

      for (const [prompt, text] of answers.flat()) assert.strictEqual(text, draftOf(prompt))
      assert.strictEqual(models.sent.length, CLIENTS * TURNS)
      for (let session = 0; session < SESSIONS; session++) {
        const mine = models.sent.filter(({ all }) => all.includes(canary(session)))
        assert.strictEqual(mine.length, (CLIENTS / SESSIONS) * TURNS)
        const said: Array<readonly [string, string]> = []
        for (const { all, history } of mine) {
          for (let other = 0; other < SESSIONS; other++) {
            if (other !== session) assert.notInclude(all, canary(other))
          }
          assert.deepStrictEqual(history, said)
          const prompt = all.split("\n").at(-1) ?? ""
          said.push(["user", prompt], ["assistant", draftOf(prompt)])
        }
        // Each client's own turns are in the order in which it has asked.
        const order = said.flatMap(([role, text]) => (role === "user" ? [text] : []))
        for (let client = session; client < CLIENTS; client += SESSIONS) {
          const places = Array.from({ length: TURNS }, (_, turn) => order.indexOf(promptOf(client, turn)))
          assert.deepStrictEqual(
            places,
            places.toSorted((a, b) => a - b)
          )
          assert.notInclude(places, -1)
        }
      }
      const { broken } = yield* Verifier.use((verifier) => verifier.journal(true)).pipe(
        Effect.provide(side(0))
      )
      assert.isNull(broken)
    }).pipe(Effect.scoped)
  )
})
