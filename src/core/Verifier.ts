/** Owns what can be proven of a record: of this journal, of one run in it, of an export. It changes nothing. */
import { Context, Effect, Layer, Option, Schema, Stream } from "effect"
import { compare } from "../domain/Budget.ts"
import { isEnding } from "../domain/Event.ts"
import { Finding, ofRun } from "../domain/Evidence.ts"
import { failure, type RuntimeFailure } from "../domain/Failure.ts"
import type { Heads } from "../domain/Head.ts"
import { configStream, Count, Digest, PublicKey, RUN_PREFIX, StreamId } from "../domain/Ids.ts"
import { decode, type Row } from "../domain/Ledger.ts"
import { Journal, type StreamInfo } from "../ports/Journal.ts"
import { Signer } from "../ports/Signer.ts"
import { Vault } from "../ports/Vault.ts"
import { Budgets } from "./Budgets.ts"
import { open as openExport } from "./ExportCheck.ts"
import { Ledgers } from "./Ledgers.ts"
import {
  type Against,
  Broken,
  found,
  itself,
  open,
  type RecordCheck,
  type Tools,
  wholly
} from "./RecordCheck.ts"
import { endsAt } from "./Soundness.ts"
import { Texts, textsOf } from "./TextCheck.ts"

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

/** One run, each of its decisions made again. */
export const RunVerification = Schema.Struct({
  stream: StreamId,
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

const PAGE = 1000

export class Verifier extends Context.Service<
  Verifier,
  {
    /** The whole journal up to where it is now, and its sealed texts if that is wanted. */
    readonly journal: (texts: boolean, against?: Against) => Effect.Effect<Verification, RuntimeFailure>
    /** The run whose id begins with `prefix`; `RUN_NOT_FOUND`. What others had spent of its budget is not looked at. */
    readonly run: (prefix: string, texts: boolean) => Effect.Effect<RunVerification, RuntimeFailure>
    /** An export, as its bytes come. Needs neither journal nor keys. */
    readonly exported: <E, R>(
      bytes: Stream.Stream<Uint8Array, E, R>,
      against?: Against
    ) => Effect.Effect<Verification, E, R>
    /** The heads of this journal; `LEDGER_BROKEN` when it does not verify. */
    readonly sound: Effect.Effect<Sound, RuntimeFailure>
  }
>()("io-iii/core/Verifier") {
  static readonly layer = Layer.effect(
    Verifier,
    Effect.gen(function* () {
      const journal = yield* Journal
      const budgets = yield* Budgets
      const ledgers = yield* Ledgers
      const vault = yield* Vault
      const { verifies } = yield* Signer
      const tools: Tools = { hash: vault.fingerprint, fingerprinting: vault.fingerprinting, verifies }

      /** What the journal keeps as the heads of its streams. */
      const listing = Effect.gen(function* () {
        const found = new Map<StreamId, StreamInfo>()
        let before: number | null = null
        for (;;) {
          const page: ReadonlyArray<StreamInfo> = yield* journal.streams({
            prefix: "",
            openOnly: false,
            before,
            limit: PAGE
          })
          for (const info of page) found.set(info.stream, info)
          before = page.at(-1)?.first ?? null
          if (page.length < PAGE) return found
        }
      })

      /** A walk from the first place on passes by what somebody put before it. */
      const misplaced = Effect.fnUntraced(function* (check: RecordCheck) {
        const first = (yield* journal.scan(-Infinity, 1))[0]
        return first && first.position < 1 ? check.row(first) : null
      })

      const survey = Effect.fnUntraced(function* (against: Against) {
        // Rows may be added meanwhile: those up to `settled` are in the listing, and those after `last` are left out.
        const settled = yield* journal.head
        const listed = yield* listing
        const last = yield* journal.head
        const check = open(tools, against)
        let broken = check.begin() ?? (yield* misplaced(check))
        const met = new Set<StreamId>()
        while (broken === null && check.law.position() < last) {
          const page = yield* journal.scan(check.law.position(), PAGE)
          if (page.length === 0) broken = wholly("rows_missing", check.law.position() + 1)
          for (const row of page) {
            if (row.position > last || broken) break
            const kept = listed.get(row.stream)
            broken = check.row(row) ?? headFault(kept, row, settled)
            if (kept?.seq === row.seq) met.add(row.stream)
          }
        }
        const unmet = broken ? undefined : [...listed.values()].find(({ stream }) => !met.has(stream))
        if (unmet)
          broken = { position: unmet.first, stream: unmet.stream, seq: unmet.seq, fault: "stream_head" }
        return { broken: broken ?? check.end(), check, streams: [...listed.keys()] }
      })

      /** A run may be erased between two looks: only what is still wrong at the second is a fault. */
      const textsIn = Effect.fnUntraced(function* (stream: StreamId) {
        const look = Effect.flatMap(journal.read(stream), (rows) => textsOf(journal, vault, stream, rows))
        const first = yield* look
        return first.broken ? yield* look : first
      })

      const texts = Effect.fnUntraced(function* (streams: Iterable<StreamId>) {
        let [checked, erased] = [0, 0]
        for (const stream of streams) {
          if (!stream.startsWith(RUN_PREFIX)) continue
          const of = yield* textsIn(stream)
          if (of.broken) return { broken: of.broken, texts: { checked, erased } }
          checked += of.checked
          erased += of.erased ? 1 : 0
        }
        return { broken: null, texts: { checked, erased } }
      })

      /** What is said of a record that was checked. */
      const said = (
        { law, root }: RecordCheck,
        broken: Broken | null,
        against: Against,
        key: PublicKey | null
      ) => ({
        broken,
        position: law.position(),
        streams: law.heads().size,
        root: root(),
        checkpoint: broken ? null : (against.checkpoint?.position ?? null),
        key,
        vouched: against.publicKey !== null && key !== null,
        texts: null
      })

      /** Whether the counters of budgets are what the rows took. With rows added meanwhile, that takes another look. */
      const counts = Effect.fnUntraced(function* ({ law }: RecordCheck) {
        const counted = yield* journal.spending(0)
        const isOfThese = (yield* journal.head) === law.position()
        return (isOfThese ? compare(counted, law.spendings()) : yield* budgets.recount).length === 0
      })

      const sealedIn = (wanted: boolean, streams: Iterable<StreamId>) =>
        wanted ? texts(streams) : Effect.succeed({ broken: null, texts: null })

      return Verifier.of({
        journal: Effect.fn("Verifier.journal")(function* (wanted, against = itself) {
          const { broken, check, streams } = yield* survey(against)
          const sealed = yield* sealedIn(wanted && broken === null, streams)
          const isMiscounted = broken === null && !(yield* counts(check))
          const miscount = isMiscounted ? wholly("budget_counter", check.law.position()) : null
          const key = against.checkpoint?.key ?? null
          return { ...said(check, broken ?? miscount ?? sealed.broken, against, key), texts: sealed.texts }
        }),
        run: Effect.fn("Verifier.run")(function* (prefix, wanted) {
          const stream = StreamId.make(RUN_PREFIX + (yield* ledgers.find(prefix)).run)
          const configurations = yield* journal.read(configStream)
          // Its head is looked up before its rows: those may be more by then, but not others.
          const info = Option.getOrUndefined(yield* journal.info(stream))
          const rows = yield* journal.read(stream)
          const { findings, falsehood } = ofRun(tools.hash, configurations, rows)
          const last = rows[(info?.seq ?? 0) - 1] ?? rows.at(-1)
          const lost: Broken | null =
            info && endsAt(rows.slice(0, info.seq), info)
              ? null
              : { position: last?.position ?? 0, stream, seq: last?.seq ?? 0, fault: "stream_head" }
          const broken = found(falsehood) ?? lost
          const sealed = yield* sealedIn(wanted && broken === null, [stream])
          return { stream, broken: broken ?? sealed.broken, decisions: findings, texts: sealed.texts }
        }),
        exported: Effect.fn("Verifier.exported")(function* (bytes, against = itself) {
          const check = openExport(tools, against)
          let broken: Broken | null = null
          yield* Stream.runForEachWhile(bytes, (piece) =>
            Effect.sync(() => (broken = check.take(piece)) === null)
          )
          broken ??= check.end()
          return said(check.record, broken, against, check.footer()?.key ?? null)
        }),
        sound: survey(itself).pipe(
          Effect.flatMap(({ broken, check }) =>
            broken
              ? Effect.fail(failure("LEDGER_BROKEN", "setup"))
              : Effect.succeed({ position: check.law.position(), heads: check.law.heads() })
          ),
          Effect.withSpan("Verifier.sound")
        )
      })
    })
  )
}

/** What is kept of a stream has to fit its rows; rows after `settled` may have come later. */
const headFault = (kept: StreamInfo | undefined, row: Row, settled: number): Broken | null => {
  const { position, stream, seq } = row
  const fits =
    kept === undefined || seq > kept.seq
      ? position > settled
      : (seq > 1 || position === kept.first) &&
        (seq < kept.seq ||
          (row.hash === kept.head &&
            row.at === kept.at &&
            Option.exists(decode(row.payload), (event) => isEnding(event) !== kept.open)))
  return fits ? null : { position, stream, seq, fault: "stream_head" }
}
