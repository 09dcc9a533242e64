/** Owns what is known of each key of the configuration: its path, what it holds, and how its value may be shown. */
import { Schema } from "effect"
import { Content } from "../Content.ts"
import { type FileName, files, type Settings } from "./Settings.ts"

/** What a key holds: one value of a kind, a list of plain values, or something that is accepted and not read. */
export type Kind = "number" | "boolean" | "text" | "fixed" | "content" | "list" | "ignored"

/** A key of a file. In its path `*` stands for any name and `[]` for any index. */
export interface Key {
  readonly path: ReadonlyArray<string>
  readonly kind: Kind
}

type Ast = Schema.Top["ast"]

const walk = (ast: Ast, path: ReadonlyArray<string>): ReadonlyArray<Key> => {
  switch (ast._tag) {
    case "Objects":
      return [
        ...ast.propertySignatures.flatMap(({ name, type }) => walk(type, [...path, String(name)])),
        ...ast.indexSignatures.flatMap(({ type }) => walk(type, [...path, "*"]))
      ]
    case "Arrays": {
      const keys = ast.rest.flatMap((item) => walk(item, [...path, "[]"]))
      return keys.some((key) => key.path.length > path.length + 1) ? keys : [{ path, kind: "list" }]
    }
    case "Number":
      return [{ path, kind: "number" }]
    case "Boolean":
      return [{ path, kind: "boolean" }]
    case "Literal":
      return [{ path, kind: "fixed" }]
    case "Declaration":
      return [{ path, kind: "content" }]
    case "Unknown":
      return [{ path, kind: "ignored" }]
    default:
      return [{ path, kind: "text" }]
  }
}

/** Every key a file of the set may have. */
export const keysOf = (file: FileName): ReadonlyArray<Key> => walk(files[file].ast, [])

/** Tells whether a concrete path is that of a key which is accepted and not read. */
export const ignoredIn = (file: FileName): ((path: ReadonlyArray<string>) => boolean) => {
  const ignored = keysOf(file).filter((key) => key.kind === "ignored")
  return (path) =>
    ignored.some(
      (key) =>
        key.path.length === path.length &&
        key.path.every((name, index) => name === "*" || name === "[]" || name === path[index])
    )
}

/** The documents of the set as they were before `Settings` took them apart. */
const documentOf = (settings: Settings, file: FileName): unknown => {
  switch (file) {
    case "providers.yaml":
      return settings.providers
    case "routing_table.yaml":
      return { routing_table: settings.routing }
    case "runtime.yaml":
      return settings.runtime
    case "persona.yaml":
      return settings.persona
    case "user_profile.yaml":
      return { user: settings.profile }
    case "memory_packs.yaml":
      return settings.memoryPacks
    case "memory_retrieval_policy.yaml":
      return settings.memoryPolicy
    case "logging.yaml":
      return settings.logging
  }
}

/**
 * A value as text for a listing. Words of the operator show as `<content>`, what is not read as `<ignored>`, and of an
 * address everything after the host is left out, where a webhook keeps its secret.
 */
export const textAt = (settings: Settings, file: FileName, path: ReadonlyArray<string>): string => {
  if (ignoredIn(file)(path)) return "<ignored>"
  let value = documentOf(settings, file)
  for (const name of path) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Readonly<Record<string, unknown>>)[name]
        : undefined
  }
  return shown(value)
}

const shown = (value: unknown): string => {
  if (value instanceof Content) return String(value)
  if (Array.isArray(value)) return value.length === 0 ? "[]" : value.map(shown).join(", ")
  if (typeof value === "object" && value !== null) return "{}"
  return String(value).replace(/^(https?:\/\/[^/?]+)[/?].+$/, "$1/…")
}
