/**
 * Owns the keys that requests come with: how they are kept, that the first commit of what such a request begins uses its key up,
 * and what was answered. Which commit that is, and who may have a key, is `domain/server/Idempotency`'s.
 */
import { Clock, Context, Effect, Layer, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { holds } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  configStream,
  ContentId,
  type Principal,
  RUN_PREFIX,
  RunId,
  RUNBOOK_PREFIX,
  runStream,
  SESSION_PREFIX,
  SessionId,
  type StreamId
} from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { begunBy, type Work } from "../../domain/server/Idempotency.ts"
import { type Claim, type Claimed, Journal, type KeyOf } from "../../ports/Journal.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import { load as loadRunbook } from "../runbook/RunbookStream.ts"
import { load as loadSession } from "../session/SessionStream.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import { giveBack } from "./Release.ts"

/** A request's key and what was asked with it, before anything has come of it. */
export type Wanted = Omit<Claim, "subject">

/** The request with a key that a fiber carries out. */
export interface Carried {
  readonly wanted: Wanted
  readonly work: Work
  /** The stream of what it has begun; null for as long as its key is not used up. */
  begun: StreamId | null
}

/** Null for a request without a key, and wherever nothing was asked for over a wire. */
export const Carrying = Context.Reference<Carried | null>("io-iii/core/run/Carrying", {
  defaultValue: () => null
})

/** The journal, where whatever begins something for a request with a key uses that key up, in the same commit or not at all. */
export const claiming: Layer.Layer<Journal, never, Journal> = Layer.effect(
  Journal,
  Effect.map(Journal, (journal) => ({
    ...journal,
    commit: (commit) =>
      Effect.flatMap(Carrying, (carried) => {
        const subject = carried?.begun === null ? begunBy(carried.work, commit.appends) : null
        if (!carried || !subject) return journal.commit(commit)
        return Effect.uninterruptible(
          Effect.tap(journal.commit({ ...commit, idempotency: { ...carried.wanted, subject } }), () =>
            Effect.sync(() => {
              carried.begun = subject
            })
          )
        )
      })
  }))
)

/** Until what another process has done counts as answered, or as what nobody waits for any more. */
const LAST_WORDS_MILLIS = 10_000

const KEY = ContentId.make("requestkey")
const REQUEST = ContentId.make("request")
const ANSWER = ContentId.make("answer")

export class Claims extends Context.Service<
  Claims,
  {
    /** A key and everything that was asked with it, as they are kept: keyed digests. */
    readonly want: (
      principal: Principal,
      key: Content,
      asked: Content
    ) => Effect.Effect<Wanted, RuntimeFailure>
    readonly find: (key: KeyOf) => Effect.Effect<Option.Option<Claimed>, RuntimeFailure>
    /** Whether another process is at it. Of this one, whoever asks knows. */
    readonly isElsewhere: (claimed: Claimed) => Effect.Effect<boolean, RuntimeFailure>
    /** Keeps what was answered: JSON without a word of anybody, under the keys of what it is of. The first one counts. */
    readonly keep: (wanted: Wanted, subject: StreamId, answer: Content) => Effect.Effect<void, RuntimeFailure>
    /** What was answered; null where that was not kept. `RUN_ERASED`, `SESSION_ERASED` where what it is of was. */
    readonly answer: (claimed: Claimed) => Effect.Effect<string | null, RuntimeFailure>
  }
>()("io-iii/core/run/Claims") {
  static readonly layer = Layer.effect(
    Claims,
    Effect.gen(function* () {
      const configRecord = yield* ConfigRecord
      const journal = yield* Journal
      const vault = yield* Vault
      let attempts = 0
      let keys: StreamVault | null = null

      /** The keys of the configurations: whoever has no other has those. */
      const ours = Effect.gen(function* () {
        if (keys) return keys
        yield* configRecord.digest
        const wrapped = yield* journal.key(configStream)
        if (Option.isNone(wrapped)) return yield* failure("VAULT_CONTENT_UNREADABLE", "setup")
        return (keys = yield* vault.open(configStream, wrapped.value))
      })

      const keysOf = Effect.fnUntraced(function* (subject: StreamId) {
        const wrapped = yield* journal.key(subject)
        if (Option.isSome(wrapped)) return yield* vault.open(subject, wrapped.value)
        const isSession = subject.startsWith(SESSION_PREFIX)
        return yield* failure(isSession ? "SESSION_ERASED" : "RUN_ERASED", "release")
      })

      const isRunning = Effect.fnUntraced(function* (stream: StreamId) {
        const info = Option.getOrNull(yield* journal.info(stream))
        if (!info?.open || !info.alive) return false
        const last = (yield* journal.read(stream, info.seq - 1)).at(-1)
        return !(last && Option.exists(decode(last.payload), holds))
      })

      return Claims.of({
        want: Effect.fnUntraced(function* (principal, key, asked) {
          const { digest } = yield* ours
          const attempt = `${journal.owner}.${++attempts}`
          return { principal, key: digest(KEY, key), request: digest(REQUEST, asked), attempt }
        }),
        find: (key) => journal.claimed(key),
        isElsewhere: Effect.fnUntraced(function* ({ subject, attempt, answer }) {
          if (answer !== null || attempt.startsWith(journal.owner)) return false
          const info = Option.getOrNull(yield* journal.info(subject))
          if (!info?.alive) return false
          // It has ended, and is about to be answered.
          if ((yield* Clock.currentTimeMillis) - info.at < LAST_WORDS_MILLIS) return true
          if (subject.startsWith(RUN_PREFIX)) return yield* isRunning(subject)
          if (subject.startsWith(RUNBOOK_PREFIX)) {
            const run = RunId.make(subject.slice(RUNBOOK_PREFIX.length))
            return (yield* loadRunbook(journal, run)).execution.after.status === "active"
          }
          const session = SessionId.make(subject.slice(SESSION_PREFIX.length))
          const { open } = (yield* loadSession(journal, session)).session.after
          return open !== null && (yield* isRunning(runStream(open.run)))
        }),
        keep: Effect.fnUntraced(function* ({ principal, key, attempt }, subject, answer) {
          const bound = Content.concat([key, "\n", answer])
          const sealed = (yield* keysOf(subject)).seal(ANSWER, bound).bytes
          yield* journal.commit({ appends: [], answer: { principal, key, attempt, sealed } })
        }),
        answer: Effect.fnUntraced(function* ({ key, subject, answer }) {
          const opened = yield* keysOf(subject)
          if (answer === null) return null
          // Nothing but what was kept here is in it, and of a text no more than whose it is.
          const { text } = giveBack(yield* opened.unseal({ id: ANSWER, bytes: answer }))
          const at = text.indexOf("\n")
          if (text.slice(0, at) !== key) return yield* failure("VAULT_CONTENT_UNREADABLE", "setup")
          return text.slice(at + 1)
        })
      })
    })
  )
}
