/** Owns the environment layer: which variables are configuration, and what an unknown one of ours means. */
import { Option } from "effect"
import { variables as contentVariables } from "../../domain/config/ContentLogging.ts"
import type { ConfigFault, ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { ConfigKey } from "../../domain/Ids.ts"
import { type Kind, keysOf } from "../../domain/config/SettingsKeys.ts"
import type { LayerFiles } from "./Files.ts"
import { baseUrl } from "./OllamaHost.ts"
import { type Mapping, mapping, merge, type Path, type Scalar, single, type Source } from "./Tree.ts"

export type Environment = Readonly<Record<string, string | undefined>>

/** Variables of ours that are no configuration: where data lives, its keys, and what is printed. */
const others: ReadonlySet<string> = new Set([
  "IO3_DATA",
  "IO3_MASTER_KEY",
  "IO3_SIGNING_KEY",
  "IO3_WEBHOOK_SECRET",
  "IO3_DEBUG"
])

const OLLAMA_ADDRESS: Path = ["providers", "ollama", "base_url"]

/** The variables that set one plain value of `runtime.yaml`, e.g. `IO3_TIMEOUTS_IDLE_SECONDS`. */
const runtimeVariables = (): ReadonlyMap<string, { readonly path: Path; readonly kind: Kind }> =>
  new Map(
    keysOf("runtime.yaml")
      .filter(({ kind }) => kind === "number" || kind === "boolean" || kind === "text")
      .map((key) => [`IO3_${key.path.join("_").toUpperCase()}`, key])
  )

/** Reads the variables. An empty one counts as unset; `OLLAMA_HOST` gives way to the variable of our own. */
export const fromEnvironment = (
  environment: Environment
): { readonly files: LayerFiles; readonly wrong: ReadonlyArray<ConfigPlace> } => {
  const wrong: Array<ConfigPlace> = []
  const refuse = (name: string, fault: ConfigFault) => wrong.push({ ...sourceOf(name), fault })
  let runtime = mapping([], sourceOf(null))
  let providers: Mapping | undefined
  const set = Object.entries(environment).flatMap(([name, value]) => (value ? [{ name, value }] : []))

  const variables = set.some(({ name }) => name.startsWith("IO3_"))
    ? runtimeVariables()
    : new Map<string, never>()
  for (const { name, value } of set) {
    const key = variables.get(name)
    if (key) runtime = merge(runtime, single(key.path, read(value, key.kind), sourceOf(name)))
    else if (name === "IO3_PROVIDERS_OLLAMA_BASE_URL")
      providers = single(OLLAMA_ADDRESS, value, sourceOf(name))
    else if (contentVariables.has(name)) refuse(name, "content_logging")
    else if (name.startsWith("IO3_") && !others.has(name)) refuse(name, "unknown_key")
  }
  const host = environment["OLLAMA_HOST"]
  if (host && providers === undefined) {
    const source = sourceOf("OLLAMA_HOST")
    const address = Option.getOrUndefined(baseUrl(host))
    if (address === undefined) refuse("OLLAMA_HOST", "wrong_value")
    else providers = single(OLLAMA_ADDRESS, address, source)
  }
  const files = new Map([["runtime.yaml", runtime] as const])
  return { files: providers ? new Map([...files, ["providers.yaml", providers] as const]) : files, wrong }
}

const keyPattern = /^[A-Za-z0-9_]{1,128}$/

const sourceOf = (name: string | null): Source => ({
  origin: "environment",
  file: "environment",
  line: 0,
  column: 0,
  key: name !== null && keyPattern.test(name) ? ConfigKey.make(name) : null
})

/** A variable's text as the kind its key has; text that is not of that kind stays text, which the Schema refuses. */
const read = (text: string, kind: Kind): Scalar => {
  if (kind === "boolean" && (text === "true" || text === "false")) return text === "true"
  if (kind === "number" && /^-?\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  return text
}
