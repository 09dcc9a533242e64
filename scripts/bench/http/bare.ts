/** Owns a relay on the same HTTP server and schemas as this program's, with the client that comes with them, which governs and records nothing. */
import { NodeHttpClient, NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { createServer } from "node:http"

const upstream = `${process.argv[2]}/api/chat`

const Asked = Schema.Struct({ mode: Schema.String, prompt: Schema.String })
const Answer = Schema.Struct({
  status: Schema.Literal("ok"),
  result: Schema.Struct({ message: Schema.String, mode: Schema.String })
})
const Line = Schema.fromJsonString(
  Schema.Struct({ done: Schema.Boolean, message: Schema.Struct({ content: Schema.String }) })
)
const lineOf = Schema.decodeUnknownEffect(Line)

class Runs extends HttpApiGroup.make("runs").add(
  HttpApiEndpoint.post("run", "/run", { payload: Asked, success: Answer })
) {}
class Api extends HttpApi.make("bare").add(Runs) {}

const handlers = HttpApiBuilder.group(
  Api,
  "runs",
  Effect.fn(function* (handlers) {
    const client = yield* HttpClient.HttpClient
    return handlers.handleAll({
      run: ({ payload: { mode, prompt } }) =>
        Effect.gen(function* () {
          const asked = { model: mode, messages: [{ role: "user", content: prompt }], stream: true }
          const request = HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.post(upstream), asked)
          const text = yield* Effect.flatMap(client.execute(request), (reply) => reply.text)
          const lines = yield* Effect.forEach(
            text.split("\n").filter((line) => line !== ""),
            (line) => lineOf(line)
          )
          const message = lines.map((line) => line.message.content).join("")
          return { status: "ok" as const, result: { message, mode } }
        }).pipe(Effect.orDie)
    })
  })
)

const said = Layer.effectDiscard(
  Effect.map(HttpServer.HttpServer, ({ address }) => {
    if ("port" in address) process.stdout.write(`http://127.0.0.1:${address.port}\n`)
  })
)
const served = HttpRouter.serve(HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers)), {
  disableLogger: true,
  disableListenLog: true
})
NodeRuntime.runMain(
  Layer.launch(
    Layer.merge(served, said).pipe(
      Layer.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })),
      Layer.provide(NodeHttpClient.layerUndici)
    )
  )
)
