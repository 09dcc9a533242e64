/** Owns configuration as it was read: values that remember their layer and place; it knows no key. */
import type { ConfigFault, ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { ConfigKey } from "../../domain/Ids.ts"
import type { Origin } from "../../domain/config/Origin.ts"

export type Path = ReadonlyArray<string>
export type Scalar = string | number | boolean | null

/** Where a value was read: its layer, and its position or the name of its environment variable. */
export interface Source extends Omit<ConfigPlace, "fault"> {
  readonly origin: Origin
}

export type Tree =
  | { readonly _tag: "Plain"; readonly value: Scalar; readonly source: Source }
  | { readonly _tag: "Listed"; readonly items: ReadonlyArray<Tree>; readonly source: Source }
  | Mapping
export interface Mapping {
  readonly _tag: "Mapping"
  readonly entries: ReadonlyMap<string, Tree>
  readonly source: Source
}

export const mapping = (entries: Iterable<readonly [string, Tree]>, source: Source): Mapping => ({
  _tag: "Mapping",
  entries: new Map(entries),
  source
})

/** A value that has one source as a whole. */
export const fromValue = (value: unknown, source: Source): Tree => {
  if (Array.isArray(value))
    return { _tag: "Listed", items: value.map((item) => fromValue(item, source)), source }
  if (typeof value === "object" && value !== null) {
    return mapping(
      Object.entries(value).map(([key, item]) => [key, fromValue(item, source)] as const),
      source
    )
  }
  return { _tag: "Plain", value: value as Scalar, source }
}

/** A mapping with one value at `path`. */
export const single = (path: Path, value: Scalar, source: Source): Mapping => {
  const [name, ...rest] = path
  if (name === undefined) throw new RangeError("a mapping has at least one key")
  const below: Tree = rest.length === 0 ? { _tag: "Plain", value, source } : single(rest, value, source)
  return mapping([[name, below]], source)
}

/** Lays `upper` over `lower`: mappings are merged key by key, anything else is replaced. */
export const merge = (lower: Mapping, upper: Mapping): Mapping => {
  const entries = new Map(lower.entries)
  for (const [key, value] of upper.entries) {
    const below = entries.get(key)
    const both = below?._tag === "Mapping" && value._tag === "Mapping"
    entries.set(key, both ? merge(below, value) : value)
  }
  return { _tag: "Mapping", entries, source: upper.source }
}

/** The bare value. */
export const plain = (tree: Tree): unknown => {
  switch (tree._tag) {
    case "Plain":
      return tree.value
    case "Listed":
      return tree.items.map(plain)
    case "Mapping":
      return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plain(value)]))
  }
}

const child = (tree: Tree, name: string): Tree | undefined =>
  tree._tag === "Mapping"
    ? tree.entries.get(name)
    : tree._tag === "Listed"
      ? tree.items[Number(name)]
      : undefined

/**
 * The place of the value at `path`, or of the nearest value around it when there is none. A name that `isNamed` does not
 * say yes to shows as `*`.
 */
export const placeAt = (
  root: Tree,
  path: Path,
  fault: ConfigFault,
  isNamed: (name: string) => boolean = () => true
): ConfigPlace => {
  let nearest = root
  for (const name of path) {
    const next = child(nearest, name)
    if (next === undefined) break
    nearest = next
  }
  const { file, line, column, key } = nearest.source
  return { file, line, column, key: key ?? keyOf(path, isNamed), fault }
}

/** The paths that hold a value: `closed` ones as a whole, and lists that hold no mapping. */
export const leaves = (
  tree: Tree,
  closed: (path: Path) => boolean,
  path: Path = []
): ReadonlyArray<{ readonly path: Path; readonly origin: Origin }> => {
  const below: ReadonlyArray<readonly [string, Tree]> =
    tree._tag === "Mapping"
      ? [...tree.entries]
      : tree._tag === "Listed" && tree.items.some((item) => item._tag !== "Plain")
        ? tree.items.map((item, index) => [String(index), item] as const)
        : []
  return below.length === 0 || closed(path)
    ? [{ path, origin: tree.source.origin }]
    : below.flatMap(([name, item]) => leaves(item, closed, [...path, name]))
}

/** A path as the name of a key; a name that could be anything else than a key shows as `*`. */
const keyOf = (path: Path, isNamed: (name: string) => boolean): ConfigKey | null => {
  const text = path
    .map((name, index) => {
      if (/^\d+$/.test(name)) return `[${name}]`
      return `${index === 0 ? "" : "."}${/^[A-Za-z0-9_-]{1,48}$/.test(name) && isNamed(name) ? name : "*"}`
    })
    .join("")
  return text.length > 0 && text.length <= 128 ? ConfigKey.make(text) : null
}
