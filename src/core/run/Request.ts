/** Owns what a run is asked for, what it is told of its session, and what whoever follows it is told. */
import { Effect } from "effect"
import type { Certificate } from "../../domain/run/Bounds.ts"
import type { Content } from "../../domain/Content.ts"
import type { Context, RememberedValue } from "../../domain/run/Context.ts"
import type { Client } from "../../domain/run/ClientContext.ts"
import type { Conversation } from "../../domain/run/Conversation.ts"
import type { Generation } from "../../domain/run/Generation.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { CapabilityId, Mode, PackId, Principal, RunId, Surface } from "../../domain/Ids.ts"
import type { Recalled } from "../../domain/memory/Recall.ts"
import { leftOut } from "../../domain/run/Leaving.ts"
import type { Route } from "../../domain/run/Route.ts"
import type { RunState } from "../../domain/run/Run.ts"
import type { RunbookStep, Source } from "../../domain/run/Seat.ts"
import type { Turn } from "../../domain/session/Turn.ts"
import type { Outlet, Released } from "./Release.ts"
import type { Checks } from "./Router.ts"

export interface RunRequest {
  readonly mode: Mode
  readonly prompt: Content
  /** Text that came beside the prompt; null when there is none. */
  readonly file: Content | null
  /** What is invoked before a model is asked; null when nothing is. */
  readonly capability: Invocation | null
  /** Whose memory records the run may read, in this order; null leaves that to the configuration. */
  readonly packs: ReadonlyArray<PackId> | null
  readonly audit: boolean
  /** What a client that keeps its own conversation gives besides; never in a turn or a step. */
  readonly client?: Client | null
  /** How it is to be answered; without, the configuration says all of it. */
  readonly generation?: Generation | null
  readonly principal: Principal
  readonly surface: Surface
  readonly checks: Checks
}

/** A capability, and what it is given: JSON text, null for nothing. */
export interface Invocation {
  readonly id: CapabilityId
  readonly payload: Content | null
}

/** What a client gives and wants; null where there is none of it. */
export interface Wanted {
  readonly client: Client | null
  readonly generation: Generation | null
}

/** A request with everything that it is told besides; null where there is none of it. */
export interface Governed extends Omit<RunRequest, "packs" | keyof Wanted>, Wanted {
  readonly turn: Turn | null
  readonly step: RunbookStep | null
  readonly source: Source | null
  readonly conversation: Conversation | null
  readonly memory: Remembered | null
}

/** What is known of memory records in a run, and the values of those that it may read. */
export interface Remembered {
  readonly packs: ReadonlyArray<PackId>
  readonly recalled: ReadonlyArray<Recalled>
  readonly values: ReadonlyArray<RememberedValue>
}

/** How a run came to rest: its text has left, or waits for a steward. What has failed is a failure. */
export type Rest = { readonly _tag: "Released"; readonly released: Released } | { readonly _tag: "Held" }

/** What is known before the first call. */
export interface Accepted {
  readonly run: RunId
  readonly route: Route
  readonly audit: boolean
  readonly certificate: Certificate
  /** Characters of what was given that did not fit and are not sent. */
  readonly leftOut: number
  /** Earlier turns that are sent along, and those that are not; null where there is no session. */
  readonly history: Context["history"]
  /** Messages of a client that are sent along, and those that are not; null where it gave none. */
  readonly clientHistory: Context["clientHistory"]
  /** What became of each memory record that was asked for; null where none was. */
  readonly memory: ReadonlyArray<Recalled> | null
  /** The packs it was asked for with. */
  readonly packs: ReadonlyArray<PackId>
}

/** The same by the record; null as long as that does not say all of it. */
export const acceptedIn = (run: RunId, state: RunState): Accepted | null => {
  const { accepted, route, bounds, context } = state
  if (!accepted || !route || !bounds) return null
  return {
    run,
    route: route.route,
    audit: accepted.audit,
    certificate: bounds.certificate,
    leftOut: leftOut(state),
    history: context?.history ?? null,
    clientHistory: context?.clientHistory ?? null,
    memory: context?.memory ?? null,
    packs: accepted.packs ?? []
  }
}

/** Who follows a run while it goes. */
export interface Watcher {
  readonly accepted: (facts: Accepted) => Effect.Effect<void>
  /** Null when the answer is wanted whole. */
  readonly outlet: Outlet | null
  /** Told that the run was cancelled, once that is on record. */
  readonly cancelled?: (reason: RuntimeFailure) => Effect.Effect<void>
}

/** Nobody follows. */
export const unwatched: Watcher = { accepted: () => Effect.void, outlet: null }
