/**
 * Owns what is generated from the Schemas of the configuration and of runbooks, and from the packaged files:
 * `config/schema/*.json` for editors, and the packaged defaults as the JSON that the program carries. `--check` writes
 * nothing and fails on a difference.
 */
import { Schema } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { parse } from "yaml"
import { type FileName, files } from "../src/domain/config/Settings.ts"
import { RunbookFile } from "../src/domain/runbook/Runbook.ts"

const root = join(import.meta.dirname, "..")
const names = Object.keys(files) as ReadonlyArray<FileName>
type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

/** Layers are merged key by key, so a file may leave out any key; an item of a list is replaced whole, so it may not. */
const partial = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(partial)
  if (typeof schema !== "object" || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "required" && Array.isArray(value)))
      .map(([key, value]) => [key, key === "items" ? value : partial(value)])
  )
}

const published = (name: string, schema: Schema.Top): Json => {
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `io-iii ${name}`,
    ...document.schema,
    ...(Object.keys(document.definitions).length > 0 ? { $defs: document.definitions } : {})
  } as Json
}

/** Each generated file by its path in the repository. */
export const generated = (): ReadonlyMap<string, Json> => {
  const schemas = names.map(
    (name) =>
      [`config/schema/${name.replace(".yaml", ".json")}`, partial(published(name, files[name]))] as const
  )
  const defaults = names.map((name) => [
    name,
    parse(readFileSync(join(root, "config", name), "utf8")) as Json
  ])
  return new Map([
    ...schemas,
    ["config/schema/runbook.json", published("runbook", RunbookFile)],
    ["src/adapters/config/packaged.json", Object.fromEntries(defaults) as Json]
  ])
}

/** The generated files that are missing or not what they should be. */
export const stale = (): ReadonlyArray<string> =>
  [...generated()]
    .filter(([path, json]) => !isDeepStrictEqual(readJson(join(root, path)), json))
    .map(([path]) => path)

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  const outdated = stale()
  if (process.argv.includes("--check")) {
    for (const path of outdated) process.stderr.write(`${path} is not up to date\n`)
    process.exitCode = outdated.length === 0 ? 0 : 1
  } else {
    const all = generated()
    for (const path of outdated) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), `${JSON.stringify(all.get(path), null, 2)}\n`)
    }
  }
}
