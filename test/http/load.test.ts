/** Many clients at once, and a server that is killed under them: nobody hears another's words, and nothing that was said is lost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Answer } from "../../src/api/Runs.ts"
import { SessionOutput, TranscriptOutput } from "../../src/api/results/SessionResults.ts"
import { TurnOutput } from "../../src/api/results/TurnResults.ts"
import { Verification } from "../../src/core/ledger/Verifier.ts"
import { io3, parse, slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { promptOf } from "../support/runbookFile.ts"
import { served, serving } from "../support/served.ts"

const CLIENTS = 64
const SESSIONS = 8

describe("a busy server", slowly, () => {
  it.live(
    "answers each of 64 clients in 8 sessions what they have asked, and each session one at a time",
    () =>
      Effect.gen(function* () {
        const { where, ask, decoded } = yield* served((socket, asked) =>
          socket.write(says("To ", `${promptOf(asked)}.`))
        )
        const sessions = yield* Effect.forEach(Array.from({ length: SESSIONS }), () =>
          Effect.map(
            decoded(SessionOutput, 201, "POST", "/session/start", {}),
            ({ session_id }) => session_id
          )
        )
        let conflicts = 0
        const turn = (client: number) => {
          const path = `/session/${sessions[client % SESSIONS]}/turn`
          const once = Effect.flatMap(
            ask("POST", path, { prompt: `client ${client}` }),
            ({ status, text }) => {
              if (status === 200) return Effect.succeed(parse(TurnOutput, text))
              assert.strictEqual(status, 409, text)
              assert.include(text, "SESSION_CONFLICT")
              conflicts++
              return Effect.fail("busy" as const)
            }
          )
          return Effect.retry(
            Effect.tapError(once, () => Effect.sleep("20 millis")),
            { times: 1000 }
          )
        }
        const turns = yield* Effect.forEach(
          Array.from({ length: CLIENTS }, (_, client) => client),
          turn,
          {
            concurrency: CLIENTS
          }
        )
        assert.deepStrictEqual(
          turns.map(({ message }) => message),
          turns.map((_, client) => `To client ${client}.`)
        )
        assert.isAbove(conflicts, 0)
        for (const [at, session] of sessions.entries()) {
          const { turns: said } = yield* decoded(TranscriptOutput, 200, "GET", `/session/${session}/history`)
          assert.strictEqual(said.length, CLIENTS / SESSIONS)
          for (const { prompt, message } of said) {
            assert.strictEqual(message, `To ${prompt}.`)
            assert.strictEqual(Number(prompt?.slice("client ".length)) % SESSIONS, at)
          }
        }
        assert.isNull(
          parse(Verification, (yield* io3(where, ["ledger", "verify", "--texts", "-o", "json"])).stdout)
            .broken
        )
      })
  )

  it.live(
    "has everything that it has answered when it is killed and begun again, and asks nothing twice",
    () =>
      Effect.gen(function* () {
        const first = yield* served((socket, asked) => socket.write(says("To ", `${promptOf(asked)}.`)))
        const answered = new Map<string, string>()
        const clients = Array.from({ length: 24 }, (_, client) => client)
        yield* Effect.forEach(
          clients,
          (client) => {
            const next = async (at: number): Promise<void> => {
              const reply = await fetch(`${first.url}/run`, {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: JSON.stringify({ mode: "executor", prompt: `${client} ${at}` })
              })
              const { run_id, result } = parse(Answer, await reply.text())
              answered.set(run_id, result.message ?? "")
              if (answered.size >= 60) first.process.kill("SIGKILL")
              return next(at + 1)
            }
            // Until the server is gone.
            return Effect.promise(() => next(0).catch(() => {}))
          },
          { concurrency: clients.length, discard: true }
        )
        assert.isAtLeast(answered.size, 60)
        const asked = first.server.calls.length
        const prompts = first.server.calls.map(promptOf)
        assert.strictEqual(new Set(prompts).size, asked)
        const second = yield* serving(first.where)
        for (const [run, message] of answered) {
          const { result } = yield* second.decoded(Answer, 200, "GET", `/run/${run}/text`)
          assert.strictEqual(result.message, message)
        }
        // The next one settles what the dead one has left, and repeats none of its calls.
        yield* second.decoded(Answer, 200, "POST", "/run", { mode: "executor", prompt: "after" })
        assert.strictEqual(first.server.calls.length, asked + 1)
        const { stdout } = yield* io3(first.where, ["runs", "list", "--standing", "running", "-o", "json"])
        assert.deepStrictEqual(JSON.parse(stdout).runs, [])
        const verified = yield* io3(first.where, ["ledger", "verify", "--texts", "-o", "json"])
        assert.isNull(parse(Verification, verified.stdout).broken)
      })
  )
})
