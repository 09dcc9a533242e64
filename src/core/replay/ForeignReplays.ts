/** Owns doing again what another machine has recorded: its texts are not in an export, so they are given, or named as missing. */
import { Context, Effect, Layer, Option } from "effect"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { RUN_PREFIX, RUNBOOK_PREFIX, type RunId } from "../../domain/Ids.ts"
import { type Given, missingIn, missingOf } from "../../domain/replay/Missing.ts"
import type { Required } from "../../domain/replay/Required.ts"
import { generationFrom } from "../../domain/run/Generation.ts"
import { asksNobody, type RunState } from "../../domain/run/Run.ts"
import { begun, type Execution } from "../../domain/runbook/Execution.ts"
import type { Runbook } from "../../domain/runbook/Runbook.ts"
import { Content } from "../../domain/Content.ts"
import { Journal } from "../../ports/Journal.ts"
import { runOf } from "../ledger/Soundness.ts"
import { Runs } from "../run/Runs.ts"
import { Runbooks } from "../runbook/Runbooks.ts"
import { eventOf } from "../runbook/RunbookStream.ts"
import { type Again, followersOf, type Options, replayOf, stateOf } from "./Again.ts"
import type { Foreign } from "./Recordings.ts"

/** What was recorded elsewhere, as what can be done again. */
export type Abroad =
  | { readonly _tag: "Run"; readonly run: RunId; readonly state: RunState }
  | { readonly _tag: "Runbook"; readonly run: RunId; readonly execution: Execution }

/** `CHECKPOINT_NOT_FOUND` for a session: one is done again turn by turn. */
export const abroad = ({ stream, rows }: Foreign): Effect.Effect<Abroad, RuntimeFailure> => {
  if (stream.startsWith(RUN_PREFIX)) {
    const state = Option.getOrNull(runOf(stream, rows))
    if (state?.accepted) return Effect.succeed({ _tag: "Run", run: state.accepted.run, state })
  }
  if (stream.startsWith(RUNBOOK_PREFIX)) {
    const event = eventOf(rows[0])
    const execution = event && begun(event)
    if (execution) return Effect.succeed({ _tag: "Runbook", run: execution.run, execution })
  }
  return Effect.fail(failure("CHECKPOINT_NOT_FOUND", "setup"))
}

export class ForeignReplays extends Context.Service<
  ForeignReplays,
  {
    /**
     * Does a run again, as one by itself and a lineage of its own that names where it comes from. `REPLAY_CONTENT_REQUIRED`
     * with what is missing or has another length: then nothing was done. That a text is the same cannot be told here.
     */
    readonly run: (
      from: Extract<Abroad, { readonly _tag: "Run" }>,
      given: Given,
      options: Options
    ) => Effect.Effect<Again, RuntimeFailure>
    /** Does a runbook again. `REPLAY_CONTENT_REQUIRED` with the steps that are not the recorded ones. */
    readonly runbook: (
      from: Extract<Abroad, { readonly _tag: "Runbook" }>,
      given: Runbook | null,
      options: Options
    ) => Effect.Effect<Again, RuntimeFailure>
  }
>()("io-iii/core/replay/ForeignReplays") {
  static readonly layer = Layer.effect(
    ForeignReplays,
    Effect.gen(function* () {
      const journal = yield* Journal
      const runs = yield* Runs
      const runbooks = yield* Runbooks

      const run = Effect.fn("ForeignReplays.run")(function* (
        { run: origin, state }: Extract<Abroad, { readonly _tag: "Run" }>,
        given: Given,
        { by, watcher }: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        yield* complete(missingOf(state, given))
        const { accepted } = state
        if (!accepted) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
        const source = replayOf(origin)
        const { mode, packs = null, audit } = accepted
        const capability = accepted.capability && { id: accepted.capability.id, payload: given.payload }
        const texts = {
          prompt: given.prompt ?? Content.empty,
          file: given.file,
          capability: capability ?? null
        }
        // What has texts is missing by now: the rest is in the record.
        const generation = accepted.generation ? generationFrom(accepted.generation, () => undefined) : null
        const request = { ...by, mode, ...texts, packs, audit: audit || by.audit, generation }
        const { released, ...made } = yield* asksNobody(state) && capability
          ? runs.invoke(capability, by, source)
          : runs.run(request, watcher, source)
        const rest = { _tag: "Released", released } as const
        const again = { ...made, rest, state: yield* stateOf(journal, made.run) }
        return { _tag: "Run", session: null, source: origin, ...again }
      })

      const runbook = Effect.fn("ForeignReplays.runbook")(function* (
        { run: origin, execution }: Extract<Abroad, { readonly _tag: "Runbook" }>,
        given: Runbook | null,
        options: Options
      ): Effect.fn.Return<Again, RuntimeFailure> {
        yield* complete(missingIn(execution, given))
        const { runbook: id, mode, persona, audit, steps } = execution
        const named = (given?.steps ?? []).map((step, index) => ({
          ...step,
          id: steps[index]?.task ?? step.id
        }))
        const by = { ...options.by, audit: audit || options.by.audit }
        const start = { sessionMode: mode, personaMode: persona, by }
        const again = { id, steps: named }
        const result = yield* runbooks.run(again, start, followersOf(options), replayOf(origin))
        return { _tag: "Runbook", source: origin, result }
      })

      return ForeignReplays.of({ run, runbook })
    })
  )
}

const complete = (required: ReadonlyArray<Required>): Effect.Effect<void, RuntimeFailure> =>
  required.length === 0 ? Effect.void : Effect.fail(failure("REPLAY_CONTENT_REQUIRED", "setup", { required }))
