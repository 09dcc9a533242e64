/** Owns the sessions of this installation: the way in for every surface that holds a conversation. */
import { Context, Effect, Layer, Option, type Stream } from "effect"
import type { Content } from "../../domain/Content.ts"
import { failure, inSession, type RuntimeFailure } from "../../domain/Failure.ts"
import { Mode, Principal, type RunId, type SessionId, sessionStream } from "../../domain/Ids.ts"
import { termsOf } from "../../domain/config/Policy.ts"
import type { Source } from "../../domain/run/Seat.ts"
import { nothing } from "../../domain/session/Session.ts"
import type { SessionMode } from "../../domain/session/Turn.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { namesOf } from "../../domain/memory/Recall.ts"
import { ConfigRecord } from "../run/ConfigRecord.ts"
import { PolicyInForce } from "../run/PolicyInForce.ts"
import { type Frame, frames } from "../run/Frames.ts"
import { Resumption } from "../run/Resumption.ts"
import type { Watcher } from "../run/Request.ts"
import { Router } from "../run/Router.ts"
import { Runs, type TurnRest } from "../run/Runs.ts"
import { type Brought, firstRows, type Start } from "./Beginning.ts"
import { find, page, type SessionPage } from "./SessionList.ts"
import { grow, load, type Place } from "./SessionStream.ts"
import { type Status, statusOf } from "./Status.ts"
import { type Identity as Decider, Steward } from "./Steward.ts"
import { type Entitled, entitled } from "./Title.ts"
import { type Asked, Turns } from "./Turns.ts"

/** One turn; its routing mode is the session's where it is null. */
export type TurnRequest = Omit<Asked, "mode"> & { readonly mode: Mode | null }

/** How a turn came to rest, and the session with it. */
export interface TurnResult extends TurnRest {
  readonly status: Status
}

export class Sessions extends Context.Service<
  Sessions,
  {
    readonly start: (start: Start, brought?: Brought | null) => Effect.Effect<Status, RuntimeFailure>
    /**
     * Runs the next turn. A session is named by its id or how that begins: `SESSION_NOT_FOUND`, `SESSION_AMBIGUOUS`. Else as
     * `Turns.run`.
     */
    readonly turn: (
      session: string,
      request: TurnRequest,
      watcher?: Watcher,
      source?: Source | null
    ) => Effect.Effect<TurnResult, RuntimeFailure>
    /** The same turn as frames. Text comes early where nothing can still stop it. */
    readonly stream: (
      session: string,
      request: TurnRequest,
      watcher?: Pick<Watcher, "cancelled">
    ) => Stream.Stream<Frame<TurnResult>, RuntimeFailure>
    /** From the next turn on. What is the mode already is no change. */
    readonly changeMode: (
      session: string,
      mode: SessionMode,
      principal: Principal
    ) => Effect.Effect<Status, RuntimeFailure>
    readonly retitle: (
      session: string,
      title: Content,
      principal: Principal
    ) => Effect.Effect<Status, RuntimeFailure>
    /** Discards what is held. Closing what is closed changes nothing; `SESSION_CONFLICT` while a turn runs. */
    readonly close: (
      session: string,
      principal: Principal,
      by?: Decider["by"]
    ) => Effect.Effect<Status, RuntimeFailure>
    readonly status: (session: string) => Effect.Effect<Status, RuntimeFailure>
    readonly place: (session: string) => Effect.Effect<Place, RuntimeFailure>
    /** The newest sessions first; `cursor` is where a page before ended. */
    readonly list: (limit: number, cursor: number | null) => Effect.Effect<SessionPage, RuntimeFailure>
  }
>()("io-iii/core/session/Sessions") {
  /** A session with what most programs want: answered by `executor`, not audited, without a title. */
  static readonly begin = (mode: SessionMode, rest: Partial<Omit<Start, "mode">> = {}): Start => ({
    mode,
    persona: Mode.make("executor"),
    audit: false,
    title: null,
    packs: null,
    principal: Principal.make("local"),
    surface: "program",
    ...rest
  })

  /** A turn with what most programs want, as `Runs.request` has it. */
  static readonly ask = (prompt: string, rest: Partial<Omit<TurnRequest, "prompt">> = {}): TurnRequest => ({
    ...Runs.request("executor", prompt),
    mode: null,
    ...rest
  })

  static readonly layer = Layer.effect(
    Sessions,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const policy = yield* PolicyInForce
      const configRecord = yield* ConfigRecord
      const identity = yield* Identity
      const journal = yield* Journal
      const resumption = yield* Resumption
      const router = yield* Router
      const steward = yield* Steward
      const turns = yield* Turns
      const vault = yield* Vault

      const named = (prefix: string) => find(journal, prefix)

      const start = Effect.fn("Sessions.start")(function* (
        { title, mode, packs: asked, ...rest }: Start,
        brought: Brought | null = null
      ) {
        const { origin, terms, beginning } = brought ?? {
          origin: null,
          terms: termsOf(settings.runtime),
          beginning: { ...nothing, mode }
        }
        yield* router.resolveAnswer(rest.persona)
        const configDigest = yield* configRecord.digest
        const session = yield* identity.sessionId
        const keys = yield* vault.create(sessionStream(session))
        const defaults = policy.memory?.sessionDefaults ?? []
        const packs = asked ?? (defaults.length > 0 ? defaults : null)
        if (policy.memory && packs) yield* Effect.fromResult(namesOf(policy.memory.packs, packs))
        const about = { session, configDigest, origin, terms, packs, ...rest }
        const { append, place } = yield* firstRows(keys, about, beginning, title)
        const { at } = yield* journal.commit({ appends: [append] })
        return statusOf({ ...place, startedAt: at, at })
      })

      /** A turn whose process is gone, or that nobody decided in time, is not in the way of the next one. */
      const ready = Effect.fnUntraced(function* (session: SessionId) {
        const place = yield* load(journal, session)
        const { open } = place.session.after
        if (!open) return place
        yield* open.threshold === null ? resumption.recoverOne(open.run) : steward.expire
        return yield* load(journal, session)
      })

      const turn = Effect.fn("Sessions.turn")(function* (
        prefix: string,
        { mode, ...request }: TurnRequest,
        watcher?: Watcher,
        source: Source | null = null
      ) {
        const session = yield* named(prefix)
        const place = yield* ready(session)
        const asked = { ...request, mode: mode ?? place.session.persona }
        const rest = yield* turns.run(place, asked, watcher, null, source)
        return { ...rest, status: statusOf(yield* load(journal, session)) }
      })

      /** Says something of a session, wherever it stands by then. */
      const say = (
        session: SessionId,
        facts: (place: Place) => Effect.Effect<Entitled | null, RuntimeFailure>
      ) =>
        Effect.gen(function* () {
          const place = yield* load(journal, session)
          const said = yield* facts(place)
          if (said === null) return statusOf(place)
          const { append, place: after } = yield* Effect.fromResult(grow(place, [said.facts], said.sealed))
          const { at } = yield* journal.commit({ appends: [append] })
          return statusOf({ ...after, at })
        }).pipe(
          Effect.retry({ while: ({ code }) => code === "JOURNAL_CONFLICT", times: 10 }),
          Effect.mapError(inSession(session))
        )

      const changeMode = Effect.fn("Sessions.changeMode")(function* (
        prefix: string,
        mode: SessionMode,
        principal: Principal
      ) {
        return yield* say(yield* named(prefix), ({ session: { after } }) => {
          if (after.status === "closed") return Effect.fail(failure("SESSION_NOT_ACTIVE", "setup"))
          const facts = { _tag: "SessionModeChanged", mode, principal } as const
          return Effect.succeed(after.mode === mode ? null : { facts, sealed: [] })
        })
      })

      const retitle = Effect.fn("Sessions.retitle")(function* (
        prefix: string,
        title: Content,
        principal: Principal
      ) {
        const session = yield* named(prefix)
        return yield* say(session, ({ session: { after } }) =>
          Effect.gen(function* () {
            const wrapped = yield* journal.key(sessionStream(session))
            if (after.erased || Option.isNone(wrapped)) return yield* failure("SESSION_ERASED", "setup")
            const keys = yield* vault.open(sessionStream(session), wrapped.value)
            return yield* entitled(keys, after, title, principal)
          })
        )
      })

      /** What is held is discarded; whatever else was decided about it in the meantime, it is not in the way any more. */
      const discard = Effect.fnUntraced(function* (run: RunId, principal: Principal, by: Decider["by"]) {
        const held = yield* steward.held(run)
        if (!held) return
        const { digest, sequence } = held
        const wish = { action: "close", reason: "other", digest, sequence } as const
        yield* Effect.catchIf(
          steward.decide({ ...wish, turn: run, principal, by }),
          ({ code }) => code === "STEWARD_DECIDED",
          () => Effect.void
        )
      })

      const close = Effect.fn("Sessions.close")(function* (
        prefix: string,
        principal: Principal,
        by: Decider["by"] = "person"
      ) {
        const session = yield* named(prefix)
        const { open } = (yield* ready(session)).session.after
        if (open && open.threshold !== null) yield* discard(open.run, principal, by)
        return yield* say(session, ({ session: { after } }) =>
          Effect.succeed(
            after.status === "closed" ? null : { facts: { _tag: "SessionClosed", principal }, sealed: [] }
          )
        )
      })

      const place = Effect.fnUntraced(function* (prefix: string) {
        return yield* load(journal, yield* named(prefix))
      })

      return Sessions.of({
        start,
        turn,
        stream: (session, request, watcher) =>
          frames((followed) => turn(session, request, followed), watcher),
        changeMode,
        retitle,
        close,
        status: (session) => Effect.map(place(session), statusOf),
        place,
        list: Effect.fn("Sessions.list")((limit: number, cursor: number | null) =>
          page(journal, limit, cursor)
        )
      })
    })
  )
}
