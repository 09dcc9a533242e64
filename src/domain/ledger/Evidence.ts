/**
 * Owns the check of a whole journal, row by row in the order of positions: chains, and every decision made again. It
 * keeps what it must: the head of each stream, and of a run that has not ended its state.
 */
import { Schema } from "effect"
import { Accounts, type Charge } from "../run/Accounts.ts"
import { settlement, type Spending, worst } from "../run/Budget.ts"
import { Decision, type Judged } from "./Decision.ts"
import {
  type Event,
  isMemoryEvent,
  isRunbookEvent,
  isSessionEvent,
  isTokenEvent,
  type RunEvent
} from "../Event.ts"
import { type Regime, regimeOf } from "../run/Governance.ts"
import {
  configStream,
  Count,
  type Digest,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  SESSION_PREFIX,
  StreamId,
  tokensStream
} from "../Ids.ts"
import { broken, canonical, Fault, type Hash, type Head, type Row, read } from "./Ledger.ts"
import type { PlacedCharge, PlacedSide } from "./Parts.ts"
import { isInOrder } from "../config/Policy.ts"
import { move, type Run, type Stood, type Stream, Streams } from "./Streams.ts"
import { judge, worstOf } from "./Rederivation.ts"
import { judgeRunbook } from "./RederivedRunbook.ts"
import { judgeSession } from "./RederivedSession.ts"
import { evolve as evolveTokens, noTokens } from "../access/Token.ts"
import { evolve as evolveMemory, memoryStream, unwritten } from "../memory/Memory.ts"
import { initial } from "../run/Run.ts"
import { ofHost as sideOfHost, ofRun as sideOfRun, Pairs, type Side } from "../run/Bond.ts"

/** The first place where a journal does not hold. */
export const Falsehood = Schema.Struct({
  /** Of the row; of a missing row, the position that has none. */
  position: Count,
  /** Null for a missing row, and for a name that no stream has. */
  stream: Schema.NullOr(StreamId),
  seq: Count,
  /**
   * A decision that was not that of the law; a fault of the chain; or: `rows_missing`, a position has no row or several;
   * `wrong_stream`, the event is of another kind of stream; `unpaired`, what a session says of a run is not what the run
   * says in the row beside it; `config_misnamed`, a configuration has another digest than it
   * says; `config_unknown`, none with that digest was recorded before.
   */
  fault: Schema.Union([
    Decision,
    Fault,
    Schema.Literals(["rows_missing", "wrong_stream", "unpaired", "config_misnamed", "config_unknown"])
  ])
})
export type Falsehood = typeof Falsehood.Type

/** A check under way. After a falsehood it is over. */
export interface Check {
  /** Takes in the next row: the first thing that is false about it, or null. */
  readonly row: (row: Row) => Falsehood | null
  /** After the last row: whether none of them misses the one that belongs beside it. Not asked of a part. */
  readonly isWhole: () => boolean
  /** The position of the last row that was taken in; as many rows there were, but in a part. */
  readonly position: () => number
  /** Each stream's last row: the leaves of the head at that position. */
  readonly heads: () => ReadonlyMap<StreamId, Head>
  /** What the rows took out of budgets; nothing in a part of a check. */
  readonly spendings: () => ReadonlyArray<Spending>
}

/** What makes a check that of some streams, beside others who look at the rest: its rows need not be the next in place. */
export interface Part {
  /** Budgets are of several streams: what is charged is put together with what others found (`Parts`). */
  readonly charged: (charge: PlacedCharge) => void
  /** And so are the pairs of a session's row and a run's. */
  readonly sided: (side: PlacedSide) => void
}

/** What is known of the configurations so far, by the digests that runs name them by. */
type Regimes = Map<Digest, Regime>

type Wrong = Falsehood["fault"]

/** What a row adds to its stream. */
interface Step extends Stood {
  readonly event: Event
  readonly judged: ReadonlyArray<Judged>
  readonly side: Side | null
}

export const open = ({ hash, part }: { readonly hash: Hash; readonly part?: Part }): Check => {
  const regimes: Regimes = new Map()
  const accounts = new Accounts()
  const pairs = new Pairs()
  const streams = new Streams(hash)
  let position = 0

  const wrongIn = (row: Row): Wrong | null => {
    const stream = streams.of(row.stream)
    const step = follow(hash, regimes, stream, row)
    if (typeof step === "string") return step
    const { event, run, judged, side } = step
    for (const { decision, holds } of judged) if (!holds) return decision
    if (part) {
      if (side) part.sided({ position: row.position, side })
    } else if (!pairs.take(side)) return "unpaired"
    const charge = run && chargeOf(event, run, row.at)
    if (charge && part) part.charged({ position: row.position, charge })
    else if (charge && !accounts.take(charge)) return "budget"
    move(stream, row, step)
    return null
  }

  return {
    isWhole: () => pairs.isWhole,
    row: (given) => {
      // What a store hands out can be slow to look into: each member is looked up once.
      const { stream, seq, at, payload, previous, hash: recorded } = given
      const due = position + 1
      const place = given.position
      if (part ? place < due : place !== due) {
        return { position: Math.min(place, due), stream: null, seq: 0, fault: "rows_missing" }
      }
      const row = { stream, seq, position: place, at, payload, previous, hash: recorded }
      const fault = wrongIn(row)
      if (fault) return { position: place, stream: nameOf(row), seq, fault }
      position = place
      return null
    },
    position: () => position,
    heads: () => streams.heads(),
    spendings: () => accounts.spendings()
  }
}

/** One decision, made again. */
export const Finding = Schema.Struct({
  stream: StreamId,
  position: Count,
  seq: Count,
  decision: Decision,
  holds: Schema.Boolean
})
export type Finding = typeof Finding.Type

/**
 * Every decision of one run, or of a session or runbook with all its runs, in order, up to the row that is the falsehood.
 * `configurations` are the rows of the stream `config`; chains are checked, in the order of positions: a run is under what was
 * recorded before it. Pairs are asked for where both sides are given. `budget` is not among the decisions: what else was spent
 * is in other streams.
 */
export const ofRun = (
  hash: Hash,
  configurations: ReadonlyArray<Row>,
  rows: ReadonlyArray<Row>
): { readonly findings: ReadonlyArray<Finding>; readonly falsehood: Falsehood | null } => {
  const regimes: Regimes = new Map()
  const findings: Array<Finding> = []
  const streams = new Streams(hash)
  const pairs = rows.some(isOfHost) ? new Pairs() : null
  const wrong = (row: Row, fault: Wrong) => ({
    findings,
    falsehood: { position: row.position, stream: nameOf(row), seq: row.seq, fault }
  })
  let last: Row | null = null
  for (const row of [...configurations, ...rows].toSorted((one, other) => one.position - other.position)) {
    const { position, seq } = row
    const stream = streams.of(row.stream)
    const step = follow(hash, regimes, stream, row)
    if (typeof step === "string") return wrong(row, step)
    const made = step.judged.map(({ decision, holds }) => ({
      stream: row.stream,
      position,
      seq,
      decision,
      holds
    }))
    findings.push(...made)
    const broke = made.find(({ holds }) => !holds)
    if (broke) return wrong(row, broke.decision)
    // A row that is not given is nobody's other side.
    if (last && last.position !== position - 1 && pairs?.take(null) === false) return wrong(last, "unpaired")
    if (pairs?.take(step.side) === false) return wrong(row, "unpaired")
    move(stream, row, step)
    last = row
  }
  return last && pairs?.isWhole === false ? wrong(last, "unpaired") : { findings, falsehood: null }
}

const isOfHost = ({ stream }: Row): boolean =>
  stream.startsWith(SESSION_PREFIX) || stream.startsWith(RUNBOOK_PREFIX)

/** Holds a row against its stream; a configuration becomes known by it. */
const follow = (hash: Hash, regimes: Regimes, stream: Stream, row: Row): Step | Wrong => {
  const fault = broken(hash, stream, row)
  if (fault) return fault
  const event = read(row.payload)
  if (event === null) return "unknown_event"
  if (event._tag === "ConfigLoaded") {
    if (row.stream !== configStream) return "wrong_stream"
    const { configDigest, digests, policy } = event
    const isNamed = hash(canonical({ digests, policy })) === configDigest && isInOrder(policy)
    if (!isNamed) return "config_misnamed"
    regimes.set(configDigest, regimeOf(policy))
    return { ...nothing, event }
  }
  if (isMemoryEvent(event)) {
    if (row.stream !== memoryStream(hash, event)) return "wrong_stream"
    const memory = evolveMemory(stream.memory, event)
    const judged = [{ decision: "transition", holds: memory !== null }] as const
    return { ...nothing, event, judged, memory: memory ?? unwritten }
  }
  if (isTokenEvent(event)) {
    if (row.stream !== tokensStream) return "wrong_stream"
    const tokens = evolveTokens(stream.tokens, event, row.at)
    const judged = [{ decision: "transition", holds: tokens !== null }] as const
    return { ...nothing, event, judged, tokens: tokens ?? noTokens }
  }
  if (isRunbookEvent(event)) {
    if (!row.stream.startsWith(RUNBOOK_PREFIX)) return "wrong_stream"
    const { runbook, judged } = judgeRunbook(row.stream, stream.runbook, event, regimes)
    const isPlaced = judged.every(({ decision, holds }) => decision !== "transition" || holds)
    const isUnder = event._tag === "RunbookStarted" || event._tag === "RunbookResumed"
    if (isPlaced && isUnder && !regimes.has(event.configDigest)) return "config_unknown"
    return { ...nothing, event, judged, runbook, side: runbook && sideOfHost(runbook.run, event) }
  }
  if (isSessionEvent(event)) {
    if (!row.stream.startsWith(SESSION_PREFIX)) return "wrong_stream"
    const isBeginning = stream.session === null && event._tag === "SessionStarted"
    if (isBeginning && !regimes.has(event.configDigest)) return "config_unknown"
    const { session, judged } = judgeSession(row.stream, stream.session, event, regimes)
    return { ...nothing, event, judged, session, side: session && sideOfHost(session.session, event) }
  }
  if (!row.stream.startsWith(RUN_PREFIX)) return "wrong_stream"
  const run = stream.run ?? begin(regimes, event)
  if (typeof run === "string") return run
  const { regime } = run
  const { state, judged } = judge({ ...run, stream: row.stream }, event, row.at)
  if (state === null) return { ...nothing, event, judged, run }
  return {
    ...nothing,
    event,
    judged,
    side: sideOfRun(state, event),
    run: {
      regime,
      state,
      worst: event._tag === "ContextAssembled" ? worstOf(regime, state) : run.worst,
      reservedAt: run.reservedAt ?? (event._tag === "CallIntended" ? row.at : null),
      held: event._tag === "GateEvaluated" ? { seq: row.seq, at: row.at } : run.held
    }
  }
}

const nothing = {
  run: null,
  session: null,
  runbook: null,
  memory: unwritten,
  tokens: noTokens,
  judged: [],
  side: null
}

const begin = (regimes: Regimes, event: RunEvent): Run | Wrong => {
  if (event._tag !== "RunAccepted") return "transition"
  const regime = regimes.get(event.configDigest)
  return regime ? { regime, state: initial, worst: null, reservedAt: null, held: null } : "config_unknown"
}

/** A run's worst case is taken out of its principal's budget with its first intent, and what was left put back. */
const chargeOf = (event: Event, run: Run, at: number): Charge | null => {
  const { state, reservedAt, regime } = run
  const { accepted, bounds, calls, ending } = state
  if (event._tag === "CallIntended" && calls.length === 1 && accepted && bounds) {
    const { principal } = accepted
    const amount = worst(bounds.certificate)
    return { _tag: "Reserved", principal, at, amount, budget: regime.policy.budgets }
  }
  const settled = event === ending ? settlement(state, reservedAt) : undefined
  return settled ? { _tag: "Settled", ...settled } : null
}

const isStreamId = Schema.is(StreamId)
const nameOf = ({ stream }: Row): StreamId | null => (isStreamId(stream) ? stream : null)
