/** Owns what a run would be, said without one: it calls nobody, records nothing and makes no file. */
import { Context, Effect, Layer, Schema } from "effect"
import { Certificate, worstCase } from "../../domain/run/Bounds.ts"
import { worst } from "../../domain/run/Budget.ts"
import { Calibration, estimate } from "../../domain/run/Calibration.ts"
import { chars } from "../../domain/run/Messages.ts"
import { SegmentName } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { Recalled } from "../../domain/memory/Recall.ts"
import * as Governance from "../../domain/run/Governance.ts"
import { Count } from "../../domain/Ids.ts"
import type { Seat } from "../../domain/run/Seat.ts"
import { Destination, Route } from "../../domain/run/Route.ts"
import { Assembly, sizeOf } from "./Assembly.ts"
import { Budgets } from "./Budgets.ts"
import { Account } from "../../domain/run/Account.ts"
import { Calibrations } from "./Calibrations.ts"
import { Challenger } from "./Challenger.ts"
import { Inputs } from "./Inputs.ts"
import type { RunRequest } from "./Request.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import { Router } from "./Router.ts"

/** A run as it would be. */
export const Rehearsed = Schema.Struct({
  route: Route,
  /** Who would audit; null when nobody would, or nobody was asked to. */
  auditor: Schema.NullOr(Destination),
  audit: Schema.Boolean,
  segments: Schema.Array(
    Schema.Struct({ name: SegmentName, chars: Count, estimatedTokens: Count, dropped: Count })
  ),
  /** What would become of each memory record that is asked for; null where none is. */
  memory: Schema.NullOr(Schema.Array(Recalled)),
  chars: Count,
  estimatedTokens: Count,
  calibration: Calibration,
  certificate: Certificate,
  account: Account,
  /** Whether the worst case fits what is left of the budget. */
  affordable: Schema.Boolean
})
export type Rehearsed = typeof Rehearsed.Type

export class Rehearsal extends Context.Service<
  Rehearsal,
  {
    /** As a part of what it is of, if it is. Refuses what a run would refuse before its first call, but for the budget: that is part of the answer. */
    readonly rehearse: (
      request: RunRequest,
      seat?: Pick<Seat, "mode" | "thresholds"> | null
    ) => Effect.Effect<Rehearsed, RuntimeFailure>
    /**
     * Its worst case alone, and the one with any other text in the place of its prompt: no model reads more than its window.
     * Refuses the same.
     */
    readonly certify: (
      request: RunRequest,
      seat?: Pick<Seat, "mode" | "thresholds"> | null
    ) => Effect.Effect<{ readonly certificate: Certificate; readonly widest: Certificate }, RuntimeFailure>
  }
>()("io-iii/core/run/Rehearsal") {
  static readonly layer = Layer.effect(
    Rehearsal,
    Effect.gen(function* () {
      const assembly = yield* Assembly
      const budgets = yield* Budgets
      const calibrations = yield* Calibrations
      const challenger = yield* Challenger
      const inputs = yield* Inputs
      const router = yield* Router
      const policy = yield* PolicyInForce
      const onUnavailable = policy.audit.on_unavailable

      const prepared = Effect.fnUntraced(function* (
        request: RunRequest,
        seat: Pick<Seat, "mode" | "thresholds"> | null
      ) {
        if (request.prompt.isBlank) return yield* failure("PROMPT_REQUIRED", "setup")
        const route = yield* router.resolveAnswer(request.mode)
        yield* inputs.invocable(request)
        yield* router.check(route, { ...request.checks, health: false })
        const audit = Governance.isAudited(policy, request)
        const auditor = audit ? challenger.destination : null
        const remembered = yield* inputs.remembered(request, route, auditor)
        const context = yield* Effect.fromResult(
          assembly.assemble({
            ...request,
            audit,
            route,
            conversation: null,
            client: request.client ?? null,
            memory: remembered?.values ?? [],
            window: Governance.windowOf(policy, route, auditor)
          })
        )
        const wish = Governance.wishOf(policy, route, auditor, sizeOf(context), {
          mode: request.mode,
          gates: Governance.mayAsk(seat, audit && onUnavailable === "hold") ? 1 : 0,
          capability: request.capability?.id ?? null,
          maxOutputTokens: request.generation?.maxOutputTokens ?? null
        })
        const { certificate } = yield* Effect.fromResult(worstCase(wish))
        const { certificate: widest } = yield* Effect.fromResult(worstCase({ ...wish, inputBytes: MOST }))
        return { route, audit, auditor, remembered, context, certificate, widest }
      })

      return Rehearsal.of({
        certify: Effect.fn("Rehearsal.certify")((request, seat = null) =>
          Effect.map(prepared(request, seat), ({ certificate, widest }) => ({ certificate, widest }))
        ),
        rehearse: Effect.fn("Rehearsal.rehearse")(function* (request, seat = null) {
          const { route, audit, auditor, remembered, context, certificate } = yield* prepared(request, seat)
          const { provider, model } = Governance.drafterOf(route, 1)
          const calibration = yield* calibrations.of(provider, model)
          const account = yield* budgets.account(request.principal, policy.budgets)
          const segments = context.segments.map(({ name, content, dropped }) => ({
            name,
            chars: content.length,
            estimatedTokens: estimate(content.bytes, calibration),
            dropped
          }))
          const { calls, tokens } = worst(certificate)
          return {
            route,
            auditor,
            audit,
            segments,
            memory: remembered?.recalled ?? null,
            chars: chars(context.messages),
            estimatedTokens: estimate(sizeOf(context).bytes, calibration),
            calibration,
            certificate,
            account,
            affordable: calls <= (account.left.calls ?? calls) && tokens <= (account.left.tokens ?? tokens)
          }
        })
      })
    })
  )
}

/** More bytes than any window has tokens. */
const MOST = Number.MAX_SAFE_INTEGER
