/** Owns a configuration for tests of providers: the packaged one, with this entry for Ollama or none, and these for others. */
import { Layer, Schema } from "effect"
import { ProvidersFile } from "../../src/domain/config/Settings.ts"
import { Configuration } from "../../src/ports/Configuration.ts"
import { settings } from "./settings.ts"

type Entry = (typeof ProvidersFile.Encoded)["providers"][string]

export const configured = (
  ollama: Entry | null,
  others: Readonly<Record<string, Entry>> = {}
): Layer.Layer<Configuration> =>
  Layer.succeed(Configuration, {
    settings: {
      ...settings,
      providers: Schema.decodeSync(ProvidersFile)({
        providers: ollama === null ? others : { ollama, ...others },
        policies: { allow_implicit_cloud_fallback: false }
      })
    },
    placed: [],
    untrusted: []
  })
