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
import {
  type ContentId,
  type Digest,
  type RunId,
  runStream,
  type StreamId,
  type Timestamp
} from "../../domain/Ids.ts"
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
import type { Past, RunLog } from "./RunLog.ts"

const noPast: Past = { state: initial, sequence: 0, reservedAt: null }

export const open = (
  journal: Journal["Service"],
  vault: StreamVault,
  run: RunId,
  past: Past = noPast,
  companion: Companion | null = null
): RunLog => new OpenLog(journal, vault, run, past, companion)

/** Its programs are made once for all runs: what a run makes for itself it makes in the way of every request. */
class OpenLog implements RunLog {
  readonly run: RunId
  readonly #stream: StreamId
  readonly #journal: Journal["Service"]
  readonly #vault: StreamVault
  readonly #companion: Companion | null
  #state: RunState
  #sequence: number
  #reservedAt: Timestamp | null
  #durable: RunState
  #events: ReadonlyArray<RunEvent> = []
  #sealed: ReadonlyArray<Sealed> = []
  /** What its session or runbook has to say of the events. */
  #facts: ReadonlyArray<Facts> = []
  /** When the run was this process' for certain. */
  #seen = 0
  #lost: RuntimeFailure | null = null
  /** The same text is in several records of a run. */
  readonly #digests = new Map<ContentId, { readonly content: Content; readonly digest: Digest }>()

  constructor(
    journal: Journal["Service"],
    vault: StreamVault,
    run: RunId,
    { state, sequence, reservedAt }: Past,
    companion: Companion | null
  ) {
    this.run = run
    this.#stream = runStream(run)
    this.#journal = journal
    this.#vault = vault
    this.#companion = companion
    this.#state = state
    this.#durable = state
    this.#sequence = sequence
    this.#reservedAt = reservedAt
  }

  state(): RunState {
    return this.#state
  }

  isRecorded(): boolean {
    return this.#sequence > 0
  }

  *keep(...kept: ReadonlyArray<RunEvent>): Effect.fn.Return<void, RuntimeFailure> {
    for (const event of kept) {
      const evolved = evolve(this.#state, event)
      if (Result.isFailure(evolved)) return yield* evolved.failure
      this.#state = evolved.success
      this.#events = [...this.#events, event]
      const said = answering(this.#state, event)
      if (said) this.#facts = [...this.#facts, said]
    }
  }

  readonly seal = (id: ContentId, content: Content): Digest => {
    this.#sealed = [...this.#sealed, this.#vault.seal(id, content)]
    return this.digest(id, content)
  }

  readonly digest = (id: ContentId, content: Content): Digest => {
    const known = this.#digests.get(id)
    if (known?.content === content) return known.digest
    const made = this.#vault.digest(id, content)
    this.#digests.set(id, { content, digest: made })
    return made
  }

  get held(): Effect.Effect<void, RuntimeFailure> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      // A clock that was set back tells nothing either.
      const asked = Math.abs(now - this.#seen) > SILENCE_MILLIS ? this.#ask : Effect.void
      return Effect.map(asked, () => void (this.#seen = now))
    })
  }

  get commit(): Effect.Effect<void, RuntimeFailure> {
    return Effect.suspend(() =>
      this.#events.length === 0
        ? Effect.void
        : Effect.map(
            this.#retried(
              Effect.flatMap(this.#appends, (appends) => this.#write({ appends, settle: this.#settled }))
            ),
            (committed) => this.#written(committed)
          )
    )
  }

  get abandon(): Effect.Effect<void, RuntimeFailure> {
    return abandoned(this)
  }

  /** What was not handed out was not released, and nothing was decided, whatever was about to be written. */
  *giveUp(): Effect.fn.Return<void, RuntimeFailure> {
    const happened = this.#events.filter(({ _tag }) => _tag !== "Released" && _tag !== "StewardDecided")
    this.#state = this.#durable
    this.#events = []
    this.#facts = []
    yield* this.keep(...happened)
    yield* this.keep(...abandon(this.#state))
    yield* this.commit
  }

  intend(
    permit: CallPermit,
    intended: typeof CallIntended.Type,
    budget: Budgets | null
  ): Effect.Effect<Intent, RuntimeFailure> {
    return intending(this, permit, intended, budget)
  }

  *reserve(
    permit: CallPermit,
    intended: typeof CallIntended.Type,
    budget: Budgets | null
  ): Effect.fn.Return<Intent, RuntimeFailure> {
    const [state, events, facts] = [this.#state, this.#events, this.#facts]
    yield* this.keep(intended)
    const { accepted, bounds } = this.#state
    const reserve =
      accepted && bounds && this.#reservedAt === null
        ? { principal: accepted.principal, amount: worst(bounds.certificate), budget }
        : undefined
    const { committed, intent } = yield* Effect.flatMap(this.#appends, (appends) =>
      intend({ commit: (commit) => this.#write(commit) }, permit, {
        appends,
        reserve,
        settle: this.#settled
      })
    ).pipe(
      Effect.mapError((reason) => this.#asConflict(reason)),
      Effect.catchIf(({ code }) => code === "BUDGET_EXCEEDED", explained(this.#journal, reserve)),
      Effect.tapError(() =>
        Effect.sync(() => {
          ;[this.#state, this.#events, this.#facts] = [state, events, facts]
        })
      )
    )
    this.#written(committed)
    this.#reservedAt ??= committed.at
    return intent
  }

  /** What was kept, beside what its session or runbook says of it: that may have another title or mode by now. */
  get #appends(): Effect.Effect<ReadonlyArray<Append>, RuntimeFailure> {
    const own: Append = {
      stream: this.#stream,
      expected: this.#sequence,
      events: this.#events,
      sealed: this.#sealed,
      key: this.#sequence === 0 ? this.#vault.wrapped : null
    }
    return this.#companion ? together(this.#companion, own, this.#facts) : Effect.succeed([own])
  }

  get #settled(): Settle | undefined {
    const own = settlement(this.#state, this.#reservedAt)
    return own ?? (this.#sequence === 0 ? this.#companion?.preceding?.settle : undefined)
  }

  #write(commit: Commit): Effect.Effect<Committed, RuntimeFailure> {
    if (this.#lost) return Effect.fail(this.#lost)
    const written = this.#journal.commit(commit)
    return this.#sequence === 0 ? written : Effect.retry(written, whileBusy)
  }

  #written({ at }: Committed): void {
    this.#sequence += this.#events.length
    this.#seen = at
    this.#durable = this.#state
    this.#events = []
    this.#sealed = []
    this.#facts = []
  }

  /** A session may move while its turn runs: then it is said where it stands now. */
  #retried<A>(effect: Effect.Effect<A, RuntimeFailure>): Effect.Effect<A, RuntimeFailure> {
    return this.#companion === null
      ? effect
      : effect.pipe(
          Effect.retry({
            while: ({ code }) =>
              code === "JOURNAL_CONFLICT" && this.#sequence > 0 ? this.#isStillHere : Effect.succeed(false),
            times: MOST_MOVES
          }),
          Effect.mapError((reason) => this.#asConflict(reason))
        )
  }

  get #isStillHere(): Effect.Effect<boolean, RuntimeFailure> {
    return Effect.map(
      this.#journal.info(this.#stream),
      Option.exists(({ seq }) => seq === this.#sequence)
    )
  }

  /** What was decided on another state of it than it has by now: nothing has begun. */
  #asConflict(reason: RuntimeFailure): RuntimeFailure {
    return this.#companion !== null && this.#sequence === 0 && reason.code === "JOURNAL_CONFLICT"
      ? failure(this.#companion.conflict, "setup")
      : reason
  }

  get #ask(): Effect.Effect<unknown, RuntimeFailure> {
    return Effect.retry(this.#journal.info(this.#stream), whileBusy).pipe(
      Effect.filterOrFail(
        Option.exists(({ seq, owner }) => seq === this.#sequence && owner === this.#journal.owner),
        () => failure("JOURNAL_CONFLICT", "release")
      ),
      Effect.tapError((reason) => Effect.sync(() => (this.#lost = reason)))
    )
  }
}

const intending = Effect.fnUntraced(function* (log: OpenLog, ...asked: Parameters<OpenLog["reserve"]>) {
  return yield* log.reserve(...asked)
})

const abandoned = Effect.fnUntraced(function* (log: OpenLog) {
  return yield* log.giveUp()
})

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
