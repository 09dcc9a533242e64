/** Owns the walk from an accepted request to its ending: it does what `Run.next` says, one durable step at a time. */
import { Context, Effect, Layer } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import type { Route } from "../../domain/run/Route.ts"
import { next } from "../../domain/run/Run.ts"
import { Capabilities } from "../../ports/Capability.ts"
import { Configuration } from "../../ports/Configuration.ts"
import { Identity } from "../../ports/Identity.ts"
import { stepping } from "../observability/Spans.ts"
import { Assembly } from "./Assembly.ts"
import { Calls } from "./Calls.ts"
import { Challenger } from "./Challenger.ts"
import { ConfigRecord } from "./ConfigRecord.ts"
import { PolicyInForce } from "./PolicyInForce.ts"
import { Router } from "./Router.ts"
import { type Materials, nothing, type Services } from "./Materials.ts"
import type { Governed, Rest, Watcher } from "./Request.ts"
import type { RunLog } from "./RunLog.ts"
import { Walk } from "./Walk.ts"

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
      const identity = yield* Identity
      const services: Services = {
        assembly: yield* Assembly,
        calls: yield* Calls,
        capabilities: yield* Capabilities,
        challenger: yield* Challenger,
        configRecord: yield* ConfigRecord,
        policy: yield* PolicyInForce,
        router: yield* Router,
        runtime: (yield* Configuration).settings.runtime
      }

      const walked = Effect.fnUntraced(function* (walk: Walk, log: RunLog) {
        const take = yield* stepping(log, walk)
        for (let step = 0; step <= MOST_STEPS; step++) {
          const rest = yield* take(next(log.state()))
          if (rest !== null) return rest
        }
        return yield* failure("INTERNAL_ERROR", "release")
      })

      const run = Effect.fnUntraced(function* (
        request: Governed,
        route: Route,
        log: RunLog,
        watcher: Watcher,
        materials: Materials = nothing
      ) {
        const boundary = yield* identity.boundary
        const walk = new Walk(services, { request, route, log, watcher, boundary }, materials)
        return yield* Effect.catchDefect(walked(walk, log), walk.endings.abandon)
      }, Effect.uninterruptible)

      return Engine.of({ run })
    })
  )
}
