/** Owns the one failure of the system: a code, where it arose, and facts about it. It carries no text of any other origin. */
import { Runtime, Schema } from "effect"
import { Code, codes } from "./Codes.ts"
import type { Kind } from "./Meaning.ts"
import { ConfigPlace } from "./config/ConfigPlace.ts"
import { FileKind } from "./run/FileKind.ts"
import { ConfigKey, Count, RunId, SessionId } from "./Ids.ts"
import { Required } from "./replay/Required.ts"
import { Action } from "./session/Turn.ts"

export { Code, codes } from "./Codes.ts"
export { Exit, Kind } from "./Meaning.ts"

/** Where in a run a failure arose. */
export const Phase = Schema.Literals([
  "setup",
  "route",
  "capability",
  "context",
  "bounds",
  "draft",
  "audit",
  "revision",
  "gate",
  "release",
  "recovery"
])
export type Phase = typeof Phase.Type

/** What was asked and what is allowed. */
export const Limit = Schema.Struct({
  actual: Count,
  allowed: Count,
  unit: Schema.Literals(["calls", "tokens", "characters", "bytes", "steps"])
})
export type Limit = typeof Limit.Type

/** The failure of every operation of the system. */
export class RuntimeFailure extends Schema.TaggedError<RuntimeFailure>()("RuntimeFailure", {
  code: Code,
  phase: Phase,
  /** The run it happened in, once there is one. */
  run: Schema.optionalKey(RunId),
  /** The session whose turn that run is. */
  session: Schema.optionalKey(SessionId),
  /** What was decided by whoever was first. */
  decided: Schema.optionalKey(Action),
  limit: Schema.optionalKey(Limit),
  /** For a file that is no text: what it is. */
  fileKind: Schema.optionalKey(FileKind),
  /** What of a configuration is another now than it was, by key. */
  changed: Schema.optionalKey(Schema.Array(ConfigKey)),
  /** What has to be given before it can be done again. */
  required: Schema.optionalKey(Schema.Array(Required)),
  /** For configuration and runbooks: every place that is wrong. */
  places: Schema.optionalKey(Schema.Array(ConfigPlace))
}) {
  override get message(): string {
    return `${this.code}: ${codes[this.code].summary}`
  }
  get kind(): Kind {
    return codes[this.code].kind
  }
  get status(): number {
    return codes[this.code].status
  }
  /** The code the process exits with when this ends it. */
  override get [Runtime.errorExitCode](): 1 | 2 | 3 {
    return codes[this.code].exit
  }
  get retryable(): boolean {
    return codes[this.code].retryable
  }
  /** What a person reads on a terminal. */
  get advice(): string {
    return codes[this.code].advice
  }
  get summary(): string {
    return codes[this.code].summary
  }
}

/** The same failure, with the run it happened in. */
export const inRun =
  (run: RunId) =>
  (reason: RuntimeFailure): RuntimeFailure =>
    new RuntimeFailure({ ...detailOf(reason), run })

/** The same failure, with the session it happened in. */
export const inSession =
  (session: SessionId) =>
  (reason: RuntimeFailure): RuntimeFailure =>
    new RuntimeFailure({ ...detailOf(reason), session })

const detailOf = ({
  code,
  phase,
  run,
  session,
  decided,
  limit,
  fileKind,
  changed,
  required,
  places
}: RuntimeFailure) => ({
  code,
  phase,
  ...(run && { run }),
  ...(session && { session }),
  ...(decided && { decided }),
  ...(limit && { limit }),
  ...(fileKind && { fileKind }),
  ...(changed && { changed }),
  ...(required && { required }),
  ...(places && { places })
})

export const failure = (
  code: Code,
  phase: Phase,
  detail: Pick<RuntimeFailure, "limit" | "fileKind" | "changed" | "required" | "places" | "decided"> = {}
): RuntimeFailure => new RuntimeFailure({ code, phase, ...detail })
