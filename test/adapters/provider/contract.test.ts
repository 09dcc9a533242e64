/** Runs the provider contract over every provider. */
import { Effect } from "effect"
import * as Null from "../../../src/adapters/provider/Null.ts"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { anthropic } from "../../support/anthropicTalk.ts"
import { honest as honestOllama } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"
import { honest } from "../../support/tongue.ts"
import { providerContract } from "./contract.ts"

providerContract("null", Effect.succeed(Null.make))

providerContract(
  "ollama",
  Effect.flatMap(honestOllama, ({ baseUrl }) =>
    Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined })
  )
)

for (const tongue of [openAi, anthropic]) {
  providerContract(tongue.name, Effect.flatMap(honest(tongue), tongue.make))
}
