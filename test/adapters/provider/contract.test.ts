/** Runs the provider contract over every provider. */
import { Effect } from "effect"
import * as Null from "../../../src/adapters/provider/Null.ts"
import * as Ollama from "../../../src/adapters/provider/Ollama.ts"
import { honest } from "../../support/ollamaTalk.ts"
import { providerContract } from "./contract.ts"

providerContract("null", Effect.succeed(Null.make))

providerContract(
  "ollama",
  Effect.flatMap(honest, ({ baseUrl }) => Ollama.make({ baseUrl, window: 2048, keepAliveSeconds: undefined }))
)
