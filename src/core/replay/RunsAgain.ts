/** Owns going on with one run or turn, and doing one again: alone, as the next turn of its session, or a capability alone. */
import { Context, Effect, Layer } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type RunId, runStream, sessionStream } from "../../domain/Ids.ts"
import { CAPABILITY } from "../../domain/run/Route.ts"
import { isHeld, type RunState } from "../../domain/run/Run.ts"
import type { Source } from "../../domain/run/Seat.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { History } from "../ledger/History.ts"
import { ConfigRecord } from "../run/ConfigRecord.ts"
import { isAlive } from "../run/OpenRuns.ts"
import { Resumption } from "../run/Resumption.ts"
import { type RunResult, Runs } from "../run/Runs.ts"
import { Sessions } from "../session/Sessions.ts"
import { type Again, configuredAs, type Known, type Options, replayOf, stateOf } from "./Again.ts"
import { only } from "./Lineage.ts"
import { runsIn } from "../ledger/Hosted.ts"
import { sound, type Texts, textsOf } from "./Origin.ts"

export class RunsAgain extends Context.Service<
  RunsAgain,
  {
    /** As `Replays.resume`, of the last attempt at a run that is no step. */
    readonly resume: (run: RunId, options: Options) => Effect.Effect<Again, RuntimeFailure>
    /** As `Replays.replay`. */
    readonly replay: (run: RunId, options: Options) => Effect.Effect<Again, RuntimeFailure>
  }
>()("io-iii/core/replay/RunsAgain") {
  static readonly layer = Layer.effect(
    RunsAgain,
    Effect.gen(function* () {
      const configRecord = yield* ConfigRecord
      const history = yield* History
      const journal = yield* Journal
      const resumption = yield* Resumption
      const runs = yield* Runs
      const sessions = yield* Sessions
      const vault = yield* Vault

      /** With its session, if it is a turn: what is read of that is held against the law as well. */
      const soundRun = Effect.fnUntraced(function* (run: RunId) {
        const { accepted, ...state } = yield* stateOf(journal, run)
        const host = accepted.turn && sessionStream(accepted.turn.session)
        const rows = yield* sound(journal, vault, host ?? runStream(run))
        // A turn that its session does not name was not looked at.
        if (host && !runsIn(rows).includes(run)) return yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
        return { ...state, accepted }
      })

      /** Asks the same once more: as a run by itself, as the next turn of its session, or a capability alone. */
      const again = Effect.fnUntraced(function* (
        known: Known,
        texts: Texts,
        source: Source,
        { by, watcher }: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const { mode, turn, packs = null, audit, run } = known.accepted
        const about = { _tag: "Run", source: run } as const
        const told = Effect.fnUntraced(function* ({ released, ...made }: RunResult) {
          const rest = { _tag: "Released", released } as const
          return { ...about, ...made, session: null, rest, state: yield* stateOf(journal, made.run) }
        })
        if (mode === CAPABILITY && texts.capability)
          return yield* told(yield* runs.invoke(texts.capability, by, source))
        const request = { ...by, mode, ...texts, packs, audit: audit || by.audit }
        if (!turn) return yield* told(yield* runs.run(request, watcher, source))
        const { status, ...rest } = yield* sessions.turn(turn.session, request, watcher, source)
        return { ...about, ...rest, session: status.session }
      })

      /**
       * A run whose process is gone goes on from its draft where that was paid for; else it ends, and null is what came of it.
       * However it has ended by its own doing, that is what came of it.
       */
      const recovered = Effect.fnUntraced(function* (
        run: RunId,
        { turn }: Known["accepted"]
      ): Effect.fn.Return<Again | null, RuntimeFailure> {
        const [one] = yield* resumption.recoverOne(run)
        // Somebody else was first.
        if (!one) return yield* failure("RESUME_INVALID_STATE", "setup")
        const about = { _tag: "Run", run, session: turn?.session ?? null, source: run } as const
        if (one.released) {
          const { released, leftOut, memory } = yield* history.text(run)
          return {
            ...about,
            rest: { _tag: "Released", released },
            leftOut,
            memory,
            state: yield* stateOf(journal, run)
          }
        }
        const state = yield* stateOf(journal, run)
        if (one.held) return { ...about, rest: { _tag: "Held" }, leftOut: 0, memory: null, state }
        const { ending } = state
        return one.continued && ending && "code" in ending ? yield* failure(ending.code, ending.phase) : null
      })

      const resume = Effect.fnUntraced(function* (
        run: RunId,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        const known = yield* soundRun(run)
        const { accepted, ending } = known
        if (known.erased) return yield* failure("RUN_ERASED", "setup")
        if (isOver(known) || (ending === null && (yield* isAlive(journal, run))))
          return yield* failure("RESUME_INVALID_STATE", "setup")
        yield* configuredAs(journal, configRecord, accepted.configDigest, options)
        const texts = yield* textsOf(journal, vault, known)
        if (ending === null) {
          const gone = yield* recovered(run, accepted)
          if (gone) return gone
        }
        const { kind, attempt } = accepted.source ?? { kind: "resume", attempt: 1 }
        const source = { run, kind: "resume", attempt: (kind === "resume" ? attempt : 1) + 1 } as const
        return yield* only(journal, run, options.watcher, (watcher) =>
          again(known, texts, source, { ...options, watcher })
        )
      })

      const replay = Effect.fnUntraced(function* (run: RunId, options: Options) {
        const known = yield* soundRun(run)
        if (known.erased) return yield* failure("RUN_ERASED", "setup")
        const texts = yield* textsOf(journal, vault, known)
        return yield* again(known, texts, replayOf(run), options)
      })

      return RunsAgain.of({ resume, replay })
    })
  )
}

/** Whether nothing is left to be done: it has let its answer out, or somebody decided, or is to. */
const isOver = (state: RunState): boolean =>
  state.ending?._tag === "Released" || state.decision !== null || isHeld(state)
