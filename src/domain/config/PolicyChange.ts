/** Owns the difference between two recorded configurations, by key: names of the operator's own, and no value. */
import { Option, Schema } from "effect"
import type { ConfigLoaded } from "../Event.ts"
import { ConfigKey } from "../Ids.ts"
import { equals } from "../ledger/Ledger.ts"

type Loaded = Pick<typeof ConfigLoaded.Type, "policy" | "digests">

const asKey = Schema.decodeUnknownOption(ConfigKey)

/** Every key whose value is another, in order; of what is recorded as a digest, the file that it stands for. */
export const changedKeys = (one: Loaded, other: Loaded): ReadonlyArray<ConfigKey> =>
  [
    ...differing(one.policy, other.policy, ""),
    ...Object.keys(one.digests).filter((name) => !equals(digestOf(one, name), digestOf(other, name)))
  ]
    .flatMap((key) => Option.toArray(asKey(key)))
    .toSorted()

const digestOf = ({ digests }: Loaded, name: string): string | undefined =>
  Object.entries(digests).find(([key]) => key === name)?.[1]

const differing = (one: unknown, other: unknown, at: string): ReadonlyArray<string> => {
  if (equals(one, other)) return []
  if (!isRecord(one) || !isRecord(other)) return [at]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) => differing(one[key], other[key], at === "" ? key : `${at}.${key}`))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
