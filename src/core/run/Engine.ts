/** Owns the walk from an accepted request to its ending: it does what `Run.next` says, one durable step at a time. */
import { Context, Effect, Layer, Result } from "effect"
import { certify, permitFor, type Purpose } from "../../domain/run/Bounds.ts"
import { Content } from "../../domain/Content.ts"
import { type Context as Assembled, question, revision } from "../../domain/run/Context.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import * as Governance from "../../domain/run/Governance.ts"
import { wishesOf } from "../../domain/run/Generation.ts"
import { gateOf, leftOut } from "../../domain/run/Leaving.ts"
import type { Destination, FallbackReason, Route } from "../../domain/run/Route.ts"
import type { AuditResult } from "../../domain/run/Receipt.ts"
import { isLeft } from "../../domain/run/Evolution.ts"
import { asksNobody, isHeld, next, OUTPUT, type Step, textId } from "../../domain/run/Run.ts"
import type { Unavailable } from "../../domain/run/Verdict.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { asStep } from "../observability/Spans.ts"
import { invocation } from "../capability/Invocation.ts"
import { acceptance } from "./Acceptance.ts"
import type { Settlement } from "./Answer.ts"
import { Assembly, recordOf, sizeOf } from "./Assembly.ts"
import { Calls, type Request } from "./Calls.ts"
import { Challenger } from "./Challenger.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import * as Endings from "./Endings.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import * as Release from "./Release.ts"
import { Router } from "./Router.ts"
import { type Materials, nothing } from "./Materials.ts"
import type { Governed, Rest, Watcher } from "./Request.ts"
import type { RunLog } from "./RunLog.ts"

/** A plain run takes seven steps, an audited and revised one with a capability, a fallback and a gate fourteen. */
const MOST_STEPS = 17

export class Engine extends Context.Service<
  Engine,
  {
    /**
     * Runs a request to its ending or its pause, from where its log stands. Fails with the code the ledger has; interrupting it
     * cancels the call that is out and records that before it stops.
     */
    readonly run: (
      request: Governed,
      route: Route,
      log: RunLog,
      watcher: Watcher,
      materials?: Materials
    ) => Effect.Effect<Rest, RuntimeFailure>
  }
>()("io-iii/core/run/Engine") {
  static readonly layer = Layer.effect(
    Engine,
    Effect.gen(function* () {
      const { settings } = yield* Configuration
      const router = yield* Router
      const assembly = yield* Assembly
      const challenger = yield* Challenger
      const calls = yield* Calls
      const configRecord = yield* ConfigRecord
      const identity = yield* Identity
      const { runtime } = settings

      const policy = yield* PolicyInForce
      const capabilities = yield* Capabilities

      const run = Effect.fnUntraced(function* (
        request: Governed,
        route: Route,
        log: RunLog,
        watcher: Watcher,
        materials: Materials = nothing
      ) {
        const door = Release.open(log, watcher.outlet)
        const { refuse, fail, cancel, abandon } = Endings.open(log, door)
        const boundary = yield* identity.boundary
        const judge = request.audit ? challenger.destination : null
        const texts = new Map(materials.texts)
        let { context, permits, output } = materials

        const textOf = (purpose: Purpose) => texts.get(purpose) ?? Content.empty
        const idOf = (purpose: Purpose) => textId(log.state(), purpose)
        const drafted = () => Governance.drafterIn(log.state(), route)

        const accept = Effect.gen(function* () {
          const configDigest = yield* configRecord.digest
          yield* log.keep(acceptance(log, request, configDigest, runtime.audit.on_unavailable))
        })

        const resolved = Effect.gen(function* () {
          yield* log.keep({ _tag: "RouteResolved", route })
          yield* router.check(route, request.checks).pipe(
            Effect.interruptible,
            Effect.catch(fail),
            Effect.onInterrupt(() => Effect.ignore(cancel("route")))
          )
        })

        const invoke = Effect.gen(function* () {
          if (!request.capability) return yield* Effect.die(new TypeError("what was asked for is at hand"))
          const invoked = yield* invocation(capabilities, log, request.capability).pipe(
            Effect.interruptible,
            Effect.onInterrupt(() => Effect.ignore(cancel("capability")))
          )
          ;({ output } = invoked)
          yield* log.keep(invoked.event)
        })

        const assemble = Effect.gen(function* () {
          if (!asksNobody(log.state())) {
            const window = Governance.windowOf(policy, route, judge)
            const memory = request.memory?.values ?? []
            context = yield* assembly
              .assemble({ ...request, memory, route, window })
              .pipe(Effect.catch(refuse))
          }
          yield* log.keep(recordOf(context, log.digest, request.memory?.recalled))
        })

        const certified = Effect.gen(function* () {
          const { accepted } = log.state()
          if (!accepted) return yield* Effect.die(new TypeError("a run is accepted before it is certified"))
          const asked = Governance.askedIn(accepted)
          const wish = certify(Governance.wishOf(policy, route, judge, sizeOf(context), asked)).pipe(
            Result.filterOrFail(
              ({ certificate }) => isLeft(accepted, certificate),
              () => failure("BOUNDS_EXCEEDED", "bounds")
            )
          )
          if (Result.isFailure(wish)) return yield* refuse(wish.failure)
          permits = wish.success.permits
          yield* log.keep({ _tag: "BoundsCertified", certificate: wish.success.certificate })
        })

        /** One permitted call: intent durable, call made, outcome kept for the next commit. */
        const call = Effect.fnUntraced(function* (
          purpose: Purpose,
          attempt: number,
          wanted: Request,
          fallbackReason: FallbackReason | null = null
        ) {
          const permit = permitFor(permits, purpose, attempt)
          if (!permit)
            return yield* Effect.die(new TypeError("a run asks only for calls that it was certified for"))
          // A draft's messages were let through when they were assembled.
          if (purpose !== "draft") yield* assembly.admit(wanted.messages, purpose).pipe(Effect.catch(refuse))
          // What was paid for is durable before more is asked for.
          if (log.state().calls.some(({ settled }) => settled?.outcome === "ok")) yield* log.commit
          const { provider, model } = wanted
          const place = { purpose, attempt, provider, model, reserved: permit.reservation }
          const intent = yield* log
            .intend(permit, { _tag: "CallIntended", ...place, fallbackReason }, runtime.budgets ?? null)
            .pipe(Effect.catchIf((reason) => reason.code === "BUDGET_EXCEEDED", refuse))
          // Whoever leaves before hearing of the run cancels its call, which is out by now.
          if (purpose === "draft" && attempt === 1) yield* Effect.exit(Effect.interruptible(announce))
          const settlement = yield* calls.make(
            intent,
            wanted,
            purpose === "draft" ? door.chunk : () => Effect.void
          )
          texts.set(purpose, settlement.text)
          const digest = settlement.text.isBlank ? null : log.seal(idOf(purpose), settlement.text)
          const { chars, thinkingChars, ...settled } = settlement.settled
          yield* log.keep({ ...settled, digest, chars, thinkingChars })
        })

        const announce = Effect.suspend(() => {
          const { bounds } = log.state()
          if (!bounds) return Effect.void
          const { certificate } = bounds
          const { history, clientHistory } = context
          const facts = { run: log.run, route, audit: request.audit, certificate, history, clientHistory }
          const { recalled: memory = null, packs = [] } = request.memory ?? {}
          return watcher.accepted({ ...facts, leftOut: leftOut(log.state()), memory, packs })
        })

        const callTo = (destination: Destination, messages: Assembled["messages"]): Request => ({
          ...destination,
          messages,
          ...wishesOf(request.generation, runtime.temperature)
        })

        const conclude = (audit: Settlement | Unavailable) =>
          log.keep(challenger.conclude(judge, drafted(), audit))

        const asked = () => question(context, request.prompt, request.client)

        const audit = Effect.suspend(() => {
          if (judge === null) return conclude("no_challenger")
          return Governance.mayAudit(policy, request.checks.constellation, judge, drafted())
            ? call("audit", 1, challenger.question(judge, boundary, asked(), textOf("draft")))
            : conclude("not_independent")
        })

        const answerOf = (audited: AuditResult) => (audited === "revised" ? "revision" : "draft")

        const ask = Effect.fnUntraced(function* (audited: AuditResult) {
          const answer = answerOf(audited)
          yield* log.keep(
            gateOf(log.state(), audited, log.digest(idOf(answer), textOf(answer)), textOf(answer))
          )
          // Nobody is told of a pause that is not on record.
          if (isHeld(log.state())) yield* log.commit
        })

        const advance = Effect.fnUntraced(function* (
          step: Step
        ): Effect.fn.Return<Rest | null, RuntimeFailure> {
          switch (step._tag) {
            case "Accept":
              yield* accept
              return null
            case "Route":
              yield* resolved
              return null
            case "Invoke":
              yield* invoke
              return null
            case "Assemble":
              yield* assemble
              return null
            case "Certify":
              yield* certified
              return null
            case "Call": {
              const { purpose, attempt, fallbackReason } = step
              yield* purpose === "draft"
                ? call(
                    purpose,
                    attempt,
                    callTo(Governance.drafterOf(route, attempt), context.messages),
                    fallbackReason
                  )
                : call(
                    purpose,
                    attempt,
                    callTo(drafted(), revision(context, boundary, textOf("draft"), textOf("audit")))
                  )
              return null
            }
            case "Audit":
              yield* audit
              return null
            case "Conclude":
              yield* conclude({ settled: step.settled, text: textOf("audit") })
              return null
            case "Release": {
              const answer = answerOf(step.audit)
              const released = asksNobody(log.state())
                ? yield* door.release(OUTPUT, output ?? Content.empty, step.audit, null)
                : yield* door.release(idOf(answer), textOf(answer), step.audit, output)
              return { _tag: "Released", released }
            }
            case "Gate":
              yield* ask(step.audit)
              return null
            case "Decide":
              return { _tag: "Held" }
            case "Refuse":
              return yield* refuse(failure(step.code, step.phase))
            case "Fail":
              return yield* fail(failure(step.code, step.phase))
            case "Cancel":
              yield* cancel(step.phase)
              return yield* Effect.interrupt
            case "Settle":
            case "Done":
              return yield* Effect.die(
                new TypeError("every call is settled before the next step is asked for")
              )
          }
        })

        const walk = Effect.gen(function* () {
          let rest: Rest | null = null
          for (let step = 0; rest === null && step <= MOST_STEPS; step++) {
            rest = yield* asStep(log, next(log.state()), advance)
          }
          return rest ?? (yield* failure("INTERNAL_ERROR", "release"))
        })
        return yield* Effect.catchDefect(walk, abandon)
      }, Effect.uninterruptible)

      return Engine.of({ run })
    })
  )
}
