/** Owns the identifiers and counted quantities a record may hold; it does not create them (see `ports/Identity`). */
import { Schema } from "effect"

/** A count, size or index: a non-negative safe integer. */
export const Count = Schema.Natural
export type Count = typeof Count.Type

/** Milliseconds since the Unix epoch. */
export const Timestamp = Schema.Natural.pipe(Schema.brand("Timestamp"))
export type Timestamp = typeof Timestamp.Type

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** One governed run. UUIDv7, lower case: sortable by the time it was accepted. */
export const RunId = Schema.String.pipe(Schema.check(Schema.isPattern(uuid)), Schema.brand("RunId"))
export type RunId = typeof RunId.Type

/** When a run's id was made, as the id itself says; 0 for one that does not. */
export const madeAt = (run: RunId): number =>
  run[14] === "7" ? parseInt(run.slice(0, 8) + run.slice(9, 13), 16) : 0

/** One session: a conversation of turns, each a run. UUIDv7, lower case. */
export const SessionId = Schema.String.pipe(Schema.check(Schema.isPattern(uuid)), Schema.brand("SessionId"))
export type SessionId = typeof SessionId.Type

/** One token that somebody asks with. UUIDv7, lower case; it is no secret. */
export const TokenId = Schema.String.pipe(Schema.check(Schema.isPattern(uuid)), Schema.brand("TokenId"))
export type TokenId = typeof TokenId.Type

/** A page that has logged in with a token. */
export const LoginId = Schema.String.pipe(Schema.check(Schema.isPattern(uuid)), Schema.brand("LoginId"))
export type LoginId = typeof LoginId.Type

/** One process that runs something; it holds a lease in the journal while it lives. */
export const OwnerId = Schema.String.pipe(Schema.check(Schema.isPattern(uuid)), Schema.brand("OwnerId"))
export type OwnerId = typeof OwnerId.Type

/** Letters an operator may use in a name that is recorded in clear: at most 128 of them, no spaces. */
export const configuredPattern = /^[A-Za-z0-9._:/-]{1,128}$/u
/** The same in words. */
export const configuredForm = "at most 128 letters, digits and . _ : / -"
const configured = Schema.String.pipe(Schema.check(Schema.isPattern(configuredPattern)))

/** A routing mode, e.g. `executor`. */
export const Mode = configured.pipe(Schema.brand("Mode"))
export type Mode = typeof Mode.Type

/** A provider as configured, e.g. `ollama`. */
export const ProviderName = configured.pipe(Schema.brand("ProviderName"))
export type ProviderName = typeof ProviderName.Type

/** A model as its provider names it, e.g. `qwen3:8b`. */
export const ModelName = configured.pipe(Schema.brand("ModelName"))
export type ModelName = typeof ModelName.Type

/** A route target as written in the table, `<namespace>:<model>`, e.g. `local:qwen3:8b`. */
export const Target = configured.pipe(Schema.brand("Target"))
export type Target = typeof Target.Type

/** A capability as it is registered, e.g. `cap.json_pretty`. */
export const CapabilityId = configured.pipe(Schema.brand("CapabilityId"))
export type CapabilityId = typeof CapabilityId.Type

/** A bundle of memory records as it is declared, e.g. `pack.default.starter`. */
export const PackId = configured.pipe(Schema.brand("PackId"))
export type PackId = typeof PackId.Type

/** At most four parts of at most 31 letters, digits, `-` and `_`, with single dots between them: never shaped like a path. */
const part = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9_-]{0,30}(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,30}){0,3}$/))
)

/** What memory records belong to, e.g. `project`. */
export const MemoryScope = part.pipe(Schema.brand("MemoryScope"))
export type MemoryScope = typeof MemoryScope.Type

/** One record within its scope, e.g. `style.language`. */
export const MemoryKey = part.pipe(Schema.brand("MemoryKey"))
export type MemoryKey = typeof MemoryKey.Type

/** A runbook as its author names it. */
export const RunbookId = configured.pipe(Schema.brand("RunbookId"))
export type RunbookId = typeof RunbookId.Type

/** A step of a runbook as its author names it. */
export const TaskSpecId = configured.pipe(Schema.brand("TaskSpecId"))
export type TaskSpecId = typeof TaskSpecId.Type

/** A class of capabilities, as a threshold names it: their category. */
export const CapabilityClass = configured.pipe(Schema.brand("CapabilityClass"))
export type CapabilityClass = typeof CapabilityClass.Type

/** Who asked. The CLI's user is `local`. */
export const Principal = configured.pipe(Schema.brand("Principal"))
export type Principal = typeof Principal.Type

/** A key of the configuration, as the record has it. */
export const SettingKey = configured.pipe(Schema.brand("SettingKey"))
export type SettingKey = typeof SettingKey.Type

/** The name of one key in the operator's own configuration, for messages on the operator's terminal. */
export const ConfigKey = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[A-Za-z0-9_.*[\]-]{1,128}$/)),
  Schema.brand("ConfigKey")
)
export type ConfigKey = typeof ConfigKey.Type

/** Where a request came in. */
export const Surface = Schema.Literals(["cli", "program", "http"])
export type Surface = typeof Surface.Type

/** A journal stream, e.g. `run/0190…`: everything that ever happened to one subject. Never shaped like a path. */
export const StreamId = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^(run|session|runbook|memory)\/[a-z0-9_-][a-z0-9._-]{0,95}$|^(config|tokens)$/)
  ),
  Schema.brand("StreamId")
)
export type StreamId = typeof StreamId.Type

/** What the names of runs' streams begin with. */
export const RUN_PREFIX = "run/"

export const runStream = (run: RunId): StreamId => StreamId.make(RUN_PREFIX + run)

/** What the names of sessions' streams begin with. */
export const SESSION_PREFIX = "session/"

export const sessionStream = (session: SessionId): StreamId => StreamId.make(SESSION_PREFIX + session)

/** What the names of runbooks' streams begin with: each is one execution, named like a run. */
export const RUNBOOK_PREFIX = "runbook/"

export const runbookStream = (run: RunId): StreamId => StreamId.make(RUNBOOK_PREFIX + run)

/** What the names of memory records' streams begin with. */
export const MEMORY_PREFIX = "memory/"

/** The configurations that runs were governed by. */
export const configStream = StreamId.make("config")

/** The tokens that were issued. */
export const tokensStream = StreamId.make("tokens")

/** One sealed text of a stream, e.g. `prompt` or `draft.1`. */
export const ContentId = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[a-z]{1,32}(\.[0-9]{1,6})?$/)),
  Schema.brand("ContentId")
)
export type ContentId = typeof ContentId.Type

/** A 256-bit digest in lower-case hex. Digests of content are keyed: a short text cannot be guessed from one. */
export const Digest = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  Schema.brand("Digest")
)
export type Digest = typeof Digest.Type

/** An Ed25519 public key: its 32 raw bytes in lower-case hex. */
export const PublicKey = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  Schema.brand("PublicKey")
)
export type PublicKey = typeof PublicKey.Type

/** An Ed25519 signature: its 64 bytes in lower-case hex. */
export const Signature = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^[0-9a-f]{128}$/)),
  Schema.brand("Signature")
)
export type Signature = typeof Signature.Type
