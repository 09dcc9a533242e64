/**
 * Owns one run's stream while it is being written: folds every event before it is kept, and commits in batches. It does
 * not decide what happens; `domain/run/Run` does.
 */
import { Clock, Effect, Option, Result, Schedule } from "effect"
import type { CallPermit } from "../../domain/run/Bounds.ts"
import type { Content } from "../../domain/Content.ts"
import { type Settle, settlement, worst } from "../../domain/run/Budget.ts"
import type { CallIntended, RunEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type ContentId, type Digest, type RunId, runStream, type Timestamp } from "../../domain/Ids.ts"
import { abandon } from "../../domain/run/Recovery.ts"
import { initial, type RunState } from "../../domain/run/Run.ts"
import { evolve } from "../../domain/run/Evolution.ts"
import type { Budgets } from "../../domain/config/Settings.ts"
import {
  type Append,
  type Commit,
  type Committed,
  intend,
  type Intent,
  type Journal
} from "../../ports/Journal.ts"
import type { Sealed, StreamVault } from "../../ports/Vault.ts"
import { answering, type Facts } from "../../domain/run/Bond.ts"
import { type Companion, together } from "./Companion.ts"
import { explained } from "./Budgets.ts"

export interface RunLog {
  readonly run: RunId
  /** The fold of everything kept, durable or not yet. */
  readonly state: () => RunState
  /** Whether anything of it is durable. */
  readonly isRecorded: () => boolean
  /** Keeps events for the next commit; `RUN_TRANSITION_INVALID` when one cannot happen here. */
  readonly keep: (...events: ReadonlyArray<RunEvent>) => Effect.Effect<void, RuntimeFailure>
  /** Keeps a text for the next commit and returns its digest. */
  readonly seal: (id: ContentId, content: Content) => Digest
  readonly digest: (id: ContentId, content: Content) => Digest
  /**
   * That the run is this process' still. Free of cost, but for a process that was silent for long: others may have taken
   * it for dead. Once it has failed, with `JOURNAL_CONFLICT` when they have, nothing is written here any more.
   */
  readonly held: Effect.Effect<void, RuntimeFailure>
  /** Makes durable what was kept. */
  readonly commit: Effect.Effect<void, RuntimeFailure>
  /** Ends the run as its process' death would: by the recovery law. */
  readonly abandon: Effect.Effect<void, RuntimeFailure>
  /**
   * Makes a call's intent durable with everything kept before it, and turns the permit into the right to call. The first
   * one reserves the run's worst case; after `BUDGET_EXCEEDED` what was kept before it is still kept.
   */
  readonly intend: (
    permit: CallPermit,
    intended: typeof CallIntended.Type,
    budget: Budgets | null
  ) => Effect.Effect<Intent, RuntimeFailure>
}

/** Where a stream stands that is gone on with. */
export interface Past {
  readonly state: RunState
  readonly sequence: number
  /** When its worst case was reserved; null before the first intent. */
  readonly reservedAt: Timestamp | null
}
const noPast: Past = { state: initial, sequence: 0, reservedAt: null }

export const open = (
  journal: Journal["Service"],
  vault: StreamVault,
  run: RunId,
  past: Past = noPast,
  companion: Companion | null = null
): RunLog => {
  const stream = runStream(run)
  let { state, sequence, reservedAt } = past
  let durable = state
  let events: ReadonlyArray<RunEvent> = []
  let sealed: ReadonlyArray<Sealed> = []
  /** What its session or runbook has to say of the events. */
  let facts: ReadonlyArray<Facts> = []
  /** When the run was this process' for certain. */
  let seen = 0
  let lost: RuntimeFailure | null = null

  const kept = (): Append => ({
    stream,
    expected: sequence,
    events,
    sealed,
    key: sequence === 0 ? vault.wrapped : null
  })
  const written = ({ at }: Committed) => {
    sequence += events.length
    seen = at
    durable = state
    events = []
    sealed = []
    facts = []
  }

  /** The same text is in several records of a run. */
  const digests = new Map<ContentId, { readonly content: Content; readonly digest: Digest }>()
  const digest = (id: ContentId, content: Content): Digest => {
    const known = digests.get(id)
    if (known?.content === content) return known.digest
    const made = vault.digest(id, content)
    digests.set(id, { content, digest: made })
    return made
  }

  const keep = Effect.fnUntraced(function* (...kept: ReadonlyArray<RunEvent>) {
    for (const event of kept) {
      const evolved = evolve(state, event)
      if (Result.isFailure(evolved)) return yield* evolved.failure
      state = evolved.success
      events = [...events, event]
      const said = answering(state, event)
      if (said) facts = [...facts, said]
    }
  })
  const write = (commit: Commit) =>
    Effect.suspend(() => {
      if (lost) return Effect.fail(lost)
      return sequence === 0 ? journal.commit(commit) : Effect.retry(journal.commit(commit), whileBusy)
    })
  /** A session may be given another title or mode while its turn runs: then it is said where it stands now. */
  const beside = (own: Append) =>
    Effect.suspend(() => (companion ? together(companion, own, facts) : Effect.succeed([own])))
  const isStillHere = Effect.map(journal.info(stream), (info) =>
    Option.match(info, { onNone: () => false, onSome: ({ seq }) => seq === sequence })
  )
  const retried = <A>(effect: Effect.Effect<A, RuntimeFailure>) =>
    companion === null
      ? effect
      : effect.pipe(
          Effect.retry({
            while: ({ code }) =>
              code === "JOURNAL_CONFLICT" && sequence > 0 ? isStillHere : Effect.succeed(false),
            times: MOST_MOVES
          }),
          Effect.mapError(asConflict)
        )
  /** What was decided on another state of it than it has by now: nothing has begun. */
  const asConflict = (reason: RuntimeFailure) =>
    companion !== null && sequence === 0 && reason.code === "JOURNAL_CONFLICT"
      ? failure(companion.conflict, "setup")
      : reason
  const settled = (): Settle | undefined =>
    settlement(state, reservedAt) ?? (sequence === 0 ? companion?.preceding?.settle : undefined)
  const commit = Effect.suspend(() =>
    events.length === 0
      ? Effect.void
      : Effect.map(
          retried(Effect.flatMap(beside(kept()), (appends) => write({ appends, settle: settled() }))),
          written
        )
  )

  const ask = Effect.retry(journal.info(stream), whileBusy).pipe(
    Effect.filterOrFail(
      Option.exists(({ seq, owner }) => seq === sequence && owner === journal.owner),
      () => failure("JOURNAL_CONFLICT", "release")
    ),
    Effect.tapError((reason) => Effect.sync(() => (lost = reason)))
  )
  const held = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    // A clock that was set back tells nothing either.
    if (Math.abs(now - seen) > SILENCE_MILLIS) yield* ask
    seen = now
  })

  return {
    run,
    state: () => state,
    isRecorded: () => sequence > 0,
    keep,
    seal: (id, content) => {
      sealed = [...sealed, vault.seal(id, content)]
      return digest(id, content)
    },
    digest,
    held,
    commit,
    abandon: Effect.suspend(() => {
      // What was not handed out was not released, and nothing was decided, whatever was about to be written.
      const happened = events.filter(({ _tag }) => _tag !== "Released" && _tag !== "StewardDecided")
      state = durable
      events = []
      facts = []
      return keep(...happened).pipe(
        Effect.andThen(Effect.suspend(() => keep(...abandon(state)))),
        Effect.andThen(commit)
      )
    }),
    intend: (permit, intended, budget) =>
      Effect.gen(function* () {
        const before = { state, events, facts }
        yield* keep(intended)
        const { accepted, bounds } = state
        const reserve =
          accepted && bounds && reservedAt === null
            ? { principal: accepted.principal, amount: worst(bounds.certificate), budget }
            : undefined
        const { committed, intent } = yield* Effect.flatMap(beside(kept()), (appends) =>
          intend({ commit: write }, permit, { appends, reserve, settle: settled() })
        ).pipe(
          Effect.mapError(asConflict),
          Effect.catchIf(({ code }) => code === "BUDGET_EXCEEDED", explained(journal, reserve)),
          Effect.tapError(() =>
            Effect.sync(() => {
              ;({ state, events, facts } = before)
            })
          )
        )
        written(committed)
        reservedAt ??= committed.at
        return intent
      })
  }
}

/** Nobody moves a session that often while one commit of its turn is tried. */
const MOST_MOVES = 50

/** Well before any other process takes this one for dead. */
const SILENCE_MILLIS = 10_000

/**
 * What has been paid for is worth waiting for: another process may hold the journal for a while, and the journal waits
 * some seconds itself each time. Before the first call nothing has been paid, and nothing is waited for.
 */
const whileBusy = {
  while: (reason: RuntimeFailure) => reason.code === "JOURNAL_BUSY",
  schedule: Schedule.spaced("200 millis"),
  times: 3
}
