/** Owns the run of one step: where it stands in its runbook, what it is asked, and who may have to be asked. */
import { Context, Effect, Layer, Option } from "effect"
import { Content } from "../../domain/Content.ts"
import { isRunbookEvent } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  ContentId,
  type Digest,
  type RunId,
  runbookStream,
  runStream,
  type StreamId
} from "../../domain/Ids.ts"
import { decode } from "../../domain/ledger/Ledger.ts"
import { refusal, stepAt } from "../../domain/runbook/Execution.ts"
import { type DeclaredStep, payloadId, promptId } from "../../domain/runbook/RunbookEvent.ts"
import { Journal } from "../../ports/Journal.ts"
import { Vault } from "../../ports/Vault.ts"
import { inSpan } from "../observability/Spans.ts"
import type { Preceding } from "../run/Companion.ts"
import type { RunRequest, Watcher } from "../run/Request.ts"
import { asIntegrity, openKeys } from "../run/RunKeys.ts"
import { Runs, type TurnRest } from "../run/Runs.ts"
import type { NamedStep } from "./Plan.ts"
import { companionOf, eventOf, grow, hostOf, type Place } from "./RunbookStream.ts"

/** What the caller of a step says: the rest is declared. A prompt is there only where a steward has put it. */
export type StepRequest = Pick<RunRequest, "principal" | "surface" | "checks"> &
  Partial<Pick<RunRequest, "prompt" | "file" | "audit">>

const PROMPT = ContentId.make("prompt")
const FILE = ContentId.make("file")

export class Steps extends Context.Service<
  Steps,
  {
    /**
     * Runs the next step of a runbook that stands there. `RUNBOOK_CONFLICT` when it has moved, `RUNBOOK_PAUSED`;
     * `CHECKPOINT_INTEGRITY_ERROR` when a sealed text is not the declared one; else what its run fails with.
     */
    readonly run: (
      place: Place,
      request: StepRequest,
      watcher?: Watcher,
      preceding?: Preceding | null
    ) => Effect.Effect<TurnRest, RuntimeFailure>
    /** The declared steps with their texts, from the one that is next on; `REPLAY_CONTENT_REQUIRED` where one is not here. */
    readonly remaining: (place: Place) => Effect.Effect<ReadonlyArray<NamedStep>, RuntimeFailure>
  }
>()("io-iii/core/runbook/Steps") {
  static readonly layer = Layer.effect(
    Steps,
    Effect.gen(function* () {
      const journal = yield* Journal
      const runs = yield* Runs
      const vault = yield* Vault

      /** What is sealed in a stream, under its keys; null where those are not here. */
      const textsIn = Effect.fnUntraced(function* (stream: StreamId) {
        const wrapped = yield* journal.key(stream)
        const keys = Option.isSome(wrapped) ? yield* openKeys(journal, vault, stream, wrapped.value) : null
        const sealed = Effect.fnUntraced(function* (id: ContentId) {
          const found = yield* journal.sealed(stream, id)
          return keys && Option.isSome(found) ? yield* keys.unseal(found.value) : null
        }, Effect.mapError(asIntegrity))
        return {
          sealed,
          /** The text that was recorded so. */
          recorded: Effect.fnUntraced(function* (id: ContentId, digest: Digest) {
            const text = yield* sealed(id)
            if (!keys || !text) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
            return keys.digest(id, text) === digest
              ? text
              : yield* failure("CHECKPOINT_INTEGRITY_ERROR", "setup")
          })
        }
      }, Effect.mapError(asIntegrity))
      type Texts = Effect.Success<ReturnType<typeof textsIn>>

      /** The last run of the step that is next. */
      const lastRun = Effect.fnUntraced(function* ({ execution, sequence }: Place) {
        const rows = yield* journal.read(runbookStream(execution.run), 0, sequence)
        const started = rows
          .map(eventOf)
          .findLast((event) => event?._tag === "StepStarted" && event.step.index === execution.after.next)
        return started?._tag === "StepStarted" ? started.run : null
      })

      /** What a run's record says of the texts that it was asked with. */
      const askedOf = Effect.fnUntraced(function* (run: RunId) {
        const events = (yield* journal.read(runStream(run))).flatMap(({ payload }) =>
          Option.toArray(decode(payload))
        )
        const [accepted] = events
        const context = events.find((event) => event._tag === "ContextAssembled")
        return accepted?._tag === "RunAccepted"
          ? { digest: accepted.promptDigest, hasFile: context?.segments.some(({ name }) => name === "file") }
          : null
      })

      /** What a steward has put in the place of the declared prompt of the step that is next, and beside it. */
      const replaced = Effect.fnUntraced(function* (place: Place) {
        const last = place.execution.after.redirected ? yield* lastRun(place) : null
        const known = last && (yield* askedOf(last))
        if (!last || !known) return null
        const texts = yield* textsIn(runStream(last))
        const file = yield* texts.sealed(FILE)
        if (known.hasFile && !file) return yield* failure("REPLAY_CONTENT_REQUIRED", "setup")
        return { prompt: yield* texts.recorded(PROMPT, known.digest), file }
      })

      const stepOf = Effect.fnUntraced(function* (texts: Texts, index: number, declared: DeclaredStep) {
        const { task, mode, capability, packs, when } = declared
        const payload = capability && (yield* texts.recorded(payloadId(index), capability.payloadDigest))
        const prompt = yield* texts.recorded(promptId(index), declared.promptDigest)
        return {
          id: task,
          mode,
          prompt,
          capability: capability && { id: capability.id, payload },
          packs,
          when
        }
      })

      const asked = Effect.fnUntraced(function* (place: Place, { prompt, file, ...by }: StepRequest) {
        const { run, steps, after } = place.execution
        const declared = steps[after.next]
        if (!declared) return yield* failure("RESUME_INVALID_STATE", "setup")
        const step = yield* stepOf(yield* textsIn(runbookStream(run)), after.next, declared)
        const { mode, capability, packs } = step
        const { principal, surface, checks } = by
        const instead = prompt ? null : yield* replaced(place)
        const texts = {
          prompt: prompt ?? instead?.prompt ?? step.prompt,
          file: file ?? instead?.file ?? null
        }
        const audit = place.execution.audit || by.audit === true
        return { mode, ...texts, capability, packs, audit, principal, surface, checks }
      })

      const remaining = Effect.fnUntraced(function* (place: Place) {
        const { run, steps, after } = place.execution
        const texts = yield* textsIn(runbookStream(run))
        const instead = yield* replaced(place)
        return yield* Effect.forEach(steps, (declared, index) =>
          index < after.next
            ? Effect.succeed({ ...declared, id: declared.task, prompt: Content.empty, capability: null })
            : Effect.map(stepOf(texts, index, declared), (step) =>
                instead && index === after.next ? { ...step, prompt: instead.prompt } : step
              )
        )
      })

      return Steps.of({
        remaining,
        run: Effect.fn("Steps.run")(function* (place, by, watcher, preceding = null) {
          const ended = preceding && isRunbookEvent(preceding.facts) ? [preceding.facts] : []
          // What is to be ended with this run's beginning counts by then.
          const { execution } = (yield* Effect.fromResult(grow(place, ended))).place
          if (execution.after.status !== "active" || execution.after.open) {
            return yield* failure(refusal(execution), "setup")
          }
          const request = yield* asked({ ...place, execution }, by)
          const companion = { ...companionOf(journal, execution.run, place), seen: hostOf(place), preceding }
          const seat = { at: { step: stepAt(execution) }, conversation: null, companion }
          const about = { "io3.runbook.run": execution.run, "io3.step.index": execution.after.next }
          return yield* inSpan("step", () => about, runs.turn(request, seat, watcher))
        })
      })
    })
  )
}
