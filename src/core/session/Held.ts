/** Owns the finding of held turns: which there are, and everything a decision about one depends on. It decides nothing. */
import { Effect, Option, Schema } from "effect"
import { failure, inRun, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import {
  Count,
  Digest,
  Mode,
  ModelName,
  ProviderName,
  RUN_PREFIX,
  RunId,
  runStream,
  SESSION_PREFIX,
  SessionId,
  type StreamId,
  Timestamp
} from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { usage } from "../../domain/run/Leaving.ts"
import { Usage } from "../../domain/run/Receipt.ts"
import { isHeld, lastCall, next, type RunState } from "../../domain/run/Run.ts"
import { Verdict } from "../../domain/run/Verdict.ts"
import { deadline, validActions } from "../../domain/session/Steward.ts"
import { Action, SessionMode, Threshold, type Turn } from "../../domain/session/Turn.ts"
import type { Journal, StreamInfo } from "../../ports/Journal.ts"
import { reservedAt, runOf } from "../ledger/Soundness.ts"
import { isWaiting, openRuns } from "../run/OpenRuns.ts"
import type { Past } from "../run/RunLog.ts"
import { eventOf, load, type Place } from "./SessionStream.ts"

/** A held turn, without its text. */
export const Pending = Schema.Struct({
  run: RunId,
  session: SessionId,
  /** Place among the session's turns, from 0. */
  index: Count,
  /** The first threshold that fired. */
  threshold: Threshold,
  /** Which of the turns that count, from 1, and how many there may be. */
  step: Count,
  maxTurns: Count,
  sessionMode: SessionMode,
  heldAt: Timestamp,
  /** When it rejects itself; null never. */
  deadline: Schema.NullOr(Timestamp),
  /** What a decision has to name: the text that waits, and the row of the run that holds it. */
  digest: Digest,
  sequence: Count,
  chars: Count,
  persona: Mode,
  provider: ProviderName,
  model: ModelName,
  verdict: Schema.NullOr(Verdict),
  /** Whether there was an audit without a verdict. */
  unaudited: Schema.Boolean,
  revised: Schema.Boolean,
  certificate: Certificate,
  usage: Usage,
  /** Tokens of the session, this turn's included. */
  tokens: Count,
  validActions: Schema.Array(Action)
})
export type Pending = typeof Pending.Type

/** A held turn with all that is on record of it. */
export interface Held extends Past {
  readonly stream: StreamId
  readonly turn: Turn
  readonly pending: Pending
  readonly place: Place
}

type Reads = Pick<Journal["Service"], "info" | "read" | "streams">

/** Runs whose last row says that they wait, the oldest first. */
export const waiting = Effect.fnUntraced(function* (journal: Reads) {
  const found = yield* Effect.filter(yield* openRuns(journal), (info) => isWaiting(journal, info))
  return found.map(({ stream }) => stream).toReversed()
})

/** `None` when the run is not held, or not any more. */
export const heldIn = Effect.fnUntraced(function* (
  journal: Reads,
  stream: StreamId
): Effect.fn.Return<Option.Option<Held>, RuntimeFailure> {
  const rows = yield* journal.read(stream)
  const state = Option.getOrNull(runOf(stream, rows))
  const turn = state?.accepted?.turn
  if (!state || !turn || !isHeld(state)) return Option.none()
  const place = yield* load(journal, turn.session)
  // Decided between the two looks: the session has gone on.
  if (place.session.after.open?.run !== state.accepted?.run) return Option.none()
  const pending = pendingOf(state, turn, rows, place)
  return pending
    ? Option.some({
        stream,
        state,
        sequence: rows.length,
        reservedAt: reservedAt(rows),
        turn,
        pending,
        place
      })
    : Option.none()
})

const pendingOf = (
  state: RunState,
  turn: Turn,
  rows: ReadonlyArray<Row>,
  { session: { terms } }: Place
): Pending | null => {
  const { accepted, bounds, gate, audit } = state
  const row = rows.find(({ payload }) =>
    Option.exists(decode(payload), ({ _tag }) => _tag === "GateEvaluated")
  )
  const step = next(state)
  if (!accepted || !bounds || !gate?.threshold || !row || step._tag !== "Decide") return null
  const answer = lastCall(state, step.audit === "revised" ? "revision" : "draft")?.intended
  if (!answer) return null
  const due = deadline(turn, row.at)
  return {
    run: accepted.run,
    session: turn.session,
    index: turn.index,
    threshold: gate.threshold,
    step: turn.step,
    maxTurns: terms.maxTurns,
    sessionMode: turn.mode,
    heldAt: row.at,
    deadline: due === null ? null : Timestamp.make(due),
    digest: gate.digest,
    sequence: row.seq,
    chars: gate.chars,
    persona: accepted.mode,
    provider: answer.provider,
    model: answer.model,
    verdict: audit?.verdict ?? null,
    unaudited: step.audit === "unaudited",
    revised: step.audit === "revised",
    certificate: bounds.certificate,
    usage: usage(state),
    tokens: gate.tokens,
    validActions: validActions(turn.step >= terms.maxTurns)
  }
}

/**
 * The one held turn whose run, or whose session, has an id that begins so. `STEWARD_NOT_PENDING`; `STEWARD_DECIDED` with what
 * was decided, where it was; `RUN_AMBIGUOUS`.
 */
export const find = Effect.fnUntraced(function* (
  journal: Reads,
  prefix: string
): Effect.fn.Return<Held, RuntimeFailure> {
  if (!/^[0-9a-f-]{1,36}$/u.test(prefix)) return yield* failure("STEWARD_NOT_PENDING", "gate")
  const all = yield* Effect.forEach(yield* waiting(journal), (stream) => heldIn(journal, stream))
  const found = all.flatMap(Option.toArray)
  const named = found.filter(
    ({ pending }) => pending.run.startsWith(prefix) || pending.session.startsWith(prefix)
  )
  if (named.length > 1) return yield* failure("RUN_AMBIGUOUS", "gate")
  return named[0] ?? (yield* decided(journal, prefix))
})

/** Why there is nothing to decide about a run, or about the last turn of a session. */
export const decided = Effect.fnUntraced(function* (
  journal: Reads,
  prefix: string
): Effect.fn.Return<never, RuntimeFailure> {
  const only = Effect.fnUntraced(function* (kind: string) {
    const found = yield* journal.streams({ prefix: kind + prefix, openOnly: false, before: null, limit: 2 })
    return found.length === 1 ? found[0] : undefined
  })
  const session = yield* only(SESSION_PREFIX)
  const stream = session ? yield* lastTurn(journal, session) : (yield* only(RUN_PREFIX))?.stream
  const state = stream ? Option.getOrNull(runOf(stream, yield* journal.read(stream))) : null
  if (!state?.accepted || !state.decision) return yield* failure("STEWARD_NOT_PENDING", "gate")
  const { run, turn } = state.accepted
  const first = inRun(run)(failure("STEWARD_DECIDED", "gate", { decided: state.decision.action }))
  return yield* turn ? inSession(turn.session)(first) : first
})

/** After a turn has ended there may be a title or another mode, and seldom more. */
const FEW = 16

const lastTurn = Effect.fnUntraced(function* (journal: Reads, { stream, seq }: StreamInfo) {
  const rows = yield* journal.read(stream, Math.max(0, seq - FEW))
  const ended = rows.map(eventOf).findLast((event) => event?._tag === "TurnEnded")
  return ended?._tag === "TurnEnded" ? runStream(ended.run) : undefined
})
