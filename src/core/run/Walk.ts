/**
 * Owns the steps of one run: what each of them asks for, calls and records. Which comes next is said by `domain/run/Run.next`;
 * that one follows the other is the engine's.
 *
 * Steps are methods that the engine's program goes through, and no programs of their own: most of them wait for nothing.
 */
import { Effect, Result } from "effect"
import { type CallPermit, certify, permitFor, type Purpose } from "../../domain/run/Bounds.ts"
import { Content } from "../../domain/Content.ts"
import { type Context as Assembled, question, revision } from "../../domain/run/Context.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import * as Governance from "../../domain/run/Governance.ts"
import { wishesOf } from "../../domain/run/Generation.ts"
import { gateOf, leftOut } from "../../domain/run/Leaving.ts"
import type { Destination, FallbackReason } from "../../domain/run/Route.ts"
import type { AuditResult } from "../../domain/run/Receipt.ts"
import { isLeft } from "../../domain/run/Evolution.ts"
import { asksNobody, isHeld, OUTPUT, type Step, textId } from "../../domain/run/Run.ts"
import type { Unavailable } from "../../domain/run/Verdict.ts"
import { invocation } from "../capability/Invocation.ts"
import { acceptance } from "./Acceptance.ts"
import type { Settlement } from "./Answer.ts"
import { recordOf, sizeOf } from "./Assembly.ts"
import type { Request } from "./Calls.ts"
import * as Endings from "./Endings.ts"
import type { Going, Materials, Services } from "./Materials.ts"
import * as Release from "./Release.ts"
import type { Rest } from "./Request.ts"
import type { RunLog } from "./RunLog.ts"

/** A step that was taken: where the run has come to rest, or null where another one is due. */
export type Taken = Effect.fn.Return<Rest | null, RuntimeFailure>

export class Walk {
  readonly #with: Services
  readonly #going: Going
  readonly #log: RunLog
  readonly #door: Release.Door
  readonly #judge: Destination | null
  readonly #texts: Map<Purpose, Content>
  #context: Assembled
  #permits: ReadonlyArray<CallPermit>
  #output: Content | null
  readonly endings: Endings.Endings

  constructor(services: Services, going: Going, { context, permits, texts, output }: Materials) {
    this.#with = services
    this.#going = going
    this.#log = going.log
    this.#door = Release.open(going.log, going.watcher.outlet)
    this.#judge = going.request.audit ? services.challenger.destination : null
    this.#texts = new Map(texts)
    this.#context = context
    this.#permits = permits
    this.#output = output
    this.endings = Endings.open(going.log, this.#door)
  }

  *take(step: Step): Taken {
    switch (step._tag) {
      case "Accept":
        return yield* this.#accept()
      case "Route":
        return yield* this.#resolved()
      case "Invoke":
        return yield* this.#invoke()
      case "Assemble":
        return yield* this.#assemble()
      case "Certify":
        return yield* this.#certify()
      case "Call":
        return yield* step.purpose === "draft"
          ? this.#draft(step.attempt, step.fallbackReason)
          : this.#revise(step.attempt)
      case "Audit":
        return yield* this.#audit()
      case "Conclude":
        return yield* this.#conclude({ settled: step.settled, text: this.#textOf("audit") })
      case "Release":
        return yield* this.#release(step.audit)
      case "Gate":
        return yield* this.#ask(step.audit)
      case "Decide":
        return { _tag: "Held" }
      case "Refuse":
        return yield* this.endings.refuse(failure(step.code, step.phase))
      case "Fail":
        return yield* this.endings.fail(failure(step.code, step.phase))
      case "Cancel":
        yield* this.endings.cancel(step.phase)
        return yield* Effect.interrupt
      case "Settle":
      case "Done":
        return yield* Effect.die(new TypeError("every call is settled before the next step is asked for"))
    }
  }

  *#accept(): Taken {
    const { configRecord, runtime } = this.#with
    const configDigest = yield* configRecord.digest
    yield* this.#log.keep(
      acceptance(this.#log, this.#going.request, configDigest, runtime.audit.on_unavailable)
    )
    return null
  }

  *#resolved(): Taken {
    const { route, request } = this.#going
    const { fail, cancel } = this.endings
    yield* this.#log.keep({ _tag: "RouteResolved", route })
    yield* this.#with.router.check(route, request.checks).pipe(
      Effect.interruptible,
      Effect.catch(fail),
      Effect.onInterrupt(() => Effect.ignore(cancel("route")))
    )
    return null
  }

  *#invoke(): Taken {
    const { capability } = this.#going.request
    if (!capability) return yield* Effect.die(new TypeError("what was asked for is at hand"))
    const invoked = yield* invocation(this.#with.capabilities, this.#log, capability).pipe(
      Effect.interruptible,
      Effect.onInterrupt(() => Effect.ignore(this.endings.cancel("capability")))
    )
    this.#output = invoked.output
    yield* this.#log.keep(invoked.event)
    return null
  }

  *#assemble(): Taken {
    const { route, request } = this.#going
    const { assembly, policy } = this.#with
    if (!asksNobody(this.#log.state())) {
      const window = Governance.windowOf(policy, route, this.#judge)
      const assembled = assembly.assemble({
        ...request,
        memory: request.memory?.values ?? [],
        route,
        window
      })
      if (Result.isFailure(assembled)) return yield* this.endings.refuse(assembled.failure)
      this.#context = assembled.success
    }
    yield* this.#log.keep(recordOf(this.#context, this.#log.digest, request.memory?.recalled))
    return null
  }

  *#certify(): Taken {
    const { accepted } = this.#log.state()
    if (!accepted) return yield* Effect.die(new TypeError("a run is accepted before it is certified"))
    const { policy } = this.#with
    const asked = Governance.askedIn(accepted)
    const wish = Governance.wishOf(policy, this.#going.route, this.#judge, sizeOf(this.#context), asked)
    const certified = certify(wish)
    if (Result.isFailure(certified)) return yield* this.endings.refuse(certified.failure)
    const { certificate, permits } = certified.success
    if (!isLeft(accepted, certificate))
      return yield* this.endings.refuse(failure("BOUNDS_EXCEEDED", "bounds"))
    this.#permits = permits
    yield* this.#log.keep({ _tag: "BoundsCertified", certificate })
    return null
  }

  #draft(attempt: number, fallbackReason: FallbackReason | null): Taken {
    const wanted = this.#callTo(Governance.drafterOf(this.#going.route, attempt), this.#context.messages)
    return this.#call("draft", attempt, wanted, fallbackReason)
  }

  #revise(attempt: number): Taken {
    const messages = revision(
      this.#context,
      this.#going.boundary,
      this.#textOf("draft"),
      this.#textOf("audit")
    )
    return this.#call("revision", attempt, this.#callTo(this.#drafter, messages))
  }

  #audit(): Taken {
    const { request, boundary } = this.#going
    const { policy, challenger } = this.#with
    const judge = this.#judge
    if (judge === null) return this.#conclude("no_challenger")
    if (!Governance.mayAudit(policy, request.checks.constellation, judge, this.#drafter))
      return this.#conclude("not_independent")
    const asked = question(this.#context, request.prompt, request.client)
    return this.#call("audit", 1, challenger.question(judge, boundary, asked, this.#textOf("draft")))
  }

  *#conclude(audit: Settlement | Unavailable): Taken {
    yield* this.#log.keep(this.#with.challenger.conclude(this.#judge, this.#drafter, audit))
    return null
  }

  /** One permitted call: intent durable, call made, outcome kept for the next commit. */
  *#call(
    purpose: Purpose,
    attempt: number,
    wanted: Request,
    fallbackReason: FallbackReason | null = null
  ): Taken {
    const { assembly, calls, runtime } = this.#with
    const { refuse } = this.endings
    const log = this.#log
    const permit = permitFor(this.#permits, purpose, attempt)
    if (!permit)
      return yield* Effect.die(new TypeError("a run asks only for calls that it was certified for"))
    // A draft's messages were let through when they were assembled.
    const tooMuch = purpose === "draft" ? null : assembly.admit(wanted.messages, purpose)
    if (tooMuch) return yield* refuse(tooMuch)
    // What was paid for is durable before more is asked for.
    if (log.state().calls.some(({ settled }) => settled?.outcome === "ok")) yield* log.commit
    const { provider, model } = wanted
    const place = { purpose, attempt, provider, model, reserved: permit.reservation }
    const intent = yield* log
      .intend(permit, { _tag: "CallIntended", ...place, fallbackReason }, runtime.budgets ?? null)
      .pipe(Effect.catchIf((reason) => reason.code === "BUDGET_EXCEEDED", refuse))
    // Whoever leaves before hearing of the run cancels its call, which is out by now.
    if (purpose === "draft" && attempt === 1) yield* Effect.exit(Effect.interruptible(this.#announced))
    const settlement = yield* calls.make(
      intent,
      wanted,
      purpose === "draft" ? this.#door.chunk : () => Effect.void
    )
    this.#texts.set(purpose, settlement.text)
    const digest = settlement.text.isBlank ? null : log.seal(this.#idOf(purpose), settlement.text)
    const { chars, thinkingChars, ...settled } = settlement.settled
    yield* log.keep({ ...settled, digest, chars, thinkingChars })
    return null
  }

  get #announced(): Effect.Effect<void> {
    const { route, request, watcher } = this.#going
    const { bounds } = this.#log.state()
    if (!bounds) return Effect.void
    const { certificate } = bounds
    const { history, clientHistory } = this.#context
    const facts = { run: this.#log.run, route, audit: request.audit, certificate, history, clientHistory }
    const { recalled: memory = null, packs = [] } = request.memory ?? {}
    return watcher.accepted({ ...facts, leftOut: leftOut(this.#log.state()), memory, packs })
  }

  *#ask(audited: AuditResult): Taken {
    const { id, text } = this.#answerOf(audited)
    yield* this.#log.keep(gateOf(this.#log.state(), audited, this.#log.digest(id, text), text))
    // Nobody is told of a pause that is not on record.
    if (isHeld(this.#log.state())) yield* this.#log.commit
    return null
  }

  *#release(audited: AuditResult): Taken {
    const { id, text } = this.#answerOf(audited)
    const released = asksNobody(this.#log.state())
      ? yield* this.#door.release(OUTPUT, this.#output ?? Content.empty, audited, null)
      : yield* this.#door.release(id, text, audited, this.#output)
    return { _tag: "Released", released }
  }

  #callTo(destination: Destination, messages: Assembled["messages"]): Request {
    const { generation } = this.#going.request
    return { ...destination, messages, ...wishesOf(generation, this.#with.runtime.temperature) }
  }

  #answerOf(audited: AuditResult) {
    const purpose = audited === "revised" ? "revision" : "draft"
    return { id: this.#idOf(purpose), text: this.#textOf(purpose) }
  }

  #textOf(purpose: Purpose): Content {
    return this.#texts.get(purpose) ?? Content.empty
  }

  #idOf(purpose: Purpose) {
    return textId(this.#log.state(), purpose)
  }

  get #drafter(): Destination {
    return Governance.drafterIn(this.#log.state(), this.#going.route)
  }
}
