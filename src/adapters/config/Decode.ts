/** Owns how merged files become `Settings`, or every place that is wrong in any of them. */
import { Result, Schema } from "effect"
import { asksForContent } from "../../domain/config/ContentLogging.ts"
import type { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { type FileName, files, type Settings } from "../../domain/config/Settings.ts"
import { fileNames, type LayerFiles } from "./Files.ts"
import { type Found, found } from "./Issues.ts"
import { mapping, type Path, placeAt, plain, type Tree } from "./Tree.ts"

const contentLogging = (path: Path): Found => ({ path, fault: "content_logging" })

const begins = (path: Path, start: Path): boolean => start.every((name, index) => path[index] === name)

/** Decodes every file; nothing of a value is in what it reports. */
export const decode = (merged: LayerFiles): Result.Result<Settings, ReadonlyArray<ConfigPlace>> => {
  const wrong: Array<ConfigPlace> = []
  const file = <K extends FileName>(name: K): (typeof files)[K]["Type"] | undefined => {
    const tree: Tree =
      merged.get(name) ?? mapping([], { origin: "packaged", file: name, line: 0, column: 0, key: null })
    const schema: Schema.Decoder<(typeof files)[K]["Type"]> = files[name]
    const decoded = Schema.decodeUnknownResult(schema)(plain(tree), {
      errors: "all",
      onExcessProperty: "error"
    })
    const refused = (name === "logging.yaml" ? asksForContent(plain(tree)) : []).map(contentLogging)
    if (Result.isSuccess(decoded) && refused.length === 0) return decoded.success
    const others = Result.isFailure(decoded) ? found(decoded.failure.issue) : []
    const all = [
      ...refused,
      ...others.filter((other) => !refused.some(({ path }) => begins(other.path, path)))
    ]
    wrong.push(...all.map(({ path, fault }) => placeAt(tree, path, fault)))
    return undefined
  }
  const [providers, routing, runtime, persona, profile, memoryPacks, memoryPolicy, logging] = [
    file("providers.yaml"),
    file("routing_table.yaml"),
    file("runtime.yaml"),
    file("persona.yaml"),
    file("user_profile.yaml"),
    file("memory_packs.yaml"),
    file("memory_retrieval_policy.yaml"),
    file("logging.yaml")
  ]
  if (
    !providers ||
    !routing ||
    !runtime ||
    !persona ||
    !profile ||
    !memoryPacks ||
    !memoryPolicy ||
    !logging
  ) {
    return Result.fail(wrong.toSorted((a, b) => fileOrder(a) - fileOrder(b)))
  }
  return Result.succeed({
    providers,
    routing: routing.routing_table,
    runtime,
    persona,
    profile: profile.user,
    memoryPacks,
    memoryPolicy,
    logging
  })
}

/** The order of the set; the environment comes last. */
const fileOrder = ({ file }: ConfigPlace): number =>
  file === "environment" ? fileNames.length : fileNames.findIndex((name) => name === file)
