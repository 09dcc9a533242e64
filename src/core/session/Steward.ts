/**
 * Owns what a steward can do: see what is held, look at one text, and decide about it once. Which decisions there are and
 * what follows from them is `domain/session/Steward`'s; what leaves, leaves through `core/run/Release`.
 */
import { Clock, Context, Effect, Layer, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { failure, inRun, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  ContentId,
  type Digest,
  type Principal,
  type RunId,
  runStream,
  type SessionId
} from "../../domain/Ids.ts"
import { leavingId, next, toldOf } from "../../domain/run/Run.ts"
import { DEADLINE } from "../../domain/session/Steward.ts"
import type { Action, Decider, Reason } from "../../domain/session/Turn.ts"
import { Journal } from "../../ports/Journal.ts"
import { inSpan } from "../observability/Spans.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import * as Release from "../run/Release.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import { open } from "../run/OpenLog.ts"
import type { TurnRest } from "../run/Runs.ts"
import { discard, endOf, isMoved } from "./Discarding.ts"
import { allHeld, decided, find, type Held, heldIn, type Pending } from "./Held.ts"
import { heldTexts } from "./HeldTexts.ts"
import { Steps } from "../runbook/Steps.ts"
import { Turns } from "./Turns.ts"

/** Who decides. A program that decides by a rule is a `service`, and never passes for a person. */
export interface Identity {
  readonly principal: Principal
  readonly by: Exclude<Decider, "deadline">
}

/** What a decision is about: the text that was shown, and the row that holds it. */
export interface Shown {
  readonly digest: Digest
  readonly sequence: number
}

/** What somebody wants done with a held turn, named by its run's or its session's id, or how that begins. */
export type Wish = Identity &
  Shown & { readonly turn: string; readonly reason: Exclude<Reason, "expired"> } & (
    | { readonly action: "approve" | "reject" | "close" }
    | { readonly action: "edit"; readonly text: Content }
    | { readonly action: "redirect"; readonly request: RunRequest; readonly watcher?: Watcher }
  )

/** What was decided, and what came of it. */
export interface Decided {
  readonly run: RunId
  /** The session it is a turn of, or the runbook it is a step of. */
  readonly session: SessionId | null
  readonly runbook: RunId | null
  readonly action: Action
  /** What has left; null where the draft was discarded. */
  readonly released: Release.Released | null
  /** How many issues the auditor of the draft named; none without a verdict. */
  readonly issues: number
  /** What became of the turn that a redirection has begun; null without one. The decision stands, however that ended. */
  readonly next: Next | null
}

export type Next = TurnRest | RuntimeFailure

/** A held turn as a steward sees it. */
export interface View {
  readonly pending: Pending
  /** Exactly what would be released, and beside it what was drafted first and what an auditor has said. */
  readonly text: Release.HeldView
  readonly prompt: Release.ReleasedChunk
  /** Text that came beside the prompt; null without any. */
  readonly file: Release.ReleasedChunk | null
}

const EDITED = ContentId.make("edit")

/** Others may look at a turn between two looks of ours. */
const TRIES = 10

export class Steward extends Context.Service<
  Steward,
  {
    /** The held turns, the oldest first, after those that are overdue were rejected. */
    readonly pending: Effect.Effect<ReadonlyArray<Pending>, RuntimeFailure>
    /** What waits of a run, in time; null where nothing does, or not any more. */
    readonly held: (run: RunId) => Effect.Effect<Pending | null, RuntimeFailure>
    /** What waits of the one turn whose run, or whose session, has an id that begins so. Fails as `show`. */
    readonly find: (turn: string) => Effect.Effect<Pending, RuntimeFailure>
    /** Shows a held turn, and records that it was looked at. `STEWARD_NOT_PENDING`, `STEWARD_DECIDED`, `RUN_AMBIGUOUS`. */
    readonly show: (turn: string, principal: Principal) => Effect.Effect<View, RuntimeFailure>
    /**
     * Decides a held turn. `STEWARD_DECIDED` with the winner's action when somebody was first, `STEWARD_STALE` when it is
     * not about what waits; `SESSION_AT_LIMIT` for a redirection without a turn left, `RUN_TRANSITION_INVALID` for a second one of
     * a step; then nothing was decided.
     */
    readonly decide: (wish: Wish) => Effect.Effect<Decided, RuntimeFailure>
    /** Rejects every held turn whose deadline has passed, and says which. */
    readonly expire: Effect.Effect<ReadonlyArray<RunId>, RuntimeFailure>
  }
>()("io-iii/core/session/Steward") {
  static readonly layer = Layer.effect(
    Steward,
    Effect.gen(function* () {
      const journal = yield* Journal
      const steps = yield* Steps
      const turns = yield* Turns
      const vault = yield* Vault

      const { keysOf, waiting: waitingText, output: outputOf, asked, beside } = heldTexts(journal, vault)

      const logOf = (held: Held, keys: StreamVault) =>
        open(journal, keys, held.pending.run, held, held.companion)

      /** Looks again when somebody was in between; whoever has decided is named, whatever they have made of the session. */
      const settled = <A>(
        first: Held,
        attempt: (held: Held) => Effect.Effect<A, RuntimeFailure>
      ): Effect.Effect<A, RuntimeFailure> => {
        const { stream, pending } = first
        const { run } = pending
        const anew = Effect.flatMap(Effect.flatMap(again(first), inTime), attempt)
        return attempt(first).pipe(
          Effect.catchIf(isMoved, () => Effect.retry(anew, { while: isMoved, times: TRIES })),
          Effect.catch((reason) =>
            Effect.flatMap(heldIn(journal, stream), (held) =>
              Option.isSome(held) ? Effect.fail(reason) : decided(journal, run)
            )
          ),
          Effect.mapError((reason) => (reason.run ? reason : inRun(run)(reason)))
        )
      }

      const again = Effect.fnUntraced(function* ({ stream }: Held) {
        return yield* Effect.flatMap(heldIn(journal, stream), (held) =>
          Effect.mapError(Effect.fromOption(held), () => failure("STEWARD_NOT_PENDING", "gate"))
        )
      })

      /** `None` where somebody has decided. A look in between saves nothing from its deadline. */
      const expireOne = (overdue: Held) =>
        Effect.gen(function* () {
          const held = yield* heldIn(journal, overdue.stream)
          if (Option.isNone(held)) return Option.none()
          const { run, digest, sequence, deadline } = held.value.pending
          const about = { digest, sequence, edited: null }
          const decision = {
            ...about,
            action: "reject",
            reason: "expired",
            principal: DEADLINE,
            by: "deadline"
          } as const
          // The clock has been there: one that is set back before this is written does not make it too early.
          yield* discard(journal, held.value, decision, deadline)
          return Option.some(run)
        }).pipe(Effect.retry({ while: isMoved, times: TRIES }))

      const isOverdue = ({ pending: { deadline } }: Held) =>
        Effect.map(Clock.currentTimeMillis, (now) => deadline !== null && now >= deadline)

      const expire = Effect.gen(function* () {
        const overdue = yield* Effect.filter(yield* allHeld(journal), isOverdue)
        const expired = yield* Effect.forEach(overdue, expireOne)
        return expired.flatMap(Option.toArray)
      })

      /** Whoever comes too late rejects it, and is told so. */
      const inTime = Effect.fnUntraced(function* (held: Held) {
        if (!(yield* isOverdue(held))) return held
        yield* expireOne(held)
        return yield* decided(journal, held.pending.run)
      })

      const seek = (turn: string) => Effect.flatMap(find(journal, turn), inTime)

      const held = Effect.fnUntraced(function* (run: RunId) {
        const found = Option.getOrNull(yield* heldIn(journal, runStream(run)))
        if (found === null || !(yield* isOverdue(found))) return found && found.pending
        yield* expireOne(found)
        return null
      })

      const show = Effect.fn("Steward.show")(function* (turn: string, principal: Principal) {
        const first = yield* seek(turn)
        return yield* settled(first, (held) =>
          Effect.gen(function* () {
            const keys = yield* keysOf(held)
            const text = yield* waitingText(held, keys)
            const { prompt, file } = yield* asked(held, keys)
            const output = yield* outputOf(held, keys)
            const others = yield* beside(held, keys)
            return {
              pending: held.pending,
              text: yield* Release.view(logOf(held, keys), principal, text, { output, ...others }),
              prompt: Release.giveBack(prompt),
              file: file && Release.giveBack(file)
            }
          })
        )
      })

      const carryOut = Effect.fnUntraced(function* (held: Held, wish: Wish) {
        const { action, principal, by, reason, digest, sequence } = wish
        const { run, session, runbook } = held.pending
        const { issues } = toldOf(held.state)
        const decision = { action, reason, principal, by, digest, sequence, edited: null }
        const done = { run, session, runbook, action, released: null, issues, next: null }
        const step = next(held.state)
        if (step._tag !== "Decide") return yield* failure("STEWARD_NOT_PENDING", "gate")
        switch (wish.action) {
          case "reject":
          case "close":
            yield* discard(journal, held, decision)
            return done
          case "approve": {
            const keys = yield* keysOf(held)
            const text = yield* waitingText(held, keys)
            const log = logOf(held, keys)
            yield* log.keep({ _tag: "StewardDecided", ...decision })
            const id = leavingId(log.state(), step.audit)
            const output = yield* outputOf(held, keys)
            return { ...done, released: yield* Release.open(log, null).release(id, text, step.audit, output) }
          }
          case "edit": {
            const text = wish.text.use((all) => Content.of(all.trim()))
            if (text.isBlank) return yield* failure("STEWARD_TEXT_REQUIRED", "gate")
            const keys = yield* keysOf(held)
            const log = logOf(held, keys)
            const output = yield* outputOf(held, keys)
            const edited = { digest: log.seal(EDITED, text), chars: text.length }
            yield* log.keep({ _tag: "StewardDecided", ...decision, edited })
            const released = yield* Release.open(log, null).release(EDITED, text, step.audit, output)
            return { ...done, released }
          }
          case "redirect": {
            // A step is redirected once: no further run of it was certified.
            if (runbook && !held.pending.validActions.includes("redirect"))
              return yield* failure("RUN_TRANSITION_INVALID", "gate")
            const preceding = yield* Effect.fromResult(endOf(held, decision))
            const { request, watcher } = wish
            const { host } = held
            const begun =
              host._tag === "Session"
                ? turns.run(host.place, request, watcher, preceding)
                : // Its runbook says whether it is audited.
                  steps.run(host.place, { ...request, audit: false }, watcher, preceding)
            const next = yield* begun.pipe(
              // A run that is on record has begun together with the decision.
              Effect.catchIf(
                (reason) => reason.run !== undefined,
                (reason) => Effect.succeed(reason)
              )
            )
            return { ...done, next }
          }
        }
      })

      const decide = Effect.fn("Steward.decide")(function* (wish: Wish) {
        const first = yield* seek(wish.turn)
        return yield* settled(first, (held) =>
          Effect.gen(function* () {
            const { digest, sequence } = held.pending
            if (digest !== wish.digest || sequence !== wish.sequence)
              return yield* failure("STEWARD_STALE", "gate")
            return yield* carryOut(held, wish)
          })
        )
      }, asDecision)

      return Steward.of({
        pending: Effect.andThen(
          expire,
          Effect.map(allHeld(journal), (held) => held.map(({ pending }) => pending))
        ).pipe(Effect.withSpan("Steward.pending")),
        held,
        find: (turn) => Effect.map(seek(turn), ({ pending }) => pending),
        show,
        decide,
        expire
      })
    })
  )
}

const asDecision = <A, E, R>(work: Effect.Effect<A, E, R>, { action }: Wish) =>
  inSpan("decide", () => ({ "io3.steward.action": action }), work)
