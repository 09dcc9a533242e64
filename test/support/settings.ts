/** Owns settings for tests: the packaged configuration as it is shipped, decoded by its Schemas. */
import { Schema } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import { type FileName, files, type Settings } from "../../src/domain/config/Settings.ts"

const folder = join(import.meta.dirname, "..", "..", "config")

const read = <N extends FileName>(name: N): (typeof files)[N]["Type"] => {
  const schema = files[name] as unknown as Schema.Decoder<(typeof files)[N]["Type"]>
  return Schema.decodeUnknownSync(schema)(parse(readFileSync(join(folder, name), "utf8")) ?? {})
}

export const settings: Settings = {
  providers: read("providers.yaml"),
  routing: read("routing_table.yaml").routing_table,
  runtime: read("runtime.yaml"),
  persona: read("persona.yaml"),
  profile: read("user_profile.yaml").user,
  memoryPacks: read("memory_packs.yaml"),
  memoryPolicy: read("memory_retrieval_policy.yaml"),
  logging: read("logging.yaml")
}
