/** Asks a host about itself: a recorded Ollama, and hosts that say less, more, or something else. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as OllamaFacts from "../../../src/adapters/provider/OllamaFacts.ts"
import { ModelName } from "../../../src/domain/Ids.ts"
import type { ModelFacts } from "../../../src/domain/integrity/Models.ts"
import type { BaseUrl } from "../../../src/domain/config/Settings.ts"
import { ModelHost } from "../../../src/ports/ModelHost.ts"
import { host, type Said } from "../../support/installation.ts"
import { chunk, serve } from "../../support/upstream.ts"

const model = ModelName.make("smollm2:135m")
const ask = (address: BaseUrl, ...models: ReadonlyArray<ModelName>) =>
  ModelHost.use((hosts) => hosts.ask(address, models)).pipe(Effect.provide(OllamaFacts.layer))

/** A recording as it went over the wire; the framing of chunks was taken off when it was made. */
const recorded = (name: string): Buffer => {
  const bytes = readFileSync(join(import.meta.dirname, "../../fixtures/ollama-facts", `${name}.http`))
  const body = bytes.indexOf("\r\n\r\n") + 4
  const head = bytes.subarray(0, body)
  return head.includes("chunked")
    ? Buffer.concat([head, chunk(bytes.subarray(body)), Buffer.from("0\r\n\r\n")])
    : bytes
}

const factsOf = (said: Said) =>
  Effect.gen(function* () {
    const server = yield* host(() => said)
    const facts = yield* ask(server.baseUrl, model)
    return facts.state === "answers" ? facts : assert.fail(facts.state)
  })

describe("what an Ollama says of itself", () => {
  it.live("is read from a recorded one", () =>
    Effect.gen(function* () {
      const server = yield* serve((socket, { line }) =>
        socket.write(recorded(line.includes("version") ? "version" : line.includes("tags") ? "tags" : "show"))
      )
      const expected: ModelFacts = { name: model, chats: true, window: 8192, remote: false, template: true }
      assert.deepStrictEqual(yield* ask(server.baseUrl, model), {
        state: "answers",
        version: [0, 32],
        models: [expected]
      })
      assert.deepStrictEqual(
        server.requests.map(({ line }) => line),
        ["GET /api/version HTTP/1.1", "GET /api/tags HTTP/1.1", "POST /api/show HTTP/1.1"]
      )
      assert.deepStrictEqual(server.requests[2]?.body, '{"model":"smollm2:135m"}')
    })
  )

  it.live("leaves open what an older one does not say", () =>
    Effect.gen(function* () {
      const { version, models } = yield* factsOf({ version: "0.0.0", tags: [{ name: "smollm2:135m" }] })
      assert.isNull(version, "a build of no release")
      assert.deepStrictEqual(models, [
        { name: model, chats: null, window: null, remote: false, template: null }
      ])
    })
  )

  it.live("is asked in detail only of the models that matter", () =>
    Effect.gen(function* () {
      const server = yield* host(() => ({ tags: [{ name: "other" }, { name: "SmolLM2:135M" }] }))
      yield* ask(server.baseUrl, model)
      const shown = server.requests.filter(({ line }) => line.startsWith("POST"))
      assert.deepStrictEqual(
        shown.map(({ body }) => body),
        ['{"model":"SmolLM2:135M"}']
      )
    })
  )

  it.live("counts a template of the model's own, and a bare prompt as none", () =>
    Effect.gen(function* () {
      const template = (text: string, info: object = {}) =>
        Effect.map(
          factsOf({ tags: [{ name: model }], show: { template: text, model_info: info } }),
          ({ models }) => models[0]?.template
        )
      assert.isFalse(yield* template("{{ .Prompt }}"))
      assert.isFalse(yield* template(" {{- .Prompt -}}\n"))
      assert.isFalse(yield* template(""))
      assert.isTrue(yield* template("{{ .System }} {{ .Prompt }}"))
      assert.isTrue(
        yield* template("{{ .Prompt }}", { "tokenizer.chat_template": "{% for m in messages %}" })
      )
    })
  )

  it.live("is no Ollama's when it has another shape", () =>
    Effect.gen(function* () {
      const server = yield* serve((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
      assert.deepStrictEqual(yield* ask(server.baseUrl, model), { state: "not_ollama" })
    })
  )
})
