/** Owns the runs that dead processes left open: it takes them over one by one, and ends what nobody can go on with. */
import { Context, Effect, Layer, Option, Result } from "effect"
import { settlement } from "../../domain/run/Budget.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, runStream, type StreamId } from "../../domain/Ids.ts"
import { abandon } from "../../domain/run/Recovery.ts"
import { isHeld, mayContinue } from "../../domain/run/Run.ts"
import { replay } from "../../domain/run/Evolution.ts"
import { Journal, type StreamInfo } from "../../ports/Journal.ts"
import { answering } from "../../domain/run/Bond.ts"
import { together } from "./Companion.ts"
import { companionIn } from "./Hosts.ts"
import { isWaiting, openRuns } from "./OpenRuns.ts"
import type { Past } from "./RunLog.ts"
import { reservedAt, runOf } from "../ledger/Soundness.ts"

/** A run of a dead process that is this process' now. */
export interface Taken extends Past {
  readonly run: RunId
  readonly stream: StreamId
}

export class Recovery extends Context.Service<
  Recovery,
  {
    /**
     * Ends every run whose owner is dead and which nobody can go on with, and says which. Calls no model. A run with a
     * paid draft is left alone.
     */
    readonly settle: Effect.Effect<ReadonlyArray<RunId>, RuntimeFailure>
    /** Takes over every run whose owner is dead, or that one alone, the oldest first, and does something with each. */
    readonly takeAll: <A, R>(
      use: (taken: Taken) => Effect.Effect<A, RuntimeFailure, R>,
      only?: RunId | undefined
    ) => Effect.Effect<ReadonlyArray<A>, RuntimeFailure, R>
    /** Ends a run by the recovery law. */
    readonly end: (taken: Taken) => Effect.Effect<void, RuntimeFailure>
  }
>()("io-iii/core/run/Recovery") {
  static readonly layer = Layer.effect(
    Recovery,
    Effect.gen(function* () {
      const journal = yield* Journal
      /** Taken over, and then left as they were: the journal could not be written, or did not say that it was. */
      const unfinished = new Set<StreamId>()

      const isLeft = ({ stream, alive }: StreamInfo) => !alive || unfinished.has(stream)

      const abandoned = Effect.gen(function* () {
        const left = (yield* openRuns(journal)).filter(isLeft)
        const found = yield* Effect.filter(left, (info) =>
          Effect.map(isWaiting(journal, info), (waits) => !waits)
        )
        return found.toReversed()
      })

      const abandonedOne = (run: RunId) =>
        Effect.map(journal.info(runStream(run)), (info) =>
          Option.toArray(info).filter((one) => one.open && isLeft(one))
        )

      const read = Effect.fnUntraced(function* (stream: StreamId) {
        const rows = yield* journal.read(stream)
        return Option.flatMap(runOf(stream, rows), (state) =>
          Option.map(Option.fromNullOr(state.accepted), ({ run }): Taken => {
            return { stream, run, state, sequence: rows.length, reservedAt: reservedAt(rows) }
          })
        )
      })

      /** What goes wrong with a run that is ours leaves it to the next recovery. */
      const kept = <A, E, R>(stream: StreamId, effect: Effect.Effect<A, E, R>) =>
        Effect.onError(effect, () => Effect.sync(() => unfinished.add(stream)))

      /** Others may be recovering too: whoever adopts a run first has it. One that is broken is left to `verify`. */
      const take = Effect.fnUntraced(function* (stream: StreamId) {
        const adopted =
          unfinished.delete(stream) ||
          (yield* journal.adopt(stream).pipe(
            Effect.as(true),
            Effect.catchIf(lost, () => Effect.succeed(false))
          ))
        const taken = adopted ? yield* kept(stream, read(stream)) : Option.none()
        // Between the listing and the adoption somebody may have ended it.
        return Option.filter(taken, ({ state }) => state.ending === null && !isHeld(state))
      })

      const takeEach = <A, R>(
        streams: ReadonlyArray<StreamInfo>,
        use: (taken: Taken) => Effect.Effect<A, RuntimeFailure, R>
      ) =>
        Effect.forEach(streams, ({ stream }) =>
          take(stream).pipe(
            Effect.flatMap(
              Option.match({
                onNone: () => Effect.succeedNone,
                onSome: (taken) => Effect.asSome(kept(stream, use(taken)))
              })
            ),
            Effect.catchIf(lost, () => Effect.succeedNone)
          )
        ).pipe(Effect.map((results) => results.flatMap(Option.toArray)))

      const end = Effect.fnUntraced(function* ({ stream, state, sequence, reservedAt }: Taken) {
        const events = abandon(state)
        const ended = replay(events, state)
        if (Result.isFailure(ended)) return yield* failure("LEDGER_BROKEN", "recovery")
        const own = { stream, expected: sequence, events, sealed: [], key: null }
        const last = events.at(-1)
        const said = last ? answering(ended.success, last) : null
        const companion = state.accepted && companionIn(journal, state.accepted)
        const appends = said && companion ? yield* together(companion, own, [said]) : [own]
        yield* journal.commit({ appends, settle: settlement(ended.success, reservedAt) })
      })

      const settle = Effect.gen(function* () {
        const hopeless = yield* Effect.filter(yield* abandoned, ({ stream }) =>
          Effect.map(
            read(stream),
            Option.exists(({ state }) => !mayContinue(state))
          )
        )
        return yield* takeEach(hopeless, (taken) => Effect.as(end(taken), taken.run))
      })

      return Recovery.of({
        settle: settle.pipe(Effect.withSpan("Recovery.settle")),
        takeAll: (use, only) =>
          Effect.flatMap(only === undefined ? abandoned : abandonedOne(only), (streams) =>
            takeEach(streams, use)
          ),
        end
      })
    })
  )
}

const lost = ({ code }: RuntimeFailure): boolean => code === "JOURNAL_CONFLICT"
