/** Owns what leaves this installation to be checked elsewhere: signed heads, and the whole record as an export. */
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import { footerLine, HEADER, rowLine } from "../../domain/ledger/Export.ts"
import { failure, type RuntimeFailure } from "../../domain/Failure.ts"
import { type Checkpoint, root, signingText } from "../../domain/ledger/Head.ts"
import { type PublicKey, type Signature, type StreamId, Timestamp } from "../../domain/Ids.ts"
import type { Head } from "../../domain/ledger/Ledger.ts"
import { Journal } from "../../ports/Journal.ts"
import { Signer } from "../../ports/Signer.ts"
import { Vault } from "../../ports/Vault.ts"
import { type Sound, Verifier } from "./Verifier.ts"

const PAGE = 1000

export class Exports extends Context.Service<
  Exports,
  {
    readonly publicKey: Effect.Effect<PublicKey, RuntimeFailure>
    /** The signed head of a record, by default of this journal as it is; `LEDGER_BROKEN` when that does not verify. */
    readonly checkpoint: (sound?: Sound) => Effect.Effect<Checkpoint, RuntimeFailure>
    /**
     * The lines of an export of everything up to now, in pieces with their line breaks. `LEDGER_BROKEN` before the first
     * when the journal does not verify, unless that is not asked.
     */
    readonly lines: (verified: boolean) => Stream.Stream<string, RuntimeFailure>
  }
>()("io-iii/core/ledger/Exports") {
  static readonly layer = Layer.effect(
    Exports,
    Effect.gen(function* () {
      const journal = yield* Journal
      const signer = yield* Signer
      const vault = yield* Vault
      const verifier = yield* Verifier

      const sign = Effect.fnUntraced(function* <A extends Readonly<Record<string, unknown>>>(
        object: A
      ): Effect.fn.Return<
        A & { readonly at: Timestamp; readonly key: PublicKey; readonly signature: Signature },
        RuntimeFailure
      > {
        const at = Timestamp.make(yield* Clock.currentTimeMillis)
        const key = yield* signer.publicKey
        const signature = yield* signer.sign(signingText({ ...object, at, key }))
        return { ...object, at, key, signature }
      })

      const checkpoint = Effect.fn("Exports.checkpoint")(function* (sound?: Sound) {
        const { position, heads } = sound ?? (yield* verifier.sound)
        return yield* sign({
          format: "io3/checkpoint/v1" as const,
          position,
          root: root(vault.fingerprint, heads),
          streams: heads.size
        })
      })

      const lines = Effect.fn("Exports.lines")(function* (verified: boolean) {
        // What stops an export is found before it begins.
        yield* signer.publicKey
        const sound = verified ? yield* verifier.sound : null
        const last = sound ? sound.position : yield* journal.head
        const expected = sound && root(vault.fingerprint, sound.heads)
        const heads = new Map<StreamId, Head>()
        const before = vault.fingerprinting()
        let rows = 0
        const written = (text: string) => {
          before.add(text)
          return text
        }

        const body = Stream.paginate(0, (after: number) =>
          Effect.map(journal.scan(after, PAGE), (page) => {
            const taken = page.filter(({ position }) => position <= last)
            for (const { stream, seq, hash } of taken) heads.set(stream, { seq, hash })
            rows += taken.length
            const next = taken.length < PAGE ? Option.none() : Option.fromUndefinedOr(taken.at(-1)?.position)
            return [
              taken.length === 0 ? [] : [written(taken.map((row) => `${rowLine(row)}\n`).join(""))],
              next
            ] as const
          })
        )

        const footer = Effect.gen(function* () {
          const written = root(vault.fingerprint, heads)
          // What was verified is not what was written: somebody is changing the journal.
          if (expected !== null && written !== expected) return yield* failure("LEDGER_BROKEN", "setup")
          const signed = yield* sign({
            digest: before.result(),
            format: "io3/export/v1" as const,
            position: last,
            root: written,
            rows,
            streams: heads.size
          })
          return `${footerLine(signed)}\n`
        })

        return Stream.suspend(() => Stream.succeed(written(`${HEADER}\n`))).pipe(
          Stream.concat(body),
          Stream.concat(Stream.fromEffect(footer))
        )
      })

      return Exports.of({
        publicKey: signer.publicKey,
        checkpoint,
        lines: (verified) => Stream.unwrap(lines(verified))
      })
    })
  )
}
