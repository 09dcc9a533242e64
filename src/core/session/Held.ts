/** Owns the finding of held turns: which there are, and everything a decision about one depends on. It decides nothing. */
import { Effect, Option, Schema } from "effect"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import { Certificate } from "../../domain/run/Bounds.ts"
import {
  Count,
  Digest,
  Mode,
  ModelName,
  ProviderName,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
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
import { Action, SessionMode, Threshold } from "../../domain/session/Turn.ts"
import { type Journal, type StreamInfo, TOGETHER } from "../../ports/Journal.ts"
import { isBeginning } from "../ledger/Named.ts"
import { reservedAt, runOf } from "../ledger/Soundness.ts"
import { isWaiting, openRuns } from "../run/OpenRuns.ts"
import type { Past } from "../run/RunLog.ts"
import type { RunAccepted } from "../../domain/Event.ts"
import { seatOf } from "../../domain/run/Seat.ts"
import type { Companion } from "../run/Companion.ts"
import { companionIn, inHost } from "../run/Hosts.ts"
import { load as loadRunbook, type Place as RunbookPlace } from "../runbook/RunbookStream.ts"
import { load, type Place as SessionPlace } from "./SessionStream.ts"

/** A held turn, without its text. */
export const Pending = Schema.Struct({
  run: RunId,
  /** Of which it is a turn; null in a runbook. */
  session: Schema.NullOr(SessionId),
  /** Of which it is a step; null in a session. */
  runbook: Schema.NullOr(RunId),
  /** Place among the session's turns or the runbook's steps, from 0. */
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
  readonly pending: Pending
  readonly companion: Companion
  readonly host: Hosted
}

/** What it is a part of, as that stands. */
export type Hosted =
  | { readonly _tag: "Session"; readonly place: SessionPlace }
  | { readonly _tag: "Runbook"; readonly place: RunbookPlace }

type Reads = Pick<Journal["Service"], "ends" | "info" | "read" | "streams">

/** Runs whose last row says that they wait, the oldest first. */
export const waiting = Effect.fnUntraced(function* (journal: Reads) {
  const found = yield* Effect.filter(yield* openRuns(journal), (info) => isWaiting(journal, info), TOGETHER)
  return found.map(({ stream }) => stream).toReversed()
})

/** `None` when the run is not held, or not any more. */
export const heldIn = Effect.fnUntraced(function* (
  journal: Reads,
  stream: StreamId
): Effect.fn.Return<Option.Option<Held>, RuntimeFailure> {
  const rows = yield* journal.read(stream)
  const state = Option.getOrNull(runOf(stream, rows))
  const accepted = state?.accepted
  const companion = accepted && companionIn(journal, accepted)
  if (!state || !accepted || !companion || !isHeld(state)) return Option.none()
  const host = yield* hostedIn(journal, companion)
  const { open } = host._tag === "Session" ? host.place.session.after : host.place.execution.after
  // Decided between the two looks: it has gone on.
  if (open?.run !== accepted.run) return Option.none()
  const pending = pendingOf(state, rows, host)
  const at = { stream, state, sequence: rows.length, reservedAt: reservedAt(rows) }
  return pending ? Option.some({ ...at, pending, companion, host }) : Option.none()
})

/** The oldest first. */
export const allHeld = Effect.fnUntraced(function* (journal: Reads) {
  const found = yield* Effect.forEach(yield* waiting(journal), (stream) => heldIn(journal, stream), TOGETHER)
  return found.flatMap(Option.toArray)
})

const hostedIn = (journal: Reads, { of }: Companion): Effect.Effect<Hosted, RuntimeFailure> =>
  "session" in of
    ? Effect.map(load(journal, of.session), (place) => ({ _tag: "Session", place }))
    : Effect.map(loadRunbook(journal, of.runbook), (place) => ({ _tag: "Runbook", place }))

/** What a held run is a part of, and what can be done with it there. */
const partOf = (
  { turn, step }: Pick<typeof RunAccepted.Type, "turn" | "step">,
  host: Hosted
): Pick<Pending, "session" | "runbook" | "index" | "maxTurns" | "validActions"> => {
  if (host._tag === "Session") {
    const { session, terms } = host.place.session
    const isLast = (turn?.step ?? 0) >= terms.maxTurns
    const { maxTurns } = terms
    return { session, runbook: null, index: turn?.index ?? 0, maxTurns, validActions: validActions(isLast) }
  }
  const { run, steps } = host.place.execution
  const index = step?.index ?? 0
  // A step is redirected once: its second attempt is the last that was certified.
  const actions = validActions(step?.redirected === true)
  return { session: null, runbook: run, index, maxTurns: steps.length, validActions: actions }
}

const pendingOf = (state: RunState, rows: ReadonlyArray<Row>, host: Hosted): Pending | null => {
  const { accepted, bounds, gate, audit } = state
  const row = rows.find(({ payload }) =>
    Option.exists(decode(payload), ({ _tag }) => _tag === "GateEvaluated")
  )
  const step = next(state)
  const seat = accepted && seatOf(accepted)
  if (!accepted || !seat || !bounds || !gate?.threshold || !row || step._tag !== "Decide") return null
  const answer = lastCall(state, step.audit === "revised" ? "revision" : "draft")?.intended
  if (!answer) return null
  const due = deadline(seat, row.at)
  return {
    run: accepted.run,
    ...partOf(accepted, host),
    threshold: gate.threshold,
    step: seat.step,
    sessionMode: seat.mode,
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
    tokens: gate.tokens
  }
}

const isRunId = Schema.is(RunId)

/**
 * The one held turn whose run, or whose session, has an id that begins so. `STEWARD_NOT_PENDING`; `STEWARD_DECIDED` with what
 * was decided, where it was; `RUN_AMBIGUOUS`.
 */
export const find = Effect.fnUntraced(function* (
  journal: Reads,
  prefix: string
): Effect.fn.Return<Held, RuntimeFailure> {
  if (!isBeginning(prefix)) return yield* failure("STEWARD_NOT_PENDING", "gate")
  if (isRunId(prefix)) {
    const one = yield* heldIn(journal, runStream(prefix))
    if (Option.isSome(one)) return one.value
  }
  const named = (yield* allHeld(journal)).filter(
    ({ pending: { run, session, runbook } }) =>
      run.startsWith(prefix) || (session ?? runbook ?? "").startsWith(prefix)
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
  const host = (yield* only(SESSION_PREFIX)) ?? (yield* only(RUNBOOK_PREFIX))
  const stream = host ? yield* lastRun(journal, host) : (yield* only(RUN_PREFIX))?.stream
  const state = stream ? Option.getOrNull(runOf(stream, yield* journal.read(stream))) : null
  if (!state?.accepted || !state.decision) return yield* failure("STEWARD_NOT_PENDING", "gate")
  const first = failure("STEWARD_DECIDED", "gate", { decided: state.decision.action })
  return yield* inRun(state.accepted.run)(inHost(companionIn(journal, state.accepted))(first))
})

/** After a turn has ended there may be a title or another mode, after a step some that are skipped, and seldom more. */
const FEW = 24

const lastRun = Effect.fnUntraced(function* (journal: Reads, { stream, seq }: StreamInfo) {
  const rows = yield* journal.read(stream, Math.max(0, seq - FEW))
  const ended = rows
    .map(({ payload }) => Option.getOrNull(decode(payload)))
    .findLast((event) => event?._tag === "TurnEnded" || event?._tag === "StepEnded")
  return ended && "run" in ended ? runStream(ended.run) : undefined
})
