/** Owns `io3 init` and `io3 trust`: making a folder ready to run in. */
import { Effect, Schema } from "effect"
import { ModelName, ProviderName } from "../domain/Ids.ts"
import { type BaseUrl, FileName, type Settings } from "../domain/config/Settings.ts"
import { textAt } from "../domain/config/SettingsKeys.ts"
import { Configuration } from "../ports/Configuration.ts"
import { Project } from "../ports/Project.ts"
import { Providers } from "../ports/Provider.ts"
import { print } from "./Output.ts"
import { root } from "./root.ts"

export const InitOutput = Schema.Struct({
  /** The models of a local Ollama; null when none answered. */
  models: Schema.NullOr(Schema.Array(ModelName)),
  written: Schema.Array(FileName),
  kept: Schema.Array(FileName),
  /** What the files that were put aside are called now. */
  aside: Schema.Array(Schema.String)
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
  yield* print(output, InitOutput, { models, ...begun }, (made) =>
    describe(made, offline ? null : asked(settings))
  )
})

/** Where Ollama was looked for, as a listing of the configuration has it: of a path that it may have, nothing is shown. */
const asked = (settings: Settings): string =>
  ownAddress(settings) === null
    ? DEFAULT_ADDRESS
    : textAt(settings, "providers.yaml", ["providers", "ollama", "base_url"])

/** Where Ollama answered, if that is not where it is looked for anyway: `OLLAMA_HOST` may not be set the next time. */
const ownAddress = ({ providers: { providers } }: Settings): BaseUrl | null => {
  const address = Object.entries(providers).find(([name]) => name === "ollama")?.[1].base_url
  return address === undefined || address === DEFAULT_ADDRESS ? null : address
}

const DEFAULT_ADDRESS = "http://127.0.0.1:11434"

/** `address` is where Ollama was looked for; null where it was not. */
const describe = ({ models, written, kept, aside }: typeof InitOutput.Type, address: string | null): string =>
  [
    models === null
      ? address === null
        ? "Ollama was not looked for (--offline)."
        : `No Ollama answered at ${address}; if it is elsewhere: OLLAMA_HOST=HOST:PORT io3 init --replace`
      : models.length === 0
        ? "Ollama is there and has no chat model."
        : `Ollama is there with ${models.length === 1 ? "1 model" : `${models.length} models`}: ${models.join(", ")}`,
    ...written.map((file) => `  wrote  .io3/config/${file}${before(file, aside)}`),
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

/** What became of the file that was there. */
const before = (file: FileName, aside: ReadonlyArray<string>): string => {
  const old = aside.find((name) => name.startsWith(`${file}.`))
  return old === undefined ? "" : `, and the old one is now ${old}`
}

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
