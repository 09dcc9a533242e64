/** Owns the shape of the configuration, one Schema per file of the set; it does not read or merge files. */
import { Schema } from "effect"
import { ContentFromString } from "../Content.ts"
import { configuredPattern, Count, MemoryKey, MemoryScope, Mode, PackId } from "../Ids.ts"
import { RoutingTable } from "../run/Route.ts"
import { OnUnavailable } from "../run/Verdict.ts"
import { BaseUrl, WebhookUrl, isOwn } from "./Address.ts"
import { Positive, Server } from "./ServerSettings.ts"

export { BaseUrl } from "./Address.ts"

const Identifier = Schema.String.pipe(
  Schema.check(Schema.isPattern(configuredPattern)),
  Schema.brand("Identifier")
)
/** A version as written: quoted or not. */
const Version = Schema.Union([Identifier, Schema.Finite])
const Seconds = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 86_400 })))

const Ignored = Schema.optionalKey(Schema.Unknown)

// ---- routing_table.yaml

export const RoutingFile = Schema.Struct({
  routing_table: Schema.Struct({ ...RoutingTable.fields, models: Ignored })
})

// ---- providers.yaml

/** A variable that may hold a provider's key: none of our own, whose keys are of other things. */
export const KeyName = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^(?!IO3_)[A-Z_][A-Z0-9_]{0,127}$/u)),
  Schema.brand("KeyName")
)
export type KeyName = typeof KeyName.Type

export const ProviderEntry = Schema.Struct({
  enabled: Schema.Boolean,
  base_url: Schema.optionalKey(BaseUrl),
  /** Whose machine answers there, where its address does not say: unset, what is not known to be local is a cloud. */
  local: Schema.optionalKey(Schema.Boolean),
  /** The context window asked for, in tokens; one value per provider so that no model is loaded twice. */
  num_ctx: Schema.optionalKey(Positive),
  /** How long a local model stays loaded after an answer, in seconds. */
  keep_alive_seconds: Schema.optionalKey(Count),
  /** The name of the environment variable that holds the key, and never the key. */
  env_key_name: Schema.optionalKey(KeyName),
  /** What the limit of an answer is called there. */
  output_limit_key: Schema.optionalKey(Schema.Literals(["max_tokens", "max_completion_tokens"])),
  /** False for models that refuse to be told a temperature and the like. */
  sampling: Schema.optionalKey(Schema.Boolean),
  /** False for servers that refuse to be told a JSON Schema. */
  json_schema: Schema.optionalKey(Schema.Boolean),
  notes: Ignored,
  status: Ignored
})
export type ProviderEntry = typeof ProviderEntry.Type

/** Text and keys cross no foreign network in clear. Of Ollama's address its user says that it is theirs. */
const isGuarded = (name: string, { base_url, local }: ProviderEntry): boolean =>
  name === "ollama" ||
  base_url === undefined ||
  local === true ||
  base_url.startsWith("https:") ||
  isOwn(base_url)

export const ProvidersFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-providers")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  providers: Schema.Record(Identifier, ProviderEntry).pipe(
    Schema.check(
      Schema.makeFilter((providers: Readonly<Record<string, ProviderEntry>>) =>
        Object.entries(providers)
          .filter(([name, entry]) => !isGuarded(name, entry))
          .map(([name]) => ({ path: [name, "base_url"], issue: "unencrypted" }))
      )
    )
  ),
  policies: Schema.Struct({
    allow_implicit_cloud_fallback: Schema.Boolean,
    internal_to_cloud_requires_override: Schema.optionalKey(Schema.Literal(true))
  })
})

// ---- runtime.yaml

export const Timeouts = Schema.Struct({
  /** From sending a request to the first token: load, queue and prompt processing. */
  first_byte_seconds: Seconds.pipe(Schema.check(Schema.isLessThanOrEqualTo(3600))),
  /** Between two tokens. */
  idle_seconds: Seconds,
  /** A whole call. */
  total_seconds: Seconds
})

/** What one principal may spend in a rolling window; what is not set is not limited. */
export const Budgets = Schema.Struct({
  window_hours: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 744 }))),
  /** Tokens read and written. */
  tokens: Schema.optionalKey(Positive),
  /** Calls to models. */
  calls: Schema.optionalKey(Positive)
})
export type Budgets = typeof Budgets.Type

const Hook = Schema.Struct({
  url: WebhookUrl,
  /** How long one attempt may take. */
  timeout_seconds: Schema.optionalKey(Seconds)
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
  budgets: Schema.optionalKey(Budgets),
  content_release: Schema.optionalKey(Schema.Boolean),
  server: Schema.optionalKey(Server),
  /** Most code points of earlier turns in a turn's context; unset, half of `context_limit_chars`. */
  history_limit_chars: Schema.optionalKey(Count),
  /** Most code points of memory values in one context; unset, 4000. */
  memory_budget_chars: Schema.optionalKey(Count),
  session_max_turns: Schema.optionalKey(Positive),
  steward_thresholds: Schema.optionalKey(
    Schema.Struct({
      step_count: Schema.optionalKey(Positive),
      token_budget: Schema.optionalKey(Positive),
      capability_classes: Schema.optionalKey(Schema.Array(Identifier)),
      /** When an audit was asked for and did not pass the answer as it was. */
      audit: Schema.optionalKey(Schema.Boolean),
      always: Schema.optionalKey(Schema.Boolean)
    })
  ),
  /** A held turn that nobody decides is rejected after so many seconds; unset, it waits. */
  steward_expiry_seconds: Schema.optionalKey(Positive),
  /** Where the events go that have no address of their own. */
  webhook_url: Schema.optionalKey(WebhookUrl),
  webhooks: Schema.optionalKey(
    Schema.Struct({
      session_complete: Schema.optionalKey(Hook),
      runbook_complete: Schema.optionalKey(Hook),
      steward_gate_triggered: Schema.optionalKey(Hook),
      /** Whether a receiver may be on this machine or in a private network. */
      allow_private: Schema.optionalKey(Schema.Boolean),
      /** The variable that has the secret; unset, IO3_WEBHOOK_SECRET. */
      env_key_name: Schema.optionalKey(Identifier)
    })
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
  id: PackId,
  scope: MemoryScope,
  version: Schema.optionalKey(Version),
  description: Ignored,
  keys: Schema.optionalKey(Schema.Array(MemoryKey)),
  /** One level: an included pack includes none. */
  include_packs: Schema.optionalKey(Schema.Array(PackId))
})

export const MemoryPacksFile = Schema.Struct({
  schema: Schema.optionalKey(Schema.Literal("io-iii-memory-packs")),
  version: Schema.optionalKey(Schema.Literal("v1.0")),
  storage_root: Ignored,
  packs: Schema.Array(Pack),
  /** The packs of what names none. */
  defaults: Schema.optionalKey(
    Schema.Struct({
      modes: Schema.optionalKey(Schema.Record(Mode, Schema.Array(PackId))),
      sessions: Schema.optionalKey(Schema.Array(PackId))
    })
  )
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
