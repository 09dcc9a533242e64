/** Owns `io3 init` and `io3 trust`: making a folder ready to run in. */
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { ModelName, ProviderName } from "../domain/Ids.ts"
import { FileName } from "../domain/Settings.ts"
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

export const init = Command.make(
  "init",
  {},
  Effect.fn(function* () {
    const { output } = yield* root
    const project = yield* Project
    const ollama = (yield* Providers).get(ProviderName.make("ollama"))
    const models = ollama ? yield* Effect.orElseSucceed(ollama.models, () => null) : null
    const begun = yield* project.begin({ models: models ?? [], baseUrl: null })
    yield* project.trust
    yield* print(output, InitOutput, { models, ...begun }, describe)
  })
).pipe(Command.withDescription("Look for a local Ollama and write a configuration to ./.io3/config"))

const describe = ({ models, written, kept }: typeof InitOutput.Type): string =>
  [
    models === null
      ? "No Ollama answered: this is an offline configuration, and the stand-in answers."
      : models.length === 0
        ? "Ollama is there and has no chat model: this is an offline configuration, and the stand-in answers."
        : `Ollama is there with ${models.length} model${models.length === 1 ? "" : "s"}: ${models.join(", ")}`,
    ...(models?.length ? [] : ["Once there is a model: remove .io3/config and run io3 init again."]),
    ...written.map((file) => `  wrote  .io3/config/${file}`),
    ...kept.map((file) => `  kept   .io3/config/${file}`),
    'Try it: io3 run executor --prompt "Say what you are."'
  ].join("\n")

export const trust = Command.make(
  "trust",
  {},
  Effect.fn(function* () {
    yield* (yield* Project).trust
    yield* Console.log("This folder's provider settings count from now on, as they are at this moment.")
  })
).pipe(Command.withDescription("Let this folder's provider settings count"))
