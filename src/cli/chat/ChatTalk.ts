/** Owns where a conversation stands on this side of the terminal: its session, what was told of it, how it would end now. */
import { Console, Effect, Ref } from "effect"
import type { Start } from "../../core/session/Beginning.ts"
import { Sessions } from "../../core/session/Sessions.ts"
import type { Content } from "../../domain/Content.ts"
import { codes, type RuntimeFailure } from "../../domain/Failure.ts"
import { Exit } from "../../domain/Failure.ts"
import type { Mode, PackId, RunId, SessionId } from "../../domain/Ids.ts"
import type { SessionMode, Threshold } from "../../domain/session/Turn.ts"
import { ChatLine } from "./ChatResults.ts"
import { complain } from "../Complaint.ts"
import { printLine } from "../Output.ts"
import { failureOutput } from "../../api/results/RunResults.ts"
import { root } from "../root.ts"

export interface Standing {
  /** Null before the first turn: who leaves without having asked leaves nothing behind. */
  readonly session: SessionId | null
  /** What the session begins with. */
  readonly start: Start
  readonly mode: SessionMode
  /** Who answers in this chat; null leaves it to the session. */
  readonly persona: Mode | null
  /** Whether the turns of this chat are audited; those of a session may be in any case. */
  readonly audit: boolean
  /** Whose memory records the turns of this chat read; null leaves it to the session. */
  readonly packs: ReadonlyArray<PackId> | null
  /** What goes along with the next message; null once one with it was answered. */
  readonly file: Content | null
  /** The session's row up to which everything was told. */
  readonly row: number
  /** Turns that were told as they ended, and may lie behind that row. */
  readonly told: ReadonlySet<RunId>
  /** Whether the last turn is held. */
  readonly held: boolean
  /** How the last thing that failed would end a process. */
  readonly failed: 0 | 1 | 2 | 3
}

export type Talk = Ref.Ref<Standing>

export const change = (talk: Talk, by: Partial<Standing>): Effect.Effect<void> =>
  Ref.update(talk, (standing) => ({ ...standing, ...by }))

/** A turn that was told of as it ended is no news later. */
export const hasTold = (talk: Talk, run: RunId): Effect.Effect<void> =>
  Ref.update(talk, (standing) => ({ ...standing, told: new Set([...standing.told, run]) }))

/** The session of a conversation, which begins with its first turn. */
export const begun = Effect.fnUntraced(function* (talk: Talk) {
  const { session, start } = yield* Ref.get(talk)
  if (session) return session
  const status = yield* (yield* Sessions).start(start)
  yield* change(talk, { session: status.session })
  return status.session
})

/** Says what went wrong; the conversation goes on. What cannot be written ends it. */
export const complainIn = Effect.fnUntraced(function* (talk: Talk, reason: RuntimeFailure) {
  if (reason.code === "OUTPUT_FAILED") return yield* reason
  const { output } = yield* root
  yield* change(talk, { failed: codes[reason.code].exit })
  if (reason.run) yield* hasTold(talk, reason.run)
  if (output === "text") return yield* complain({ wanted: output, reason })
  const { session } = yield* Ref.get(talk)
  const { session_id, ...said } = failureOutput(reason)
  yield* printLine(ChatLine, { type: "failed", session_id: session_id ?? session, ...said })
})

/** Says what cannot be done with what was typed. */
export const misunderstood = Effect.fnUntraced(function* (talk: Talk, why: string) {
  yield* change(talk, { failed: Exit.usage })
  yield* Console.error(why)
})

const asked: Readonly<Record<Threshold, string>> = {
  step_count: "step_count: after so many turns",
  token_budget: "token_budget: the tokens of this session are over it",
  capability_classes: "capability_classes: one of them was used",
  audit: "audit: the answer was not passed as it was",
  always: "always: each answer"
}

/** Says that an answer waits, and how a steward gets at it. Nothing of it is known here. */
export const sayHeld = Effect.fnUntraced(function* (session: SessionId, run: RunId, threshold: Threshold) {
  const { output } = yield* root
  if (output !== "text") {
    return yield* printLine(ChatLine, {
      type: "held",
      status: "held",
      session_id: session,
      run_id: run,
      threshold_key: threshold
    })
  }
  yield* Console.error(
    `Held for a steward (${asked[threshold]}). Nothing of the answer leaves before a decision:\n  io3 steward show ${run}\nEnter alone looks whether there is one.`
  )
})
