/** Owns what can be proven of a record: of this journal, of one run in it, of an export. It changes nothing. */
import { Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { compare } from "../../domain/run/Budget.ts"
import { Finding, ofRun } from "../../domain/ledger/Evidence.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type Heads, root } from "../../domain/ledger/Head.ts"
import { configStream, Count, Digest, PublicKey, StreamId } from "../../domain/Ids.ts"
import { Journal } from "../../ports/Journal.ts"
import { ParallelCheck } from "../../ports/ParallelCheck.ts"
import { Signer } from "../../ports/Signer.ts"
import { Vault } from "../../ports/Vault.ts"
import { Budgets } from "../run/Budgets.ts"
import { open as openExport } from "./ExportCheck.ts"
import { find, rowsWith } from "./Hosted.ts"
import {
  type Against,
  Broken,
  brokenAt,
  found,
  itself,
  type Reached,
  reached,
  type Tools,
  wholly
} from "./RecordCheck.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { endsAt } from "./Soundness.ts"
import { surveying } from "./Survey.ts"
import { goneAs, Texts, textsOf } from "./TextCheck.ts"

export const Verification = Schema.Struct({
  /** Null when everything holds. */
  broken: Schema.NullOr(Broken),
  /** The last position up to which everything holds; as many rows there are. */
  position: Count,
  streams: Count,
  /** The head there. */
  root: Digest,
  /** The position of the checkpoint that was met; null without one. */
  checkpoint: Schema.NullOr(Count),
  /** Whose signature was checked; null where there was none. */
  key: Schema.NullOr(PublicKey),
  /** Whether that key was given, and not only named by what it has signed. */
  vouched: Schema.Boolean,
  /** Null where sealed texts were not looked at. */
  texts: Schema.NullOr(Texts)
})
export type Verification = typeof Verification.Type

/** One run, or a session or runbook with all its runs: each of their decisions made again. */
export const RunVerification = Schema.Struct({
  stream: StreamId,
  /** What was looked at: that stream, and of a session or runbook those of its runs. */
  streams: Schema.Array(StreamId),
  broken: Schema.NullOr(Broken),
  decisions: Schema.Array(Finding),
  texts: Schema.NullOr(Texts)
})
export type RunVerification = typeof RunVerification.Type

/** A sound record up to a position. */
export interface Sound {
  readonly position: number
  readonly heads: Heads
}

export class Verifier extends Context.Service<
  Verifier,
  {
    /** The whole journal up to where it is now, and its sealed texts if that is wanted. */
    readonly journal: (texts: boolean, against?: Against) => Effect.Effect<Verification, RuntimeFailure>
    /**
     * The run, or the session or runbook with all its runs, whose id begins with `prefix`; `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`.
     * What others had spent of its budget is not looked at.
     */
    readonly run: (prefix: string, texts: boolean) => Effect.Effect<RunVerification, RuntimeFailure>
    /** An export, as its bytes come. Needs neither journal nor keys. */
    readonly exported: <E, R>(
      bytes: Stream.Stream<Uint8Array, E, R>,
      against?: Against
    ) => Effect.Effect<Verification, E, R>
    /** The heads of this journal; `LEDGER_BROKEN` when it does not verify. */
    readonly sound: Effect.Effect<Sound, RuntimeFailure>
  }
>()("io-iii/core/ledger/Verifier") {
  static readonly layer = Layer.effect(
    Verifier,
    Effect.gen(function* () {
      const journal = yield* Journal
      const budgets = yield* Budgets
      const vault = yield* Vault
      const { verifies } = yield* Signer
      const tools: Tools = { hash: vault.fingerprint, fingerprinting: vault.fingerprinting, verifies }
      const survey = surveying(journal, tools, yield* ParallelCheck)

      /** What is in a stream may be erased between two looks: only what is still wrong at the second is a fault. */
      const textsIn = Effect.fnUntraced(function* (stream: StreamId) {
        const look = Effect.flatMap(journal.read(stream), (rows) => textsOf(journal, vault, stream, rows))
        const first = yield* look
        return first.broken ? yield* look : first
      })

      const texts = Effect.fnUntraced(function* (streams: Iterable<StreamId>) {
        const texts = { checked: 0, erased: 0, erasedSessions: 0, erasedRunbooks: 0, forgotten: 0 }
        for (const stream of streams) {
          const gone = goneAs(stream)
          if (gone === null) continue
          const { broken, checked, erased } = yield* textsIn(stream)
          if (broken) return { broken, texts }
          texts.checked += checked
          if (erased) texts[gone]++
        }
        return { broken: null, texts }
      })

      /** What is said of a record that was checked. */
      const said = (
        { position, heads }: Reached,
        broken: Broken | null,
        against: Against,
        key: PublicKey | null
      ) => ({
        broken,
        position,
        streams: heads.size,
        root: root(tools.hash, heads),
        checkpoint: broken ? null : (against.checkpoint?.position ?? null),
        key,
        vouched: against.publicKey !== null && key !== null,
        texts: null
      })

      /** Whether the counters of budgets are what the rows took. With rows added meanwhile, that takes another look. */
      const counts = Effect.fnUntraced(function* ({ position, spendings }: Reached) {
        const counted = yield* journal.spending(0)
        const isOfThese = (yield* journal.head) === position
        return (isOfThese ? compare(counted, spendings) : yield* budgets.recount).length === 0
      })

      /** A stream whose kept head is that of no row of it. There may be more rows by now, but not others. */
      const headless = Effect.fnUntraced(function* (stream: StreamId, before: ReadonlyArray<Row>) {
        const info = Option.getOrUndefined(yield* journal.info(stream))
        const later = yield* journal.read(stream, before.length)
        const rows = [...before, ...later].slice(0, info?.seq)
        const { position = 0, seq = 0 } = rows.at(-1) ?? {}
        return info && endsAt(rows, info) ? null : brokenAt({ position, stream, seq }, "stream_head")
      })

      const sealedIn = (wanted: boolean, streams: Iterable<StreamId>) =>
        wanted ? texts(streams) : Effect.succeed({ broken: null, texts: null })

      return Verifier.of({
        journal: Effect.fn("Verifier.journal")(function* (wanted, against = itself) {
          const surveyed = yield* survey(against)
          const { broken, position, streams } = surveyed
          const sealed = yield* sealedIn(wanted && broken === null, streams)
          const isMiscounted = broken === null && !(yield* counts(surveyed))
          const miscount = isMiscounted ? wholly("budget_counter", position) : null
          const key = against.checkpoint?.key ?? null
          return { ...said(surveyed, broken ?? miscount ?? sealed.broken, against, key), texts: sealed.texts }
        }),
        run: Effect.fn("Verifier.run")(function* (prefix, wanted) {
          const stream = yield* find(journal, prefix)
          const { streams, rows } = yield* rowsWith(journal, stream)
          const { findings, falsehood } = ofRun(tools.hash, yield* journal.read(configStream), rows)
          const lost = yield* Effect.forEach(streams, (one) =>
            headless(
              one,
              rows.filter((row) => row.stream === one)
            )
          )
          const broken = found(falsehood) ?? lost.find((fault) => fault !== null) ?? null
          const sealed = yield* sealedIn(wanted && broken === null, streams)
          return {
            stream,
            streams,
            broken: broken ?? sealed.broken,
            decisions: findings,
            texts: sealed.texts
          }
        }),
        exported: Effect.fn("Verifier.exported")(function* (bytes, against = itself) {
          const check = openExport(tools, against)
          let broken: Broken | null = null
          yield* Stream.runForEachWhile(bytes, (piece) =>
            Effect.sync(() => (broken = check.take(piece)) === null)
          )
          broken ??= check.end()
          return said(reached(check.record), broken, against, check.footer()?.key ?? null)
        }),
        sound: survey(itself).pipe(
          Effect.flatMap(({ broken, position, heads }) =>
            broken ? Effect.fail(failure("LEDGER_BROKEN", "setup")) : Effect.succeed({ position, heads })
          ),
          Effect.withSpan("Verifier.sound")
        )
      })
    })
  )
}
