/** Runs the provider contract over every provider. */
import { Effect } from "effect"
import * as Null from "../../../src/adapters/provider/Null.ts"
import { anthropic } from "../../support/anthropicTalk.ts"
import { ollama } from "../../support/ollamaTalk.ts"
import { openAi } from "../../support/openAiTalk.ts"
import { honest } from "../../support/tongue.ts"
import { providerContract } from "./contract.ts"

providerContract("null", Effect.succeed(Null.make))

for (const tongue of [ollama, openAi, anthropic]) {
  providerContract(tongue.name, Effect.flatMap(honest(tongue), tongue.make))
}
