/** Owns what people ask of past runs: which there are, page by page, one of them whole, and the answer that it released. */
import type { Detail, Page, Summary } from "../../domain/ledger/Records.ts"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Content } from "../../domain/Content.ts"
import { leftBy } from "../../domain/ledger/Disclosure.ts"
import type { EventType } from "../../domain/Event.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { madeAt, Mode, RUN_PREFIX, RunId, StreamId } from "../../domain/Ids.ts"
import { decode, type Row } from "../../domain/ledger/Ledger.ts"
import { cost, leftOut } from "../../domain/run/Leaving.ts"
import { initial, lastCall, OUTPUT } from "../../domain/run/Run.ts"
import { Standing, unended } from "../../domain/run/Standing.ts"
import { standingOf } from "../../domain/run/StandingOf.ts"
import { Journal, type StreamInfo } from "../../ports/Journal.ts"
import { type StreamVault, Vault } from "../../ports/Vault.ts"
import { Calibrations } from "../run/Calibrations.ts"
import { Ledgers } from "./Ledgers.ts"
import { projectionIn } from "./Projections.ts"
import { again, type Released } from "../run/Release.ts"
import { toldOf } from "../../domain/run/Run.ts"
import type { RunResult } from "../run/Runs.ts"
import { runOf } from "./Soundness.ts"

/** Which runs to list; null is any. */
export interface Query {
  readonly standing: Standing | null
  readonly mode: Mode | null
  /** Milliseconds since the Unix epoch, both included. */
  readonly since: number | null
  readonly until: number | null
  readonly limit: number
  /** Where a page before ended; null begins with the newest. */
  readonly cursor: number | null
}

const PAGE = 200

export class History extends Context.Service<
  History,
  {
    /** The newest runs first. Runs that are added meanwhile are in no later page. */
    readonly page: (query: Query) => Effect.Effect<Page, RuntimeFailure>
    /** `RUN_NOT_FOUND` unless exactly one run's id begins with `prefix`. */
    readonly find: (prefix: string) => Effect.Effect<Detail, RuntimeFailure>
    /** What has left a run: its answer, or as much of it as was out when it was cut off. `RUN_NOT_FOUND`, `RECEIPT_NOT_FOUND`, `RUN_ERASED`, `LEDGER_BROKEN`. */
    readonly text: (prefix: string) => Effect.Effect<RunResult, RuntimeFailure>
  }
>()("io-iii/core/ledger/History") {
  static readonly layer = Layer.effect(
    History,
    Effect.gen(function* () {
      const calibrations = yield* Calibrations
      const journal = yield* Journal
      const ledgers = yield* Ledgers
      const vault = yield* Vault

      const eventOf = (row: Row | undefined) =>
        Option.getOrUndefined(Option.flatMap(Option.fromUndefinedOr(row), ({ payload }) => decode(payload)))

      /** Looks at one row of a run before all of it is read: its last for a standing, its first for a mode. */
      const looksLike = Effect.fnUntraced(function* ({ standing, mode }: Query, { stream, seq }: StreamInfo) {
        if (mode !== null) {
          const accepted = eventOf((yield* journal.read(stream, 0, 1))[0])
          if (accepted?._tag !== "RunAccepted" || accepted.mode !== mode) return false
        }
        const ending = standing === null ? undefined : endings[standing]
        if (ending === undefined) return true
        const last = eventOf((yield* journal.read(stream, seq - 1))[0])
        return last?._tag === ending || last?._tag === "RunErased"
      })

      const page = Effect.fn("History.page")(function* (query: Query) {
        const openOnly = query.standing !== null && unended.has(query.standing)
        const found: Array<{ readonly first: number; readonly summary: Summary }> = []
        let before = query.cursor
        for (;;) {
          const infos: ReadonlyArray<StreamInfo> = yield* journal.streams({
            prefix: RUN_PREFIX,
            openOnly,
            before,
            limit: PAGE
          })
          for (const info of infos.filter((one) => mayMatch(query, one))) {
            if (!(yield* looksLike(query, info))) continue
            const summary = summaryOf(info, yield* journal.read(info.stream))
            if (matches(query, summary)) found.push({ first: info.first, summary })
            // One more than was asked for shows that the list goes on.
            if (found.length > query.limit) {
              const runs = found.slice(0, query.limit)
              return { runs: runs.map(({ summary }) => summary), next: runs.at(-1)?.first ?? null }
            }
          }
          before = infos.at(-1)?.first ?? null
          if (infos.length < PAGE) return { runs: found.map(({ summary }) => summary), next: null }
        }
      })

      const look = Effect.fnUntraced(function* (prefix: string) {
        const { run, standing } = yield* ledgers.find(prefix)
        const stream = StreamId.make(RUN_PREFIX + run)
        const rows = yield* journal.read(stream)
        return { run, standing, stream, rows, state: Option.getOrNull(runOf(stream, rows)) }
      })

      const find = Effect.fn("History.find")(function* (prefix: string) {
        const { run, standing, stream, rows, state } = yield* look(prefix)
        const called = state?.calls.at(0)?.intended ?? state?.route?.route.selected
        return {
          run,
          standing,
          at: rows[0]?.at ?? null,
          // After its ending, a run can only be erased.
          endedAt: (state?.ending ? rows.at(state.erased ? -2 : -1)?.at : null) ?? null,
          usage: cost(state ?? initial),
          calibration: called ? yield* calibrations.of(called.provider, called.model) : null,
          state,
          projection: Option.getOrNull(yield* projectionIn(journal, stream, rows))
        }
      })

      const text = Effect.fn("History.text")(function* (prefix: string) {
        const { stream, state } = yield* look(prefix)
        if (!state?.accepted) return yield* failure("LEDGER_BROKEN", "release")
        const left = leftBy(state)
        if (!left) return yield* failure("RECEIPT_NOT_FOUND", "release")
        if (state.erased) return yield* failure("RUN_ERASED", "release")
        const wrapped = yield* journal.key(stream)
        if (Option.isNone(wrapped)) return yield* failure("VAULT_CONTENT_UNREADABLE", "release")
        const released = yield* leftIn(journal, yield* vault.open(stream, wrapped.value), stream, left)
        const memory = state.context?.memory ?? null
        return { run: state.accepted.run, released, leftOut: leftOut(state), memory, ...toldOf(state) }
      })

      return History.of({ page, find, text })
    })
  )
}

/** What has left of a run, to the byte as its receipt has it. */
export const leftIn: (
  journal: Pick<Journal["Service"], "sealed">,
  keys: StreamVault,
  stream: StreamId,
  left: NonNullable<ReturnType<typeof leftBy>>
) => Effect.Effect<Released, RuntimeFailure> = Effect.fnUntraced(function* (
  journal,
  keys,
  stream,
  { receipt, content }
) {
  const sealed = yield* journal.sealed(stream, content)
  // Nothing is sealed of an answer without a letter.
  const written = Option.isSome(sealed) ? yield* keys.unseal(sealed.value) : Content.empty
  const answer = receipt.complete ? written : written.slice(0, receipt.chars)
  const made = receipt.capability ? yield* journal.sealed(stream, OUTPUT) : Option.none()
  const output = Option.isSome(made) ? yield* keys.unseal(made.value) : null
  return yield* Effect.fromResult(again(receipt, content, answer, output, keys.digest))
})

const summaryOf = ({ stream, seq, alive }: StreamInfo, rows: ReadonlyArray<Row>): Summary => {
  const run = rows.length < seq ? Option.none() : runOf(stream, rows)
  const state = Option.getOrElse(run, () => initial)
  const answering = lastCall(state, "revision") ?? lastCall(state, "draft")
  const { provider = null, model = null } = answering?.intended ?? state.route?.route.selected ?? {}
  const { turn, step, source = null, capability, packs = [] } = state.accepted ?? {}
  return {
    run: stream.slice(RUN_PREFIX.length),
    standing: standingOf(run, alive),
    at: rows[0]?.at ?? null,
    usage: cost(state),
    mode: state.accepted?.mode ?? null,
    provider,
    model,
    erased: state.erased !== null,
    turn: turn ? { session: turn.session, index: turn.index } : null,
    step: step ? { runbook: step.runbook, index: step.index, attempt: step.attempt } : null,
    source,
    capability: capability?.id ?? null,
    packs
  }
}

/** The last event of a run that stands there, unless it was erased. */
const endings: Readonly<Partial<Record<Standing, EventType>>> = {
  released: "Released",
  refused: "RunRefused",
  failed: "RunFailed",
  cancelled: "RunCancelled"
}

/** What the listing alone rules out: most runs are never read. */
const mayMatch = ({ standing, since, until }: Query, { stream, open }: StreamInfo): boolean => {
  if (standing !== null && standing !== "broken" && unended.has(standing) !== open) return false
  const made = madeAtOf(stream)
  return made === null || ((since === null || made >= since) && (until === null || made <= until))
}

/** A broken run may have another name than an id, and then no time. */
const madeAtOf = (stream: StreamId): number | null => {
  const name = stream.slice(RUN_PREFIX.length)
  return isRunId(name) ? madeAt(name) : null
}
const isRunId = Schema.is(RunId)

const matches = ({ standing, mode }: Query, summary: Summary): boolean =>
  (standing === null || summary.standing === standing) && (mode === null || summary.mode === mode)
