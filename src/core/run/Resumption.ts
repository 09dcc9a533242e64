/**
 * Owns going on with what dead processes left behind: a run whose draft was paid for continues from its sealed texts when
 * everything is as it was, and ends by the recovery law when anything is not.
 */
import { Context, Effect, Layer, Option, Schema } from "effect"
import { certify, type Purpose, unintended } from "../../domain/run/Bounds.ts"
import type { Content } from "../../domain/Content.ts"
import { type Code, failure, type RuntimeFailure } from "../../domain/Failure.ts"
import * as Governance from "../../domain/run/Governance.ts"
import { ContentId, type Digest, RunId } from "../../domain/Ids.ts"
import { canonical } from "../../domain/ledger/Ledger.ts"
import type { Route } from "../../domain/run/Route.ts"
import { nothing as nothingAsked } from "../../domain/run/Context.ts"
import { asksNobody, lastCall, mayContinue, OUTPUT, type RunState, textId } from "../../domain/run/Run.ts"
import { Journal } from "../../ports/Journal.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import { asRun } from "../observability/Spans.ts"
import { Assembly, recordOf, sizeOf } from "./Assembly.ts"
import { Challenger } from "./Challenger.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import type { ContextAssembled, RunAccepted } from "../../domain/Event.ts"
import { Recollections } from "../memory/Recollections.ts"
import { Engine } from "./Engine.ts"
import type { Materials } from "./Materials.ts"
import { companionIn } from "./Hosts.ts"
import { type Governed, unwatched } from "./Request.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import { Recovery, type Taken } from "./Recovery.ts"
import { Conversations } from "../session/Conversations.ts"
import { load } from "../session/SessionStream.ts"
import { openKeys } from "./RunKeys.ts"
import { wantedIn } from "./Wanted.ts"
import { open } from "./OpenLog.ts"
import type { RunLog } from "./RunLog.ts"

/** What became of a run that was found. */
export const Recovered = Schema.Struct({
  run: RunId,
  /** False: it was ended without another call. */
  continued: Schema.Boolean,
  /** Whether there is an answer now. */
  released: Schema.Boolean,
  /** Whether it waits for a steward now. */
  held: Schema.Boolean
})
export type Recovered = typeof Recovered.Type

interface Prepared extends Materials {
  readonly request: Governed
  readonly route: Route
  readonly log: RunLog
}

const PURPOSES: ReadonlyArray<Purpose> = ["draft", "audit", "revision"]

export class Resumption extends Context.Service<
  Resumption,
  {
    /**
     * Ends or continues every run whose owner is dead, one after the other; calls models where a run has calls left.
     * Without the master key, `VAULT_KEY_INVALID`: a run that could be gone on with then stays as it is.
     */
    readonly recover: Effect.Effect<ReadonlyArray<Recovered>, RuntimeFailure>
    /** The same with that run alone; nothing where its owner lives. */
    readonly recoverOne: (run: RunId) => Effect.Effect<ReadonlyArray<Recovered>, RuntimeFailure>
  }
>()("io-iii/core/run/Resumption") {
  static readonly layer = Layer.effect(
    Resumption,
    Effect.gen(function* () {
      const assembly = yield* Assembly
      const challenger = yield* Challenger
      const configRecord = yield* ConfigRecord
      const conversations = yield* Conversations
      const engine = yield* Engine
      const journal = yield* Journal
      const recollections = yield* Recollections
      const recovery = yield* Recovery
      const vault = yield* Vault
      const policy = yield* PolicyInForce

      /** A text of the run, if it is the one that was recorded. */
      const textOf = Effect.fnUntraced(function* (
        { stream }: Taken,
        keys: StreamVault,
        id: ContentId,
        digest: Digest
      ) {
        const sealed = yield* journal.sealed(stream, id)
        if (Option.isNone(sealed)) return yield* different
        const text = yield* keys.unseal(sealed.value)
        return keys.digest(id, text) === digest ? text : yield* different
      })

      /** The records as they were read, or nothing where none were. */
      const rememberedBy = (
        packs: (typeof RunAccepted.Type)["packs"],
        recalled: (typeof ContextAssembled.Type)["memory"]
      ) =>
        packs === undefined || recalled === undefined
          ? Effect.succeed(null)
          : Effect.flatMap(
              recollections.again(packs, recalled),
              Option.match({ onNone: () => different, onSome: Effect.succeed })
            )

      /** Everything that the run had in hand, made again and found equal to what was recorded. */
      const prepare = Effect.fnUntraced(function* (taken: Taken): Effect.fn.Return<Prepared, RuntimeFailure> {
        const { state, stream } = taken
        const { accepted, route: resolved, context: recorded, bounds } = state
        if (!accepted || !resolved || !recorded || !bounds) return yield* different
        if ((yield* configRecord.digest) !== accepted.configDigest) return yield* different
        const wrapped = yield* journal.key(stream)
        if (Option.isNone(wrapped)) return yield* different
        const keys = yield* openKeys(journal, vault, stream, wrapped.value)

        const prompt = yield* textOf(taken, keys, ContentId.make("prompt"), accepted.promptDigest)
        const sealedFile = yield* journal.sealed(stream, ContentId.make("file"))
        const file = Option.isSome(sealedFile) ? yield* keys.unseal(sealedFile.value) : null
        const texts = new Map<Purpose, Content>()
        for (const purpose of PURPOSES) {
          const digest = lastCall(state, purpose)?.settled?.digest
          if (digest) texts.set(purpose, yield* textOf(taken, keys, textId(state, purpose), digest))
        }

        const { route } = resolved
        const { turn = null, step = null, source = null } = accepted
        const conversation = turn ? yield* conversations.of(yield* load(journal, turn.session)) : null
        const made = state.capability?.digest
        const output = made ? yield* textOf(taken, keys, OUTPUT, made) : null
        const memory = yield* rememberedBy(accepted.packs, recorded.memory)
        // What was invoked is not invoked again.
        const capability = null
        const wanted = yield* wantedIn(accepted, (id, digest) => textOf(taken, keys, id, digest)).pipe(
          Effect.flatMap((found) => (found ? Effect.succeed(found) : different))
        )
        const given = { prompt, file, capability, turn, step, source, conversation, memory, ...wanted }
        const request = { ...accepted, ...given }
        const judge = accepted.audit ? challenger.destination : null
        const window = Governance.windowOf(policy, route, judge)
        const context = asksNobody(state)
          ? nothingAsked
          : yield* Effect.fromResult(
              assembly.assemble({ ...request, memory: memory?.values ?? [], route, window })
            )
        if (!isSame(recordOf(context, keys.digest, memory?.recalled), recorded)) return yield* different
        const { certificate, permits } = yield* Effect.fromResult(
          certify(Governance.wishOf(policy, route, judge, sizeOf(context), Governance.askedIn(accepted)))
        )
        if (!isSame(certificate, bounds.certificate)) return yield* different
        const left = unintended(
          permits,
          state.calls.map(({ intended }) => intended)
        )
        return {
          request,
          route,
          log: open(journal, keys, accepted.run, taken, companionIn(journal, accepted)),
          context,
          permits: left,
          texts,
          output
        }
      })

      const goOn = Effect.fnUntraced(function* (
        taken: Taken,
        { request, route, log, ...materials }: Prepared
      ) {
        // Durable before anything is done, so that a run which takes its process with it is not tried for ever.
        yield* log.keep({ _tag: "RunResumed", attempt: taken.state.attempt + 1 })
        yield* log.commit
        const work = asRun((tell) => {
          tell(log)
          return engine.run(request, route, log, unwatched, materials)
        })
        return yield* work.pipe(
          Effect.map(({ _tag }) => ({ released: _tag === "Released", held: _tag === "Held" })),
          // How a run ended is on record. What kept that from being recorded is not the run's affair.
          Effect.catchIf(
            ({ code }) => codeOf(log.state().ending) === code,
            () => Effect.succeed(nothing)
          )
        )
      })

      const recover = Effect.fnUntraced(function* (
        taken: Taken
      ): Effect.fn.Return<Recovered, RuntimeFailure> {
        const { run } = taken
        const prepared = mayContinue(taken.state)
          ? yield* prepare(taken).pipe(
              Effect.asSome,
              Effect.catchIf(isOver, () => Effect.succeedNone)
            )
          : Option.none()
        if (Option.isSome(prepared)) {
          return { run, continued: true, ...(yield* goOn(taken, prepared.value)) }
        }
        yield* recovery.end(taken)
        return { run, continued: false, ...nothing }
      })

      return Resumption.of({
        recover: recovery.takeAll(recover).pipe(Effect.withSpan("Resumption.recover")),
        recoverOne: Effect.fn("Resumption.recoverOne")((run) => recovery.takeAll(recover, run))
      })
    })
  )
}

/** Nothing came of it. */
const nothing = { released: false, held: false } as const

/** Something is not as it was recorded. */
const different = Effect.fail(failure("RUN_INTERRUPTED", "recovery"))

/** Why a run is not gone on with but ended. */
const over: ReadonlySet<Code> = new Set([
  "RUN_INTERRUPTED",
  "VAULT_CONTENT_UNREADABLE",
  "CONTEXT_LIMIT_EXCEEDED",
  "BOUNDS_EXCEEDED"
])
const isOver = ({ code }: RuntimeFailure): boolean => over.has(code)

const codeOf = (ending: RunState["ending"]): Code | null =>
  ending?._tag === "RunFailed" || ending?._tag === "RunRefused" ? ending.code : null

const isSame = (made: unknown, recorded: unknown): boolean => canonical(made) === canonical(recorded)
