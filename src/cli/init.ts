/** Owns `io3 init` and `io3 trust`: making a folder ready to run in. */
import { Console, Effect, Schema } from "effect"
import { ModelName, ProviderName } from "../domain/Ids.ts"
import { FileName } from "../domain/config/Settings.ts"
import { Project } from "../ports/Project.ts"
import { Providers } from "../ports/Provider.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"

export const InitOutput = Schema.Struct({
  /** The models of a local Ollama; null when none answered. */
  models: Schema.NullOr(Schema.Array(ModelName)),
  written: Schema.Array(FileName),
  kept: Schema.Array(FileName)
})

export const init = Effect.fn(function* ({ replace }: { readonly replace: boolean }) {
  const { output } = yield* root
  const project = yield* Project
  const ollama = (yield* Providers).get(ProviderName.make("ollama"))
  const models = ollama ? yield* Effect.orElseSucceed(ollama.models, () => null) : null
  const begun = yield* project.begin({ models: models ?? [], baseUrl: null }, replace ? "put-aside" : "keep")
  yield* project.trust
  yield* print(output, InitOutput, { models, ...begun }, describe)
})

const describe = ({ models, written, kept }: typeof InitOutput.Type): string =>
  [
    models === null
      ? "No Ollama answered."
      : models.length === 0
        ? "Ollama is there and has no chat model."
        : `Ollama is there with ${models.length === 1 ? "1 model" : `${models.length} models`}: ${models.join(", ")}`,
    ...written.map((file) => `  wrote  .io3/config/${file}`),
    ...kept.map((file) => `  kept   .io3/config/${file}`),
    ...(kept.length > 0
      ? [
          "What was kept counts, whatever was found. To begin anew, with the old files put aside: io3 init --replace"
        ]
      : models?.length
        ? ["Runs in this folder are recorded in .io3 from now on."]
        : ["Until there is a model, the built-in stand-in answers. Once there is one: io3 init --replace"]),
    'Try it: io3 run executor --prompt "Say what you are."'
  ].join("\n")

export const trust = Effect.fn(function* () {
  yield* (yield* Project).trust
  yield* Console.log("This folder's provider settings count from now on, as they are at this moment.")
})
