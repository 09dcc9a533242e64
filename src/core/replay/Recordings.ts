/** Owns making every recorded decision again, of a run, or of a session or runbook with all its runs: no model is asked. */
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { ofRun } from "../../domain/ledger/Evidence.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import {
  configStream,
  Count,
  PublicKey,
  RUN_PREFIX,
  RUNBOOK_PREFIX,
  SESSION_PREFIX,
  runStream,
  StreamId
} from "../../domain/Ids.ts"
import type { Row } from "../../domain/ledger/Ledger.ts"
import { Journal } from "../../ports/Journal.ts"
import { Signer } from "../../ports/Signer.ts"
import { Vault } from "../../ports/Vault.ts"
import { open as openExport } from "../ledger/ExportCheck.ts"
import { type Against, Broken, brokenAt, found, itself, type Tools } from "../ledger/RecordCheck.ts"
import { runsIn, wholeWith } from "../ledger/Hosted.ts"
import { isBeginning, named } from "../ledger/Named.ts"
import { unknown } from "./Origin.ts"

/** What came of it. */
export const Recorded = Schema.Struct({
  /** The stream that was asked for. */
  stream: StreamId,
  /** Its runs, or itself. */
  runs: Count,
  events: Count,
  decisions: Count,
  /** The first thing that does not hold; null where everything does. */
  broken: Schema.NullOr(Broken)
})
export type Recorded = typeof Recorded.Type

/** What an export that verifies says of one stream and its runs. */
export interface Foreign {
  readonly stream: StreamId
  readonly configurations: ReadonlyArray<Row>
  readonly rows: ReadonlyArray<Row>
  /** Who has signed it, and whether that key was given. */
  readonly key: PublicKey | null
  readonly vouched: boolean
}

const KINDS = [RUNBOOK_PREFIX, SESSION_PREFIX, RUN_PREFIX]

export class Recordings extends Context.Service<
  Recordings,
  {
    /** Of the one run, session or runbook whose id begins so. `CHECKPOINT_NOT_FOUND`, `RUN_AMBIGUOUS`. */
    readonly here: (prefix: string) => Effect.Effect<Recorded, RuntimeFailure>
    /**
     * Reads an export, all of it checked, for one run, session or runbook in it. `LEDGER_EXPORT_INVALID`, `LEDGER_BROKEN`,
     * `CHECKPOINT_NOT_FOUND`, `RUN_AMBIGUOUS`.
     */
    readonly read: <E, R>(
      bytes: Stream.Stream<Uint8Array, E, R>,
      prefix: string,
      against?: Against
    ) => Effect.Effect<Foreign, E | RuntimeFailure, R>
    /** Of what was read of an export. */
    readonly of: (foreign: Foreign) => Recorded
  }
>()("io-iii/core/replay/Recordings") {
  static readonly layer = Layer.effect(
    Recordings,
    Effect.gen(function* () {
      const journal = yield* Journal
      const vault = yield* Vault
      const { verifies } = yield* Signer
      const tools: Tools = { hash: vault.fingerprint, fingerprinting: vault.fingerprinting, verifies }

      const recorded = ({ stream, configurations, rows }: Omit<Foreign, "key" | "vouched">): Recorded => {
        const { findings, falsehood } = ofRun(vault.fingerprint, configurations, rows)
        const runs = new Set(rows.map((row) => row.stream).filter((name) => name.startsWith(RUN_PREFIX))).size
        return { stream, runs, events: rows.length, decisions: findings.length, broken: found(falsehood) }
      }

      const here = Effect.fn("Recordings.here")(function* (prefix: string) {
        const { stream } = yield* named(journal, prefix, KINDS, unknown)
        const { rows, lost } = yield* wholeWith(journal, stream)
        const made = recorded({ stream, rows, configurations: yield* journal.read(configStream) })
        return { ...made, broken: made.broken ?? (lost && brokenAt(lost, "stream_head")) }
      })

      const read = Effect.fn("Recordings.read")(function* <E, R>(
        bytes: Stream.Stream<Uint8Array, E, R>,
        prefix: string,
        against: Against = itself
      ): Effect.fn.Return<Foreign, E | RuntimeFailure, R> {
        if (!isBeginning(prefix)) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
        const taken = new Taken(prefix)
        const check = openExport(tools, against, (row) => taken.take(row))
        let broken: Broken | null = null
        yield* Stream.runForEachWhile(bytes, (piece) =>
          Effect.sync(() => (broken = check.take(piece)) === null)
        )
        const first: Broken | null = broken ?? check.end()
        if (first)
          return yield* failure(first.fault === "format" ? "LEDGER_EXPORT_INVALID" : "LEDGER_BROKEN", "setup")
        const [stream, ...more] = taken.named
        if (!stream) return yield* failure("CHECKPOINT_NOT_FOUND", "setup")
        if (more.length > 0) return yield* failure("RUN_AMBIGUOUS", "setup")
        const { configurations, rows } = taken
        const key = check.footer()?.key ?? null
        return { stream, configurations, rows, key, vouched: against.publicKey !== null }
      })

      return Recordings.of({ here, read, of: recorded })
    })
  )
}

/** The rows of an export that are of what was asked for: its stream, and the runs that this names before they begin. */
class Taken {
  readonly configurations: Array<Row> = []
  readonly rows: Array<Row> = []
  readonly #prefix: string
  readonly #named = new Set<StreamId>()
  readonly #runs = new Set<StreamId>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get named(): ReadonlyArray<StreamId> {
    return [...this.#named]
  }

  take(row: Row): void {
    const { stream } = row
    if (stream === configStream) this.configurations.push(row)
    const isNamed = KINDS.some((kind) => stream.startsWith(kind + this.#prefix))
    if (isNamed) {
      this.#named.add(stream)
      for (const run of runsIn([row])) this.#runs.add(runStream(run))
    }
    // Of several nothing is said.
    if (this.#named.size > 1) this.rows.length = 0
    else if (isNamed || this.#runs.has(stream)) this.rows.push(row)
  }
}
