/** Owns the difference between two recorded configurations, by key: names of the operator's own, and no value. */
import { Option, Schema } from "effect"
import type { ConfigLoaded } from "../Event.ts"
import { ConfigKey } from "../Ids.ts"
import { equals } from "../ledger/Ledger.ts"

type Loaded = Pick<typeof ConfigLoaded.Type, "policy" | "digests">

const asKey = Schema.decodeUnknownOption(ConfigKey)

/**
 * Every key whose value is another, in order, as its file has it; of persona and profile the file alone. Where one of the two was
 * recorded before there were digests of keys, what is recorded in clear is named as it is there, and the rest is `rest`.
 */
export const changedKeys = (one: Loaded, other: Loaded): ReadonlyArray<ConfigKey> => {
  const inClear = differing(one.policy, other.policy, "")
  const [before, after] = [valuesOf(one), valuesOf(other)]
  const files = changedIn(filesOf(one), filesOf(other))
  const changed =
    before && after
      ? [
          ...changedIn(before, after),
          ...files.filter((file) => file !== REST),
          ...inClear.filter((key) => ELSEWHERE.test(key))
        ]
      : [...inClear, ...files]
  // A name that no key can have, and what only an adapter says of itself, have no other one.
  const all = changed.length === 0 ? [...inClear, ...files] : changed
  return all.flatMap((key) => Option.toArray(asKey(key))).toSorted()
}

const REST = "rest"
/** What no digest of a key stands for: the modes, and what was registered. */
const ELSEWHERE = /^(?:routing\.modes|capabilities)\b/u

type Digests = ReadonlyMap<string, string>

const changedIn = (one: Digests, other: Digests): ReadonlyArray<string> =>
  [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key))

const filesOf = ({ digests }: Loaded): Digests =>
  new Map(
    Object.entries(digests).flatMap(([file, digest]) => (typeof digest === "string" ? [[file, digest]] : []))
  )

const valuesOf = ({ digests: { values } }: Loaded): Digests | null =>
  values ? new Map(values.map(({ key, digest }) => [key, digest])) : null

const differing = (one: unknown, other: unknown, at: string): ReadonlyArray<string> => {
  if (equals(one, other)) return []
  if (!isRecord(one) || !isRecord(other)) return [at]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) => differing(one[key], other[key], at === "" ? key : `${at}.${key}`))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
