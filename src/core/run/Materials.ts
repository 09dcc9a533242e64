/** Owns what a run goes with: whom it asks, what it is of, and what it has in hand between its steps besides what is on record. */
import type { Content } from "../../domain/Content.ts"
import type { Policy } from "../../domain/config/Policy.ts"
import type { Settings } from "../../domain/config/Settings.ts"
import type { Route } from "../../domain/run/Route.ts"
import type { Capabilities } from "../../ports/Capability.ts"
import type { Assembly } from "./Assembly.ts"
import type { Calls } from "./Calls.ts"
import type { Challenger } from "./Challenger.ts"
import type { ConfigRecord } from "./ConfigRecord.ts"
import type { Governed, Watcher } from "./Request.ts"
import type { Router } from "./Router.ts"
import type { RunLog } from "./RunLog.ts"
import type { CallPermit, Purpose } from "../../domain/run/Bounds.ts"
import { type Context, nothing as emptyContext } from "../../domain/run/Context.ts"

/** Whoever does what a step asks for. */
export interface Services {
  readonly assembly: Assembly["Service"]
  readonly calls: Calls["Service"]
  readonly capabilities: Capabilities["Service"]
  readonly challenger: Challenger["Service"]
  readonly configRecord: ConfigRecord["Service"]
  readonly policy: Policy
  readonly router: Router["Service"]
  readonly runtime: Settings["runtime"]
}

/** What is run, for whom. */
export interface Going {
  readonly request: Governed
  readonly route: Route
  readonly log: RunLog
  readonly watcher: Watcher
  /** Random per run: no text can forge the end of its own enclosure. */
  readonly boundary: string
}

export interface Materials {
  readonly context: Context
  /** For the calls that were not intended yet. */
  readonly permits: ReadonlyArray<CallPermit>
  /** What the last call for each purpose produced. */
  readonly texts: ReadonlyMap<Purpose, Content>
  /** What a capability has made; null where none has. */
  readonly output: Content | null
}
export const nothing: Materials = { context: emptyContext, permits: [], texts: new Map(), output: null }
