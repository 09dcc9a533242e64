/** Owns `io3 init` and `io3 trust`: making a folder ready to run in. */
import { Effect, Schema } from "effect"
import { ModelName, ProviderName } from "../domain/Ids.ts"
import { type BaseUrl, FileName, type Settings } from "../domain/config/Settings.ts"
import { Configuration } from "../ports/Configuration.ts"
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
  const { output, offline } = yield* root
  const project = yield* Project
  const { settings } = yield* Configuration
  const ollama = offline ? undefined : (yield* Providers).get(ProviderName.make("ollama"))
  const models = ollama ? yield* Effect.orElseSucceed(ollama.models, () => null) : null
  const baseUrl = models && ownAddress(settings)
  const begun = yield* project.begin({ models: models ?? [], baseUrl }, replace ? "put-aside" : "keep")
  yield* project.trust
  yield* print(output, InitOutput, { models, ...begun }, (made) => describe(made, offline))
})

/** Where Ollama answered, if that is not where it is looked for anyway: `OLLAMA_HOST` may not be set the next time. */
const ownAddress = ({ providers: { providers } }: Settings): BaseUrl | null => {
  const address = Object.entries(providers).find(([name]) => name === "ollama")?.[1].base_url
  return address === undefined || address === DEFAULT_ADDRESS ? null : address
}

const DEFAULT_ADDRESS = "http://127.0.0.1:11434"

const describe = ({ models, written, kept }: typeof InitOutput.Type, offline: boolean): string =>
  [
    models === null
      ? offline
        ? "Ollama was not looked for (--offline)."
        : "No Ollama answered."
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

export const TrustOutput = Schema.Struct({ trusted: Schema.Literal(true) })

export const trust = Effect.fn(function* () {
  const { output } = yield* root
  yield* (yield* Project).trust
  yield* print(
    output,
    TrustOutput,
    { trusted: true },
    () => "This folder's provider settings count from now on, as they are at this moment."
  )
})
