/**
 * Owns the configuration of a process: packaged < user < project < environment < flag, merged key by key and decoded
 * once. Where files are is `Locations`; which of them may be believed is `Trust`.
 */
import { Effect, Layer, Result } from "effect"
import { statSync } from "node:fs"
import { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { configuredPattern } from "../../domain/Ids.ts"
import { NULL_PROVIDER } from "../../domain/run/Route.ts"
import type { FileName, Settings } from "../../domain/config/Settings.ts"
import { ignoredIn } from "../../domain/config/SettingsKeys.ts"
import { Configuration, type Placed } from "../../ports/Configuration.ts"
import { decode } from "./Decode.ts"
import { type Environment, fromEnvironment } from "./Environment.ts"
import { fileNames, type LayerFiles, readLayer } from "./Files.ts"
import type { Locations } from "./Locations.ts"
import packagedFiles from "./packaged.json" with { type: "json" }
import { fromValue, leaves, type Mapping, mapping, merge } from "./Tree.ts"
import { divide, isTrusted } from "./Trust.ts"

export interface Options {
  readonly locations: Pick<Locations, "userConfig" | "projectConfig" | "named" | "trusted">
  readonly environment: Environment
  readonly flags: Flags
}

/** What the command line may say of the configuration. */
export interface Flags {
  /** No provider but the stand-in. */
  readonly offline?: boolean
}

const NOTHING: LayerFiles = new Map()

/** The defaults as data: `config/*.yaml` in the form that needs no parser and no file beside the program. */
const packaged = (): LayerFiles =>
  new Map(
    fileNames.flatMap((file): ReadonlyArray<readonly [FileName, Mapping]> => {
      const tree = fromValue(packagedFiles[file], { origin: "packaged", file, line: 0, column: 0, key: null })
      return tree._tag === "Mapping" ? [[file, tree]] : []
    })
  )

/** What a project folder says, without the parts that must be trusted and are not. */
const project = Effect.fnUntraced(function* ({ locations }: Options) {
  if (locations.named) {
    yield* Effect.try({
      try: () => statSync(locations.projectConfig).isDirectory(),
      catch: () => failure("CONFIG_UNREADABLE", "setup")
    }).pipe(Effect.filterOrFail(Boolean, () => failure("CONFIG_UNREADABLE", "setup")))
  }
  const files = yield* readLayer(locations.projectConfig, "project")
  const { free, restricted } = divide(files)
  const believed =
    locations.named ||
    restricted.size === 0 ||
    (yield* isTrusted(locations.trusted, locations.projectConfig, restricted))
  return believed ? { files, untrusted: NOTHING } : { files: free, untrusted: restricted }
})

/** The flag layer: `--offline` turns off every provider that is configured by then. */
const fromFlags = (flags: Flags, merged: LayerFiles): LayerFiles => {
  const configured = merged.get("providers.yaml")?.entries.get("providers")
  if (flags.offline !== true || configured?._tag !== "Mapping") return NOTHING
  const source = { origin: "flag", file: "providers.yaml", line: 0, column: 0, key: null } as const
  const names = [...configured.entries.keys()].filter((name) => name !== NULL_PROVIDER)
  const providers = names.map((name) => [name, fromValue({ enabled: false }, source)] as const)
  return new Map([["providers.yaml", mapping([["providers", mapping(providers, source)]], source)]])
}

const lay = (lower: LayerFiles, upper: LayerFiles): LayerFiles => {
  const merged = new Map(lower)
  for (const [file, tree] of upper) {
    const below = merged.get(file)
    merged.set(file, below ? merge(below, tree) : tree)
  }
  return merged
}

/** Every value that is set; the marks that name a file's format are none. */
const placed = (files: LayerFiles): ReadonlyArray<Placed> =>
  [...files]
    .toSorted(([a], [b]) => fileNames.indexOf(a) - fileNames.indexOf(b))
    .flatMap(([file, tree]) =>
      leaves(tree, ignoredIn(file)).map(({ path, origin }): Placed => ({ file, path, origin }))
    )
    .filter(({ path: [first] }) => first !== "schema" && first !== "version")

/** What is not trusted was not decoded either: a name that is none shows as `*`. */
const named = ({ file, path, origin }: Placed): Placed => ({
  file,
  path: path.map((name) => (configuredPattern.test(name) ? name : "*")),
  origin
})

const order: ReadonlyArray<string> = ConfigPlace.fields.file.literals

/** Every place that is wrong, in the order in which a person goes through the files. */
const invalid = (places: ReadonlyArray<ConfigPlace>): RuntimeFailure =>
  failure("CONFIG_INVALID", "setup", {
    places: places.toSorted(
      (a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line || a.column - b.column
    )
  })

/** Reads, merges and decodes; every fault of every file is in the one failure. */
export const load = Effect.fn("YamlConfiguration.load")(function* (
  options: Options
): Effect.fn.Return<Configuration["Service"], RuntimeFailure> {
  const user = yield* readLayer(options.locations.userConfig, "user")
  const { files, untrusted } = yield* project(options)
  const environment = fromEnvironment(options.environment)
  const merged = [user, files, environment.files].reduce(lay, packaged())
  const final = lay(merged, fromFlags(options.flags, merged))
  const decoded = decode(final)
  const wrong = [...(Result.isFailure(decoded) ? decoded.failure : []), ...environment.wrong]
  if (Result.isFailure(decoded) || wrong.length > 0) return yield* Effect.fail(invalid(wrong))
  return { settings: decoded.success, placed: placed(final), untrusted: placed(untrusted).map(named) }
})

/** The packaged configuration alone, for programs that say the rest in code. */
export const packagedSettings = (): Settings => Result.getOrThrow(decode(packaged()))

export const packagedLayer = Layer.sync(Configuration, () => ({
  settings: packagedSettings(),
  placed: [],
  untrusted: []
}))

/** `CONFIG_INVALID`, `CONFIG_UNREADABLE` or `CONFIG_TOO_LARGE`, each with the places at fault. */
export const layer = (options: Options): Layer.Layer<Configuration, RuntimeFailure> =>
  Layer.effect(Configuration, load(options))
