/** Asks the real server for chats with keys, through OpenAI's own client and over the death of a server. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { configure, io3, slowly } from "../support/io3.ts"
import { says, verdict } from "../support/model.ts"
import { asks, type Body, clientOf, failing, io3Of, promised } from "../support/openAiClient.ts"
import { served, serving } from "../support/served.ts"

const CANARY = "Zk7canary"
const fine = ["To ", "say", " it: ", "é€😀", " done."]

describe("OpenAI's client", slowly, () => {
  it.live(
    "is given the same answer for the same key, by another server too, and no model is asked again",
    () =>
      Effect.gen(function* () {
        const first = yield* served((socket, { model: asked }) =>
          socket.write(asked === "judge" ? verdict("reject", CANARY) : says(...fine))
        )
        const { where, server } = first
        const once = (url: string, body: Body, key: string) =>
          promised(() =>
            clientOf(url)
              .chat.completions.create(body, { headers: { "idempotency-key": key } })
              .withResponse()
          )
        const inPieces = (url: string) =>
          promised(() =>
            clientOf(url)
              .chat.completions.stream(
                { ...asks("?"), stream: true, stream_options: { include_usage: true } },
                { headers: { "idempotency-key": "pieces" } }
              )
              .finalChatCompletion()
          )
        const audited = { ...asks("?"), io3: { audit: true } } as Body
        const whole = yield* once(first.url, asks("?"), "whole")
        const refused = yield* once(first.url, audited, "refused")
        const pieces = yield* inPieces(first.url)
        assert.isNull(whole.response.headers.get("idempotency-replayed"))
        const calls = server.calls.length
        first.process.kill("SIGKILL")
        yield* first.ended
        const { url, ask } = yield* serving(where)
        for (const [before, body, key] of [
          [whole, asks("?"), "whole"],
          [refused, audited, "refused"]
        ] as const) {
          const again = yield* once(url, body, key)
          assert.deepStrictEqual(again.data, before.data, key)
          assert.strictEqual(again.response.headers.get("idempotency-replayed"), "true")
          assert.strictEqual(
            again.response.headers.get("x-io3-run"),
            before.response.headers.get("x-io3-run")
          )
        }
        assert.deepStrictEqual(yield* inPieces(url), pieces)
        assert.strictEqual(server.calls.length, calls)
        const other = yield* failing(() =>
          clientOf(url).chat.completions.create(asks("!"), { headers: { "idempotency-key": "whole" } })
        )
        assert.deepInclude<object>(other, { status: 422, code: "IDEMPOTENCY_KEY_REUSED" })
        const elsewhere = yield* ask(
          "POST",
          "/run",
          { mode: "executor", prompt: "?" },
          { "idempotency-key": "whole" }
        )
        assert.strictEqual(elsewhere.status, 422)
        assert.strictEqual((yield* io3(where, ["runs", "erase", io3Of(whole.data).run_id, "--yes"])).code, 0)
        const gone = yield* failing(() =>
          clientOf(url).chat.completions.create(asks("?"), { headers: { "idempotency-key": "whole" } })
        )
        assert.deepInclude<object>(gone, { status: 410, code: "RUN_ERASED" })
        // Where no text is let out any more, none is told again.
        yield* configure(where.userConfig, { "runtime.yaml": "content_release: false\n" })
        const closed = yield* serving(where)
        for (const [body, key] of [
          [audited, "refused"],
          [{ ...asks("?"), stream: true, stream_options: { include_usage: true } }, "pieces"]
        ] as const) {
          const kept = yield* closed.ask("POST", "/v1/chat/completions", body, { "idempotency-key": key })
          assert.strictEqual(kept.status, 403, key)
          for (const word of fine) assert.notInclude(kept.text, word)
        }
      })
  )
})
