/** Asks the real server through the client that programs may import. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { client } from "../../src/client.ts"
import { Mode } from "../../src/domain/Ids.ts"
import { slowly } from "../support/io3.ts"
import { says } from "../support/model.ts"
import { served } from "../support/served.ts"

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
})
