/** Owns what a run is asked for, what it is told of its session, and what whoever follows it is told. */
import { Effect } from "effect"
import type { Certificate } from "../../domain/run/Bounds.ts"
import type { Content } from "../../domain/Content.ts"
import type { Context } from "../../domain/run/Context.ts"
import type { Conversation } from "../../domain/run/Conversation.ts"
import type { RuntimeFailure } from "../../domain/Failure.ts"
import type { Mode, Principal, RunId, Surface } from "../../domain/Ids.ts"
import type { Route } from "../../domain/run/Route.ts"
import type { Turn } from "../../domain/session/Turn.ts"
import type { Outlet, Released } from "./Release.ts"
import type { Checks } from "./Router.ts"

export interface RunRequest {
  readonly mode: Mode
  readonly prompt: Content
  /** Text that came beside the prompt; null when there is none. */
  readonly file: Content | null
  readonly audit: boolean
  readonly principal: Principal
  readonly surface: Surface
  readonly checks: Checks
}

/** A request with what it is told of its session; null in a run that is no turn. */
export interface Governed extends RunRequest {
  readonly turn: Turn | null
  readonly conversation: Conversation | null
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
