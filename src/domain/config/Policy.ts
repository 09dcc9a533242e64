/** Owns the part of a configuration that is recorded: in clear what decisions read, as digests the words. */
import { Schema } from "effect"
import { Content } from "../Content.ts"
import { CapabilityFacts } from "../capability/Capability.ts"
import { CapabilityClass, CapabilityId, Count, Digest, ProviderName, SettingKey } from "../Ids.ts"
import { MemoryPolicy } from "../memory/Recall.ts"
import { Terms } from "../session/Turn.ts"
import { RoutingTable, type Switches } from "../run/Route.ts"
import { Budgets, RuntimeFile, type Settings, Timeouts } from "./Settings.ts"

/** What decisions read of one provider: how it is configured, and what its adapter says of itself. */
export const ProviderFacts = Schema.Struct({
  name: ProviderName,
  enabled: Schema.Boolean,
  /** Whether this installation has an adapter for it. */
  supported: Schema.Boolean,
  /** Whether text leaves this machine. */
  cloud: Schema.Boolean,
  canAudit: Schema.Boolean,
  /** The context window it is asked for, in tokens; 0 for one that is not supported. */
  window: Count
})
export type ProviderFacts = typeof ProviderFacts.Type

/** The part of the configuration that is recorded in clear: identifiers and numbers that decisions depend on. */
export const Policy = Schema.Struct({
  routing: Schema.Struct({ modes: RoutingTable.fields.modes }),
  /** In the order of their names. */
  providers: Schema.Array(ProviderFacts),
  allowImplicitCloudFallback: Schema.Boolean,
  contextLimitChars: Count,
  fileContentLimitChars: Count,
  maxOutputTokens: Count,
  timeouts: Timeouts,
  audit: RuntimeFile.fields.audit,
  allowSameModel: Schema.Boolean,
  budgets: Schema.NullOr(Budgets),
  /** What sessions begin under; left out of configurations from before there were any. */
  sessions: Schema.optionalKey(Terms),
  /** What runs may remember, and what they may invoke, in the order of the ids; likewise. */
  memory: Schema.optionalKey(MemoryPolicy),
  capabilities: Schema.optionalKey(Schema.Array(CapabilityFacts))
})
export type Policy = typeof Policy.Type

export const policy = (
  settings: Settings,
  providers: ReadonlyArray<ProviderFacts>,
  capabilities: ReadonlyArray<CapabilityFacts>
): Policy => ({
  routing: { modes: settings.routing.modes },
  providers: providers.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  allowImplicitCloudFallback: settings.providers.policies.allow_implicit_cloud_fallback,
  contextLimitChars: settings.runtime.context_limit_chars,
  fileContentLimitChars: settings.runtime.file_content_limit_chars,
  maxOutputTokens: settings.runtime.max_output_tokens,
  timeouts: settings.runtime.timeouts,
  audit: settings.runtime.audit,
  allowSameModel: settings.runtime.constellation.allow_same_model,
  budgets: settings.runtime.budgets ?? null,
  sessions: termsOf(settings.runtime),
  memory: memoryPolicyOf(settings),
  capabilities: capabilities.toSorted((a, b) => (a.id < b.id ? -1 : 1))
})

/** Code points of memory values in a context where nothing is configured. */
const MEMORY_CHARS = 4000

/** Which memory may be read, by whom, and which is where none is named. */
export const memoryPolicyOf = ({ runtime, memoryPacks, memoryPolicy }: Settings): MemoryPolicy => ({
  budgetChars: runtime.memory_budget_chars ?? MEMORY_CHARS,
  packs: memoryPacks.packs.map(({ id, scope, keys = [], include_packs = [] }) => ({
    id,
    scope,
    keys,
    includes: include_packs
  })),
  defaults: memoryPacks.defaults?.modes ?? {},
  sessionDefaults: memoryPacks.defaults?.sessions ?? [],
  routes: memoryPolicy.route_allowlist,
  elevated: memoryPolicy.sensitivity_allowlist.elevated ?? [],
  restricted: memoryPolicy.sensitivity_allowlist.restricted ?? [],
  capabilities: memoryPolicy.capability_allowlist.map((id) => CapabilityId.make(id))
})

/** Turns of a session where nothing is configured. */
const MAX_TURNS = 50

/** What a session is governed by that begins under this configuration. */
export const termsOf = ({
  session_max_turns = MAX_TURNS,
  steward_thresholds: { step_count, token_budget, capability_classes, audit, always } = {},
  steward_expiry_seconds
}: Settings["runtime"]): Terms => ({
  thresholds: {
    stepCount: step_count ?? null,
    tokenBudget: token_budget ?? null,
    capabilityClasses: (capability_classes ?? []).map((name) => CapabilityClass.make(name)),
    audit: audit ?? false,
    always: always ?? false
  },
  expirySeconds: steward_expiry_seconds ?? null,
  maxTurns: session_max_turns
})

/** Whether providers and capabilities are in the order of their names, each once. */
export const isInOrder = ({ providers, capabilities = [] }: Policy): boolean =>
  isAscending(providers.map(({ name }) => name)) && isAscending(capabilities.map(({ id }) => id))

const isAscending = (names: ReadonlyArray<string>): boolean =>
  names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name)

/** The part of a policy that the routing law reads. */
export const switchesOf = ({ providers, allowImplicitCloudFallback }: Policy): Switches => ({
  providers: Object.fromEntries(providers.map(({ name, enabled, cloud }) => [name, { enabled, cloud }])),
  supported: new Set(providers.flatMap(({ name, supported }) => (supported ? [name] : []))),
  allowImplicitCloudFallback
})

/** Of what is not recorded in clear: keyed digests of the files that hold text, of all the rest, and of each key of that. */
export const PolicyDigests = Schema.Struct({
  persona: Digest,
  profile: Digest,
  rest: Digest,
  /** So that a change can be named. Left out of what was recorded before there was such a list. */
  values: Schema.optionalKey(Schema.Array(Schema.Struct({ key: SettingKey, digest: Digest })))
})
export type PolicyDigests = typeof PolicyDigests.Type

/** A configuration value as one text, for digests: keys in order, words of the operator included. */
export const textOf = (value: unknown): Content => {
  if (value instanceof Content) return Content.concat([`${value.bytes}:`, value])
  if (Array.isArray(value)) return Content.concat(["[", ...value.flatMap((item) => [textOf(item), ","]), "]"])
  if (typeof value !== "object" || value === null) return Content.of(`${typeof value}:${String(value)}`)
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Content.concat(["{", ...fields.flatMap(([key, item]) => [`${key}=`, textOf(item), ","]), "}"])
}

/** Every value below, by its path of keys; a list of plain values is one, and what has a name that no key can have is left out. */
export const valuesIn = (value: unknown, path = ""): ReadonlyArray<readonly [SettingKey, unknown]> =>
  typeof value === "object" && value !== null && !(value instanceof Content) && !isPlainList(value)
    ? Object.entries(value).flatMap(([key, item]) => valuesIn(item, path === "" ? key : `${path}.${key}`))
    : isSettingKey(path)
      ? [[path, value]]
      : []

const isSettingKey = Schema.is(SettingKey)
const isPlainList = (value: object): boolean =>
  Array.isArray(value) && value.every((item) => typeof item !== "object" || item === null)
