/** Owns what must hold of the running system, and whether it held in the runs of a check. Pure. */
import { Schema } from "effect"
import {
  MAX_AUDIT_PASSES,
  MAX_DRAFTS,
  type Certificate,
  MAX_REVISION_PASSES,
  type Purpose,
  type Reservation
} from "../run/Bounds.ts"
import { intended, isStaying } from "./Staying.ts"
import { isTelling, type Told } from "./Telling.ts"
import { type Scene, SceneName, scenes, type WordName } from "./Canary.ts"
import type { Event } from "../Event.ts"
import { Mode, type ProviderName } from "../Ids.ts"
import { LoggingFile, type Settings } from "../config/Settings.ts"

/** One call as the model that was called saw it. */
export interface Witnessed {
  readonly scene: SceneName
  readonly provider: ProviderName
  readonly purpose: Purpose
  /** Whether what it was called with is an intent of the journal. */
  readonly permitted: boolean
  /** Whether the ledger already had the call when it came. */
  readonly durable: boolean
  readonly reserved: Reservation
  /** By a tokenizer that makes a token of every byte. */
  readonly inputTokens: number
  readonly outputTokens: number
  /** The words it was sent. */
  readonly words: ReadonlySet<WordName>
}

/** One run of the check, and what is on record of it. */
export interface Played {
  readonly scene: Scene
  readonly ended: Scene["ends"]
  readonly events: ReadonlyArray<Event>
  /** Whether what was released is the answer that was made. */
  readonly faithful: boolean
  /** Whether the receipt on record is over these bytes, and over no others; false when nothing was released. */
  readonly receipted: boolean
  /** Whether a turn that a steward decides about was held first, and whoever came second was told so. */
  readonly held: boolean
  /**
   * Whether what a capability made left exactly where the answer did, under the receipt that is over it, and nowhere before; null
   * where none was invoked.
   */
  readonly output: boolean | null
}

/** What was certified for the runbook of the check: as it was told before, and as it is on record. */
export interface Certified {
  readonly told: Certificate
  readonly recorded: Certificate | null
}

/** Everything a check has seen. */
export interface Evidence {
  readonly packaged: Settings
  /** Providers with an adapter that send text off this machine. */
  readonly cloud: ReadonlySet<ProviderName>
  readonly inForce: Settings
  /** Modes of the configuration in force whose route is one, and the same one when asked again. */
  readonly routed: ReadonlySet<Mode>
  readonly played: ReadonlyArray<Played>
  readonly witnessed: ReadonlyArray<Witnessed>
  /** Words in bytes that were written: files, rows, export, metadata. */
  readonly leaked: ReadonlySet<WordName>
  /** Whether each run's configuration is on record under the digest the run names. */
  readonly configured: boolean
  /** Whether rows that were read early were there, unchanged, at the end. */
  readonly kept: boolean
  /** Whether a write that was decided on an old state was refused. */
  readonly guarded: boolean
  readonly verifies: boolean
  /** Whether a run has written to a memory record. */
  readonly remembered: boolean
  /** Null where the runbook could not be run. */
  readonly certified: Certified | null
  readonly erased: boolean
  /** Whether a token has let its holder in until it was revoked, and is written nowhere. */
  readonly admits: boolean
  /** What a receiver outside was told of the check; null where that could not be done. */
  readonly told: Told | null
  /** Metadata records, one for each run that ended. */
  readonly metadata: number
}

interface Invariant {
  readonly id: InvariantId
  readonly holds: (evidence: Evidence) => boolean
}

/** The seed's six keep their ids and titles; ours follow. */
export const titles = {
  "INV-001": "Routing table integrity",
  "INV-002": "Cloud disabled by default",
  "INV-003": "Logging defaults",
  "INV-004": "Config and history immutable",
  "INV-005": "Memory content safety",
  "INV-006": "File content safety",
  "IO3-001": "No model is called without a permit and a durable intent",
  "IO3-002": "At most one draft, one audit, one revision",
  "IO3-003": "An audit never passes without a clear verdict",
  "IO3-004": "What is released has a receipt over its bytes",
  "IO3-005": "Words stand in no byte that is written, unless sealed",
  "IO3-006": "The chain verifies",
  "IO3-007": "What was erased is gone",
  "IO3-008": "The certificate covers what was used",
  "IO3-009": "What may be answered is answered, unchanged",
  "IO3-010": "What is held does not leave before a decision, and there is one",
  "IO3-011": "What a capability made leaves with its receipt, and not otherwise",
  "IO3-012": "A run that asks no model makes no call",
  "IO3-013": "A memory value reaches a model only where the policy lets it",
  "IO3-014": "The steps of a runbook stay within its certificate",
  "IO3-015": "A token is written nowhere, and lets nobody in once it is revoked",
  "IO3-016": "A webhook is signed, has no words in it, and is sent in order until taken"
} as const

export const InvariantId = Schema.Literals(
  Object.keys(titles) as [keyof typeof titles, ...Array<keyof typeof titles>]
)
export type InvariantId = typeof InvariantId.Type

export const InvariantResult = Schema.Struct({
  id: InvariantId,
  title: Schema.Literals(Object.values(titles)),
  passed: Schema.Boolean
})
export type InvariantResult = typeof InvariantResult.Type

const MODES = ["executor", "explorer", "challenger", "synthesizer", "visionary", "draft", "fast"].map(
  (name) => Mode.make(name)
)

const mostOf: Readonly<Record<Purpose, number>> = {
  draft: MAX_DRAFTS,
  audit: MAX_AUDIT_PASSES,
  revision: MAX_REVISION_PASSES
}
const purposes = Object.keys(mostOf) as ReadonlyArray<Purpose>

/**
 * Models saw the calls that are on record, and made no more texts of a kind than there may be. A second attempt is none
 * when nothing came of the first.
 */
const isBounded = (run: Played, witnessed: Evidence["witnessed"]): boolean => {
  const seen = witnessed.filter(({ scene }) => scene === run.scene.name)
  const made = (purpose: Purpose) =>
    seen.filter((call) => call.purpose === purpose && call.outputTokens > 0).length
  return seen.length === intended(run).length && purposes.every((purpose) => made(purpose) <= mostOf[purpose])
}

/** What the run's calls may take together is certified. */
const isCertified = (run: Played): boolean => {
  const certificate = run.events.find((event) => event._tag === "BoundsCertified")?.certificate
  const calls = intended(run)
  const sum = (of: (reserved: Reservation) => number) =>
    calls.reduce((total, { reserved }) => total + of(reserved), 0)
  return (
    certificate !== undefined &&
    calls.length <= certificate.calls &&
    sum(({ inputTokens }) => inputTokens) <= certificate.inputTokens &&
    sum(({ outputTokens }) => outputTokens) <= certificate.outputTokens
  )
}

const isWithin = ({ reserved, inputTokens, outputTokens }: Witnessed): boolean =>
  inputTokens <= reserved.inputTokens && outputTokens <= reserved.outputTokens

const refusesContentLog = !Schema.is(LoggingFile)({ logging: { content: { enabled: true } } })

const complete = ({ played }: Evidence): boolean => played.length === scenes.length

const invariants: ReadonlyArray<Invariant> = [
  {
    id: "INV-001",
    holds: ({ inForce: { routing }, routed }) =>
      MODES.every((mode) => routed.has(mode)) &&
      routed.size === Object.keys(routing.modes).length &&
      routing.rules.boundaries.challenger_user_facing === false &&
      routing.rules.boundaries.single_voice_output === true
  },
  {
    id: "INV-002",
    holds: ({ packaged: { providers }, witnessed, cloud }) =>
      // `ollama` is what is local; whoever else is configured is not.
      Object.entries(providers.providers).every(([name, { enabled }]) => name === "ollama" || !enabled) &&
      !providers.policies.allow_implicit_cloud_fallback &&
      providers.policies.internal_to_cloud_requires_override === true &&
      witnessed.every(({ provider }) => !cloud.has(provider))
  },
  {
    id: "INV-003",
    holds: ({ packaged: { logging }, metadata, played }) =>
      logging.storage?.local_only === true &&
      logging.logging.metadata?.enabled === true &&
      logging.logging.content?.enabled === false &&
      refusesContentLog &&
      metadata === played.length
  },
  { id: "INV-004", holds: ({ configured, kept, guarded }) => configured && kept && guarded },
  {
    id: "INV-005",
    holds: ({ packaged: { memoryPolicy }, remembered }) =>
      !remembered && (memoryPolicy.sensitivity_allowlist.restricted ?? []).length === 0
  },
  {
    id: "INV-006",
    // A file that no model was shown would be safe and of no use.
    holds: ({ leaked, witnessed }) => !leaked.has("file") && witnessed.some(({ words }) => words.has("file"))
  },
  {
    id: "IO3-001",
    holds: ({ witnessed }) =>
      witnessed.length > 0 && witnessed.every(({ permitted, durable }) => permitted && durable)
  },
  {
    id: "IO3-002",
    holds: (evidence) =>
      complete(evidence) && evidence.played.every((run) => isBounded(run, evidence.witnessed))
  },
  {
    id: "IO3-003",
    holds: ({ played }) =>
      played.every(({ scene, ended }) => scene.ends !== "refused" || ended !== "released")
  },
  {
    id: "IO3-004",
    holds: ({ played }) => played.every(({ ended, receipted }) => (ended === "released") === receipted)
  },
  { id: "IO3-005", holds: ({ leaked }) => [...leaked].every((word) => word === "file") },
  { id: "IO3-006", holds: ({ verifies }) => verifies },
  { id: "IO3-007", holds: ({ erased }) => erased },
  {
    id: "IO3-008",
    holds: ({ played, witnessed }) => played.every(isCertified) && witnessed.every(isWithin)
  },
  {
    id: "IO3-009",
    holds: (evidence) =>
      complete(evidence) &&
      evidence.played.every(
        ({ scene, ended, faithful }) => scene.ends !== "released" || (ended === "released" && faithful)
      )
  },
  {
    id: "IO3-010",
    holds: (evidence) =>
      complete(evidence) && evidence.played.every(({ scene, held }) => held === (scene.steward !== null))
  },
  {
    id: "IO3-011",
    holds: (evidence) =>
      complete(evidence) &&
      evidence.played.every(({ scene, output }) => output === (scene.invokes === null ? null : true))
  },
  {
    id: "IO3-012",
    holds: (evidence) =>
      complete(evidence) &&
      evidence.played.every(
        (run) =>
          run.scene.invokes !== "alone" ||
          (intended(run).length === 0 && !evidence.witnessed.some(({ scene }) => scene === run.scene.name))
      )
  },
  {
    id: "IO3-013",
    holds: ({ witnessed }) => {
      const remembering = new Set(scenes.flatMap(({ name, remembers }) => (remembers ? [name] : [])))
      // A memory that no model was shown would be safe and of no use.
      return (
        [...remembering].every((name) => witnessed.some(({ scene }) => scene === name)) &&
        witnessed.every(
          ({ scene, words }) => words.has("memory") === remembering.has(scene) && !words.has("secret")
        )
      )
    }
  },
  { id: "IO3-014", holds: isStaying },
  { id: "IO3-015", holds: ({ admits }) => admits },
  { id: "IO3-016", holds: ({ told }) => isTelling(told) }
]

/** Holds what was seen against every invariant. */
export const judge = (evidence: Evidence): ReadonlyArray<InvariantResult> =>
  invariants.map(({ id, holds }) => ({ id, title: titles[id], passed: holds(evidence) }))
