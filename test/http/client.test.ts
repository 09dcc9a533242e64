/** Asks the real server through the client that programs may import. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { client } from "../../src/client.ts"
import { Mode } from "../../src/domain/Ids.ts"
import { slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { served } from "../support/served.ts"
import { tokensIn } from "../support/tokens.ts"

const mode = Mode.make("executor")

describe("the client", slowly, () => {
  it.live("asks, follows, and is refused with a problem, all typed", () =>
    Effect.gen(function* () {
      const { url } = yield* served((socket) => socket.write(says("Fine.")))
      const { runs, sessions, livez } = yield* client(url)
      assert.deepStrictEqual(yield* livez(), { status: "ok" })
      const made = yield* runs.run({ payload: { mode, prompt: "x" } })
      if (Stream.isStream(made)) return assert.fail("no events were asked for")
      assert.strictEqual(made.result.message, "Fine.")
      const events = yield* runs.stream({ params: { run: made.run_id }, headers: {} })
      assert.deepStrictEqual(
        (yield* Stream.runCollect(events)).map(({ event }) => event),
        ["turn_started", "turn_delta", "turn_output", "turn_completed"]
      )
      const refused = yield* Effect.flip(sessions.state({ params: { session: "ffffffff" } }))
      if (!("code" in refused)) return assert.fail("it is no problem")
      assert.deepStrictEqual([refused.code, refused.status], ["SESSION_NOT_FOUND", 404])
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("asks with a token where one is wanted, and is told where it is not enough", () =>
    Effect.gen(function* () {
      const { url, where } = yield* served((socket) => socket.write(says("Fine.")))
      const { text: token } = yield* tokensIn(where).issue("carol", "viewer")
      yield* Effect.sleep("1 second")
      const without = yield* Effect.flip((yield* client(url)).runs.list({ query: {} }))
      const { runs } = yield* client(url, { token })
      assert.deepStrictEqual((yield* runs.list({ query: {} })).runs, [])
      const refused = yield* Effect.flip(runs.run({ payload: { mode, prompt: "x" } }))
      if (!("code" in without && "code" in refused)) return assert.fail("it is no problem")
      assert.deepStrictEqual([without.code, refused.code], ["TOKEN_REQUIRED", "ROLE_FORBIDDEN"])
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
