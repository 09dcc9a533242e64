/** Owns the shapes that `--output json` and `ndjson` print; they change by addition alone. */
import { Schema } from "effect"
import type { Accepted } from "../../core/run/Request.ts"
import type { Released } from "../../core/run/Release.ts"
import type { RunResult } from "../../core/run/Runs.ts"
import { CapabilityErrorCode, CapabilityVersion, Category } from "../../domain/capability/Capability.ts"
import type { CapabilityInvoked } from "../../domain/Event.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import { ConfigPlace } from "../../domain/config/ConfigPlace.ts"
import { FileKind } from "../../domain/run/FileKind.ts"
import { Code, Kind, Limit, Phase, type RuntimeFailure } from "../../domain/Failure.ts"
import { countOf, type Recalled } from "../../domain/memory/Recall.ts"
import {
  CapabilityId,
  ConfigKey,
  Count,
  MemoryKey,
  MemoryScope,
  Mode,
  ModelName,
  PackId,
  ProviderName,
  RunId,
  SessionId
} from "../../domain/Ids.ts"
import { Required } from "../../domain/replay/Required.ts"
import { Receipt } from "../../domain/run/Receipt.ts"
import { Route } from "../../domain/run/Route.ts"
import { Action } from "../../domain/session/Turn.ts"

export const AuditMeta = Schema.Struct({
  audit_used: Schema.Literal(true),
  audit_verdict: Schema.Literals(["pass", "needs_work", "unavailable"]),
  revised: Schema.Boolean,
  independent: Schema.NullOr(Schema.Boolean)
})

/** What became of the memory records that a run was to read: names and numbers, no value. */
export const MemoryContext = Schema.Struct({
  pack_ids: Schema.Array(PackId),
  keys_declared: Count,
  keys_loaded: Schema.Array(Schema.Struct({ scope: MemoryScope, key: MemoryKey, version: Count })),
  /** Not in the store, denied by the policy, and left out whole for want of room. */
  keys_missing: Count,
  keys_denied: Count,
  keys_dropped: Count
})

export const memoryContext = (
  memory: ReadonlyArray<Recalled> | null,
  packs: ReadonlyArray<PackId> | undefined
): typeof MemoryContext.Type | null =>
  memory && {
    pack_ids: packs ?? [],
    keys_declared: memory.length,
    keys_loaded: memory
      .filter(({ outcome }) => outcome === "released")
      .map(({ scope, key, version }) => ({ scope, key, version })),
    keys_missing: countOf(memory, "missing"),
    keys_denied: countOf(memory, "denied"),
    keys_dropped: countOf(memory, "dropped")
  }

/** What was said of the one call of a capability, and what it made: null where it broke. */
export const CapabilityMeta = Schema.Struct({
  capability_id: CapabilityId,
  version: CapabilityVersion,
  category: Category,
  ok: Schema.Boolean,
  error_code: Schema.NullOr(CapabilityErrorCode),
  duration_ms: Count,
  output: Schema.Unknown
})
export const Meta = Schema.Struct({ capability: Schema.optionalKey(CapabilityMeta) })

/** The output leaves with its answer: of what is held there is none. */
export const metaOf = (
  capability: typeof CapabilityInvoked.Type | null,
  released: Released | null
): typeof Meta.Type =>
  capability === null
    ? {}
    : {
        capability: {
          capability_id: capability.id,
          version: capability.version,
          category: capability.category,
          ok: capability.ok,
          error_code: capability.errorCode,
          duration_ms: capability.durationMillis,
          output: released && outputOf(released)
        }
      }

/** What a capability has made, beside an answer or as one. */
const outputOf = ({ text, output, receipt: { provenance } }: Released): unknown => {
  const json = provenance === "capability" ? text : output
  return json === null ? null : JSON.parse(json)
}

/** `io3 run --output json`. The answer is in `result.message` and nowhere else. */
export const RunOutput = Schema.Struct({
  status: Schema.Literal("ok"),
  run_id: RunId,
  result: Schema.Struct({
    message: Schema.String,
    mode: Mode,
    route_id: Mode,
    provider: ProviderName,
    model: ModelName,
    meta: Meta
  }),
  memory_context: Schema.NullOr(MemoryContext),
  audit_meta: Schema.NullOr(AuditMeta),
  /** Characters of what was given that did not fit and were not sent. */
  left_out_chars: Count,
  receipt: Receipt
})

const { step, task, ...required } = Required.fields
/** What was recorded and is not here. */
export const RequiredOutput = Schema.Struct({ step_index: step, task_spec_id: task, ...required })

/** Any command that fails, with `--output json`. */
export const FailureOutput = Schema.Struct({
  status: Schema.Literal("error"),
  run_id: Schema.NullOr(RunId),
  session_id: Schema.NullOr(SessionId),
  /** What somebody else has decided before. */
  decided: Schema.NullOr(Action),
  error: Schema.Struct({
    kind: Kind,
    code: Code,
    summary: Schema.String,
    phase: Phase,
    retryable: Schema.Boolean,
    limit: Schema.NullOr(Limit),
    /** What a file is that is no text. */
    file_kind: Schema.NullOr(FileKind),
    places: Schema.Array(ConfigPlace),
    /** What of the configuration is another one now, by key. */
    changed: Schema.optionalKey(Schema.Array(ConfigKey)),
    /** What has to be given before it can be done again. */
    required: Schema.optionalKey(Schema.Array(RequiredOutput)),
    /** What is wrong with a command line, without what was typed. */
    usage: Schema.optionalKey(Schema.Array(Schema.String))
  })
})

export const AcceptedLine = Schema.Struct({
  type: Schema.Literal("accepted"),
  run_id: RunId,
  route: Route,
  audit: Schema.Boolean,
  certificate: Certificate,
  memory_context: Schema.NullOr(MemoryContext),
  left_out_chars: Count
})
export const ChunkLine = Schema.Struct({ type: Schema.Literal("chunk"), text: Schema.String })

/** One line of `io3 run --output ndjson`; the last is `finished` or `failed`. */
export const RunLine = Schema.Union([
  AcceptedLine,
  ChunkLine,
  Schema.Struct({ type: Schema.Literal("finished"), ...RunOutput.fields }),
  Schema.Struct({ type: Schema.Literal("failed"), ...FailureOutput.fields })
])

export const RouteOutput = Schema.Struct({ mode: Mode, route: Route, route_id: Mode })

export const auditMeta = ({ audit, auditor }: Receipt): typeof AuditMeta.Type | null =>
  audit === "none"
    ? null
    : {
        audit_used: true,
        audit_verdict: audit === "pass" ? "pass" : audit === "revised" ? "needs_work" : "unavailable",
        revised: audit === "revised",
        independent: auditor?.independent ?? null
      }

export const runOutput = ({
  run,
  released,
  leftOut,
  memory,
  packs,
  capability
}: RunResult): typeof RunOutput.Type => {
  const { text, receipt } = released
  const { mode, provider, model } = receipt
  return {
    status: "ok",
    run_id: run,
    result: { message: text, mode, route_id: mode, provider, model, meta: metaOf(capability, released) },
    memory_context: memoryContext(memory, packs),
    audit_meta: auditMeta(receipt),
    left_out_chars: leftOut,
    receipt
  }
}

export const acceptedLine = ({
  run,
  leftOut,
  memory,
  packs,
  ...facts
}: Accepted): typeof AcceptedLine.Type => ({
  type: "accepted",
  run_id: run,
  memory_context: memoryContext(memory, packs),
  left_out_chars: leftOut,
  ...facts
})

export const failureOutput = (
  reason: RuntimeFailure,
  usage?: ReadonlyArray<string>
): typeof FailureOutput.Type => {
  const { kind, code, summary, phase, retryable, run, session, decided, limit, fileKind, places } = reason
  const { changed, required } = reason
  return {
    status: "error",
    run_id: run ?? null,
    session_id: session ?? null,
    decided: decided ?? null,
    error: {
      kind,
      code,
      summary,
      phase,
      retryable,
      limit: limit ?? null,
      file_kind: fileKind ?? null,
      places: places ?? [],
      ...(changed && { changed }),
      ...(required && {
        required: required.map(({ step, task, ...rest }) => ({
          step_index: step,
          task_spec_id: task,
          ...rest
        }))
      }),
      ...(usage && { usage })
    }
  }
}

export const routeOutput = (route: Route): typeof RouteOutput.Type => ({
  mode: route.mode,
  route,
  route_id: route.mode
})
