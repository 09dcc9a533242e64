/** Owns the checks that say whether a configuration can be used on this machine, by the names and in the order they have had. */
import { Result, Schema } from "effect"
import { ConfigPlace } from "../config/ConfigPlace.ts"
import { Mode } from "../Ids.ts"
import { Finding, isHealthy, worstFirst } from "./Diagnosis.ts"
import type { FolderFacts } from "./Machine.ts"
import { drift, parseTarget } from "../run/Route.ts"
import type { FileName, Settings } from "../config/Settings.ts"

export const PortabilityName = Schema.Literals([
  "config_file_present:providers.yaml",
  "config_file_present:routing_table.yaml",
  "config_file_present:memory_packs.yaml",
  "config_file_present:persona.yaml",
  "provider_base_url_declared",
  "model_name_declared",
  "persona_name_declared",
  "storage_root_declared",
  "storage_root_writable",
  "constellation_integrity"
])
export type PortabilityName = typeof PortabilityName.Type

/** Why a check did not pass; empty when it did. Fixed words: none of a configuration's values are in them. */
const Detail = Schema.Literals([
  "",
  "a copy of this file cannot be read, or is no mapping",
  "the local provider has no address",
  "no mode names a model",
  "the persona has no name",
  "no data folder is named",
  "the data folder cannot be written, or made",
  "executor and challenger are one model, or a mode has more than 20 steps",
  "the configuration is not valid"
])
type Detail = typeof Detail.Type

export const PortabilityCheck = Schema.Struct({
  name: PortabilityName,
  passed: Schema.Boolean,
  detail: Detail
})
export type PortabilityCheck = typeof PortabilityCheck.Type

export const Portability = Schema.Struct({
  passed: Schema.Boolean,
  /** Ten, always. */
  checks: Schema.Array(PortabilityCheck),
  /** Where the configuration is not valid. */
  places: Schema.Array(ConfigPlace),
  /** What it says of memory and capabilities that cannot be, or that nothing comes of. */
  findings: Schema.Array(Finding)
})
export type Portability = typeof Portability.Type

/** A configuration that was read, or where it could not be. No places at all: not even its folder could be read. */
export type ReadConfiguration =
  | { readonly settings: Settings; readonly places: readonly []; readonly findings: ReadonlyArray<Finding> }
  | { readonly settings: null; readonly places: ReadonlyArray<ConfigPlace> }

/**
 * A packaged default stands in for a file that is not there, so a file is present when no layer's copy of it is unusable
 * as a whole. A value that is wrong is no fault of these checks but of the configuration, which the last one asks of.
 */
const isUnusable = ({ fault, key }: ConfigPlace): boolean => {
  switch (fault) {
    case "unknown_key":
    case "missing_key":
      return false
    case "wrong_value":
      // Without a key it is the whole document that is no mapping.
      return key === null
    default:
      return true
  }
}

/** Holds a configuration and the folder that is to hold the data against every check. */
export const portability = (read: ReadConfiguration, folder: FolderFacts, root: string): Portability => {
  const { settings, places } = read
  const nothing = settings === null && places.length === 0
  const present = (file: FileName): boolean =>
    !nothing && !places.some((place) => place.file === file && isUnusable(place))
  /** A file without a fault says at least what its default does. */
  const declares = (file: FileName, inSettings: (settings: Settings) => boolean): boolean =>
    settings === null ? !nothing && !places.some((place) => place.file === file) : inSettings(settings)

  const check = (name: PortabilityName, passed: boolean, detail: Detail): PortabilityCheck => ({
    name,
    passed,
    detail: passed ? "" : detail
  })
  const presence = (
    ["providers.yaml", "routing_table.yaml", "memory_packs.yaml", "persona.yaml"] as const
  ).map((file) =>
    check(
      `config_file_present:${file}`,
      present(file),
      "a copy of this file cannot be read, or is no mapping"
    )
  )
  const checks = [
    ...presence,
    check(
      "provider_base_url_declared",
      declares("providers.yaml", ({ providers }) => addressOf(providers).length > 0),
      "the local provider has no address"
    ),
    check(
      "model_name_declared",
      declares("routing_table.yaml", ({ routing }) =>
        Object.keys(routing.modes).some((mode) => {
          const entry = routing.modes[Mode.make(mode)]
          return entry !== undefined && Result.isSuccess(parseTarget(entry.primary))
        })
      ),
      "no mode names a model"
    ),
    check(
      "persona_name_declared",
      declares("persona.yaml", ({ persona }) => persona.persona.name.length > 0),
      "the persona has no name"
    ),
    check("storage_root_declared", root.trim().length > 0, "no data folder is named"),
    check(
      "storage_root_writable",
      folder.state !== "not_a_folder" && folder.writable,
      "the data folder cannot be written, or made"
    ),
    settings === null
      ? check("constellation_integrity", false, "the configuration is not valid")
      : check(
          "constellation_integrity",
          drift(settings.routing, settings.runtime.constellation.allow_same_model).length === 0,
          "executor and challenger are one model, or a mode has more than 20 steps"
        )
  ]
  const findings = read.settings === null ? [] : worstFirst(read.findings)
  const passed = checks.every((one) => one.passed) && isHealthy({ checks: [], findings })
  return { passed, checks, places, findings }
}

const addressOf = ({ providers }: Settings["providers"]): string =>
  Object.entries(providers).find(([name]) => name === "ollama")?.[1].base_url ?? ""
