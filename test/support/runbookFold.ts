/**
 * Owns what a runbook has come to, apart from how often it was tried: what two executions of the same one have to agree on,
 * however often the process of one of them was killed.
 */
import { Effect, Option } from "effect"
import { History } from "../../src/core/ledger/History.ts"
import { runOf } from "../../src/core/ledger/Soundness.ts"
import { eventOf } from "../../src/core/runbook/RunbookStream.ts"
import { type RunId, RUNBOOK_PREFIX, runStream } from "../../src/domain/Ids.ts"
import { canonical } from "../../src/domain/ledger/Ledger.ts"
import type { RunState } from "../../src/domain/run/Run.ts"
import { begun } from "../../src/domain/runbook/Execution.ts"
import type { RunbookEvent } from "../../src/domain/runbook/RunbookEvent.ts"
import { Journal } from "../../src/ports/Journal.ts"

export interface FoldedRun {
  readonly run: string
  readonly index: number
  readonly state: RunState
  /** What it let out; null where nothing left. */
  readonly text: string | null
  readonly output: string | null
}

export interface Folded {
  readonly events: ReadonlyArray<RunbookEvent>
  /** In the order in which they began. */
  readonly runs: ReadonlyArray<FoldedRun>
}

const runFolded = Effect.fnUntraced(function* (run: RunId, index: number) {
  const journal = yield* Journal
  const stream = runStream(run)
  const state = Option.getOrThrow(runOf(stream, yield* journal.read(stream)))
  const has = state.ending?._tag === "Released"
  const text = has ? (yield* (yield* History).text(run)).released : null
  return { run, index, state, text: text?.text ?? null, output: text?.output ?? null }
})

/** The newest runbook of a journal; null before there is one. */
export const folded = Effect.gen(function* () {
  const journal = yield* Journal
  const filter = { prefix: RUNBOOK_PREFIX, openOnly: false, before: null, limit: 1 }
  const [found] = yield* journal.streams(filter)
  if (!found) return null
  const events = (yield* journal.read(found.stream)).flatMap((row) => eventOf(row) ?? [])
  const runs = yield* Effect.forEach(
    events.filter((event) => event._tag === "StepStarted"),
    ({ run, step }) => runFolded(run, step.index)
  )
  return { events, runs } satisfies Folded
})

/** Calls of a run, as often as there were with each outcome. */
const outcomes = ({ state }: FoldedRun): ReadonlyArray<string> =>
  state.calls.map(({ settled }) => settled?.outcome ?? "open")

/** What a whole runbook has come to; of its steps the runs that ended well. */
const summaryOf = ({ events }: Folded) => {
  const [first] = events
  const execution = first ? begun(first) : null
  if (!execution) return null
  const { status, next, completed, skipped, steps, redirected, open, failed, erased } =
    events.at(-1)?.after ?? execution.after
  const { mode, persona, audit, thresholds, expirySeconds } = execution
  return {
    declared: execution.steps.map(({ task, mode, promptChars, packs, when, capability }) => ({
      task,
      mode,
      promptChars,
      packs,
      when,
      capability: capability && {
        id: capability.id,
        payloadChars: capability.payloadChars
      }
    })),
    mode,
    persona,
    audit,
    thresholds,
    expirySeconds,
    after: {
      status,
      next,
      completed,
      skipped,
      steps,
      redirected,
      open,
      failed,
      erased
    },
    left: events.flatMap((event) => (event._tag === "StepSkipped" ? [event.index] : []))
  }
}

/** Digests are under keys of their own, times are of the clock, and what was spent before counts the attempts. */
const wellOf = ({ index, state, text, output }: FoldedRun) => {
  const { accepted, route, capability, context, bounds, calls, audit, gate, decision, ending } = state
  const seat = accepted?.step
  return {
    index,
    accepted: accepted && {
      mode: accepted.mode,
      audit: accepted.audit,
      chars: accepted.promptChars,
      capability: accepted.capability?.id,
      packs: accepted.packs,
      seat: seat && {
        index: seat.index,
        redirected: seat.redirected,
        step: seat.step,
        mode: seat.mode
      }
    },
    route,
    capability: capability && {
      ...capability,
      digest: null,
      durationMillis: 0
    },
    segments: context?.segments.map(({ name, chars, dropped }) => ({
      name,
      chars,
      dropped
    })),
    certificate: bounds?.certificate,
    calls: calls.map(({ intended, settled }) => ({
      intended,
      settled: settled && {
        ...settled,
        digest: null,
        latencyMillis: 0,
        firstTokenMillis: null
      }
    })),
    audit,
    gate: gate?.threshold ?? null,
    decision: decision?.action ?? null,
    ending: ending?._tag,
    text,
    output
  }
}

const endedWell = ({ runs }: Folded) => runs.filter(({ state }) => state.ending?._tag === "Released")

/**
 * Where one that was interrupted is not what it would have been otherwise: empty where it is. Of each step one run ended
 * well; before it there may be others, each with exactly one call whose outcome nobody knows, and none after.
 */
export const differences = (whole: Folded, interrupted: Folded): ReadonlyArray<string> => {
  const found: Array<string> = []
  const same = (what: string, one: unknown, other: unknown) => {
    if (canonical(asJson(one)) !== canonical(asJson(other))) found.push(what)
  }
  same("runbook", summaryOf(whole), summaryOf(interrupted))
  const [well, other] = [endedWell(whole), endedWell(interrupted)]
  same(
    "steps",
    well.map(({ index }) => index),
    other.map(({ index }) => index)
  )
  for (const one of well) {
    const two = other.find(({ index }) => index === one.index)
    if (two) same(`step ${one.index}`, wellOf(one), wellOf(two))
  }
  for (const [place, run] of interrupted.runs.entries()) {
    if (run.state.ending?._tag === "Released") {
      const isLast = interrupted.runs.slice(place + 1).every(({ index }) => index > run.index)
      if (!isLast) found.push(`step ${run.index} went on after its end`)
      if (outcomes(run).some((outcome) => outcome !== "ok")) found.push(`step ${run.index} has another call`)
      continue
    }
    const open = outcomes(run).filter((outcome) => outcome !== "ok")
    if (open.length !== 1 || open[0] !== "indeterminate") found.push(`step ${run.index} was tried otherwise`)
  }
  return found
}

const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))
