/** Says unmistakable words in every place where a client of OpenAI can say any, and looks for them wherever they must not be. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { found, foundUnder, type Place, words } from "../support/canary.ts"
import { configure, io3, slowly } from "../support/io3.ts"
import { begins, breaks, configuration, says, scene, verdict } from "../support/model.ts"
import { serving } from "../support/served.ts"

describe("the canary sweep over OpenAI's endpoints", slowly, () => {
  it.live("finds no word of a client outside of what is sealed, what was sent and what was released", () =>
    Effect.gen(function* () {
      let answer: string | Buffer = says(words.answer)
      const { where, server } = yield* scene((socket, { model }) =>
        socket.write(model === "judge" ? verdict("reject", words.fixes) : answer)
      )
      yield* configure(where.userConfig, {
        ...configuration(server),
        "persona.yaml": `identity:\n  name: ${words.persona}\n`
      })
      const { process, ended, ask, stdout } = yield* serving(where)
      const chat = (more: object, headers = {}) =>
        ask("POST", "/v1/chat/completions", { ...body, ...more }, headers)
      const body = {
        model: "io3/executor",
        messages: [
          { role: "system", content: words.profile },
          { role: "user", content: words.memory },
          { role: "assistant", content: words.draft },
          { role: "user", content: [{ type: "text", text: words.prompt }] }
        ],
        stop: [words.step, words.redirected],
        response_format: {
          type: "json_schema",
          json_schema: {
            name: words.metadata.slice(0, 64),
            schema: { title: words.file, [words.fileName]: {} }
          }
        }
      }
      const refusals: ReadonlyArray<object> = [
        { model: words.model },
        { model: `io3/${words.model}` },
        { [words.typed]: words.typed },
        { user: words.typed },
        { tools: [{ type: words.typed }] },
        { stop: [words.typed, "", words.typed] },
        { messages: [{ role: words.typed, content: words.typed }] },
        {
          messages: [{ role: "user", content: [{ type: words.typed, text: words.typed, [words.typed]: 1 }] }]
        },
        { response_format: { type: words.typed } },
        { io3: { [words.typed]: words.typed } },
        { io3: { capability_id: words.typed } },
        { io3: { memory_packs: [words.pack] } },
        { io3: { capability_id: "cap.json_pretty", capability_payload_json: `{${words.payload}` } }
      ]
      const replies = yield* Effect.forEach(refusals, (more) => chat(more))
      for (const [at, { status, text }] of replies.entries()) {
        assert.isAtLeast(status, 400, JSON.stringify(refusals[at]))
        assert.deepStrictEqual(found(text), [])
      }
      replies.push(yield* ask("GET", `/v1/models/${words.typed}`))
      replies.push(yield* ask("GET", `/v1/${words.typed}?${words.typed}=1`))
      replies.push(yield* chat({ io3: { audit: true } }))
      replies.push(yield* chat({ io3: { audit: true }, stream: true }))
      answer = breaks(500, words.upstream)
      replies.push(yield* chat({}), yield* chat({ stream: true }))
      for (const { text, headers } of replies)
        assert.deepStrictEqual(found(text + JSON.stringify([...headers])), [])

      const allowed: ReadonlyArray<Place> = ["answer"]
      answer = says(words.answer)
      const released = [yield* chat({}), yield* chat({ stream: true })]
      answer = Buffer.concat([begins(words.answer), Buffer.from("xx\r\n")])
      released.push(yield* chat({ stream: true }))
      for (const { text, headers } of released) {
        assert.include(text, words.answer)
        assert.deepStrictEqual(found(text, allowed), [])
        assert.deepStrictEqual(found(JSON.stringify([...headers])), [])
      }
      const sent = found(server.requests.map(({ body }) => body).join("\n"))
      assert.includeMembers(
        [...sent],
        ["profile", "memory", "draft", "prompt", "step", "redirected", "file", "fileName"]
      )

      process.kill("SIGTERM")
      const { code, stderr } = yield* ended
      assert.deepStrictEqual([code, stderr], [0, ""])
      assert.deepStrictEqual(found(stdout()), [])
      const isConfiguration = (path: string) => path.startsWith(where.userConfig)
      assert.deepStrictEqual(foundUnder(where.root, isConfiguration), [])
      for (const args of [
        ["runs", "list", "-o", "json"],
        ["ledger", "show", "-o", "json"],
        ["ledger", "export"],
        ["ledger", "verify", "--texts", "-o", "json"]
      ]) {
        const read = yield* io3(where, args)
        assert.strictEqual(read.code, 0, args.join(" "))
        assert.deepStrictEqual(found(read.stdout + read.stderr), [], args.join(" "))
      }
    })
  )
})
