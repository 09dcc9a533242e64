/** Owns the shape of the configuration, one Schema per file of the set; it does not read or merge files. */
import { Schema } from "effect"
import { Content, ContentFromString } from "./Content.ts"
import { configuredPattern, Count, Digest, Mode } from "./Ids.ts"
import { RoutingTable } from "./Route.ts"
import { OnUnavailable } from "./Verdict.ts"

const Identifier = Schema.String.pipe(
  Schema.check(Schema.isPattern(configuredPattern)),
  Schema.brand("Identifier")
)
/** A version as written: quoted or not. */
const Version = Schema.Union([Identifier, Schema.Finite])
const Positive = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 2 ** 31 - 1 })))
const Seconds = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))

/** An address a provider is reached at: http or https, printable ASCII, no credentials, query or fragment. */
export const BaseUrl = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^https?:\/\/[!"$->A-[\]-~]{1,200}$/u)),
  Schema.brand("BaseUrl")
)
export type BaseUrl = typeof BaseUrl.Type

const Ignored = Schema.optionalKey(Schema.Unknown)

// ---- routing_table.yaml

export const RoutingFile = Schema.Struct({
  routing_table: Schema.Struct({ ...RoutingTable.fields, models: Ignored })
})

// ---- providers.yaml

const ProviderEntry = Schema.Struct({
  enabled: Schema.Boolean,
  base_url: Schema.optionalKey(BaseUrl),
  /** The context window asked for, in tokens; one value per provider so that no model is loaded twice. */
  num_ctx: Schema.optionalKey(Positive),
  /** How long a local model stays loaded after an answer, in seconds. */
  keep_alive_seconds: Schema.optionalKey(Count),
  env_key_name: Schema.optionalKey(Identifier),
  notes: Ignored,
  status: Ignored
})

export const ProvidersFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-providers")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  providers: Schema.Record(Identifier, ProviderEntry),
  policies: Schema.Struct({
    allow_implicit_cloud_fallback: Schema.Boolean,
    internal_to_cloud_requires_override: Schema.optionalKey(Schema.Literal(true))
  })
})

// ---- runtime.yaml

const Timeouts = Schema.Struct({
  /** From sending a request to the first token: load, queue and prompt processing. */
  first_byte_seconds: Seconds.pipe(Schema.check(Schema.isLessThanOrEqualTo(3600))),
  /** Between two tokens. */
  idle_seconds: Seconds,
  /** A whole call. */
  total_seconds: Seconds
})

export const RuntimeFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-runtime")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  /** Most code points of an assembled context; 0 disables the check. */
  context_limit_chars: Count,
  /** Most code points of attached text; the rest is cut and the cut is stated. */
  file_content_limit_chars: Positive,
  /** Most tokens of one answer. */
  max_output_tokens: Positive,
  temperature: Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 2 }))),
  timeouts: Timeouts,
  audit: Schema.Struct({
    /** Modes that are audited without being asked; packaged empty. */
    default_modes: Schema.Array(Mode),
    on_unavailable: OnUnavailable
  }),
  constellation: Schema.Struct({ allow_same_model: Schema.Boolean }),
  content_release: Schema.optionalKey(Schema.Boolean),
  session_max_turns: Schema.optionalKey(Positive),
  steward_thresholds: Schema.optionalKey(
    Schema.Struct({
      step_count: Schema.optionalKey(Positive),
      token_budget: Schema.optionalKey(Positive),
      capability_classes: Schema.optionalKey(Schema.Array(Identifier))
    })
  ),
  webhook_url: Schema.optionalKey(BaseUrl),
  webhooks: Schema.optionalKey(
    Schema.Record(
      Schema.Literals(["session_complete", "runbook_complete", "steward_gate_triggered"]),
      Schema.optionalKey(Schema.Struct({ url: BaseUrl, timeout_seconds: Schema.optionalKey(Seconds) }))
    )
  ),
  session_storage_root: Ignored,
  cloud_llm_model_map: Ignored
})

// ---- persona.yaml

const PersonaMode = Schema.Struct({
  name: Mode,
  role: Schema.optionalKey(Identifier),
  contract: ContentFromString,
  audit_enabled: Ignored
})

export const PersonaFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-persona")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  identity: Schema.Struct({
    name: ContentFromString,
    description: Schema.optionalKey(ContentFromString),
    style: Schema.optionalKey(ContentFromString),
    greeting: Schema.optionalKey(ContentFromString)
  }),
  persona: Schema.Struct({
    name: Identifier,
    version: Schema.optionalKey(Version),
    modes: Schema.Array(PersonaMode)
  })
})

// ---- user_profile.yaml

export const UserProfileFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-user-profile")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  user: Schema.Struct({
    name: Schema.optionalKey(ContentFromString),
    role: Schema.optionalKey(ContentFromString),
    expertise: Schema.optionalKey(Schema.Array(ContentFromString)),
    preferences: Schema.optionalKey(Schema.Record(Identifier, ContentFromString)),
    notes: Schema.optionalKey(ContentFromString)
  })
})

// ---- memory_packs.yaml, memory_retrieval_policy.yaml

const Pack = Schema.Struct({
  id: Identifier,
  scope: Identifier,
  version: Schema.optionalKey(Version),
  description: Ignored,
  keys: Schema.optionalKey(Schema.Array(Identifier)),
  include_packs: Schema.optionalKey(Schema.Array(Identifier))
})

export const MemoryPacksFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-memory-packs")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  storage_root: Ignored,
  packs: Schema.Array(Pack)
})

export const MemoryPolicyFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-memory-retrieval-policy")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  route_allowlist: Schema.Array(Mode),
  capability_allowlist: Schema.Array(Identifier),
  sensitivity_allowlist: Schema.Struct({
    elevated: Schema.optionalKey(Schema.Array(Mode)),
    restricted: Schema.optionalKey(Schema.Array(Mode))
  })
})

// ---- logging.yaml

export const LoggingFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-logging")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  storage: Schema.optionalKey(
    Schema.Struct({
      local_only: Schema.optionalKey(Schema.Literal(true)),
      metadata_log_dir: Ignored,
      content_log_dir: Ignored
    })
  ),
  logging: Schema.Struct({
    metadata: Schema.optionalKey(
      Schema.Struct({ enabled: Schema.optionalKey(Schema.Boolean), fields: Ignored, retention_days: Ignored })
    ),
    /** Content is never logged: any other value is refused. */
    content: Schema.optionalKey(
      Schema.Struct({ enabled: Schema.Literal(false), retention_days: Ignored, redaction: Ignored })
    )
  }),
  safety: Schema.optionalKey(Schema.Struct({ never_log: Ignored }))
})

/** The files of the set, in the order in which they are reported. */
export const files = {
  "providers.yaml": ProvidersFile,
  "routing_table.yaml": RoutingFile,
  "runtime.yaml": RuntimeFile,
  "persona.yaml": PersonaFile,
  "user_profile.yaml": UserProfileFile,
  "memory_packs.yaml": MemoryPacksFile,
  "memory_retrieval_policy.yaml": MemoryPolicyFile,
  "logging.yaml": LoggingFile
} as const
export const FileName = Schema.Literals(Object.keys(files) as Array<keyof typeof files>)
export type FileName = typeof FileName.Type

/** The whole configuration of a process, decoded once. */
export interface Settings {
  readonly providers: typeof ProvidersFile.Type
  readonly routing: RoutingTable
  readonly runtime: typeof RuntimeFile.Type
  readonly persona: typeof PersonaFile.Type
  readonly profile: (typeof UserProfileFile.Type)["user"]
  readonly memoryPacks: typeof MemoryPacksFile.Type
  readonly memoryPolicy: typeof MemoryPolicyFile.Type
  readonly logging: typeof LoggingFile.Type
}

/** The part of the configuration that is recorded in clear: identifiers and numbers that decisions depend on. */
export const Policy = Schema.Struct({
  routing: Schema.Struct({ modes: RoutingTable.fields.modes }),
  providers: Schema.Array(Schema.Struct({ name: Identifier, enabled: Schema.Boolean })),
  allowImplicitCloudFallback: Schema.Boolean,
  contextLimitChars: Count,
  fileContentLimitChars: Count,
  maxOutputTokens: Count,
  timeouts: Timeouts,
  audit: RuntimeFile.fields.audit,
  allowSameModel: Schema.Boolean
})
export type Policy = typeof Policy.Type

export const policy = (settings: Settings): Policy => ({
  routing: { modes: settings.routing.modes },
  providers: Object.entries(settings.providers.providers)
    .map(([name, entry]) => ({ name: Identifier.make(name), enabled: entry.enabled }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  allowImplicitCloudFallback: settings.providers.policies.allow_implicit_cloud_fallback,
  contextLimitChars: settings.runtime.context_limit_chars,
  fileContentLimitChars: settings.runtime.file_content_limit_chars,
  maxOutputTokens: settings.runtime.max_output_tokens,
  timeouts: settings.runtime.timeouts,
  audit: settings.runtime.audit,
  allowSameModel: settings.runtime.constellation.allow_same_model
})

/** Which text of the configuration a run depended on: one keyed digest per file that holds text. */
export const PolicyDigests = Schema.Struct({ persona: Digest, profile: Digest, rest: Digest })
export type PolicyDigests = typeof PolicyDigests.Type

/** A configuration value as one text, for digests: keys in order, words of the operator included. */
export const textOf = (value: unknown): Content => {
  if (value instanceof Content) return Content.concat([`${value.bytes}:`, value])
  if (Array.isArray(value)) return Content.concat(["[", ...value.flatMap((item) => [textOf(item), ","]), "]"])
  if (typeof value !== "object" || value === null) return Content.of(`${typeof value}:${String(value)}`)
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Content.concat(["{", ...fields.flatMap(([key, item]) => [`${key}=`, textOf(item), ","]), "}"])
}
