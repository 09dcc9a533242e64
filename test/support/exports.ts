/** Owns exports of rows that no journal holds: the product's own exporter over them, under a key that a test chose. */
import { ConfigProvider, Effect, Layer, Stream } from "effect"
import { sha256 } from "../../src/adapters/journal/Plan.ts"
import * as AesVault from "../../src/adapters/vault/Aes.ts"
import * as SigningKey from "../../src/adapters/vault/SigningKey.ts"
import { Exports } from "../../src/core/ledger/Exports.ts"
import type { Tools } from "../../src/core/ledger/RecordCheck.ts"
import { Verifier } from "../../src/core/ledger/Verifier.ts"
import { signingText } from "../../src/domain/ledger/Head.ts"
import { OwnerId, type PublicKey, StreamId, Timestamp } from "../../src/domain/Ids.ts"
import { canonical, link, type Row, start } from "../../src/domain/ledger/Ledger.ts"
import { Journal } from "../../src/ports/Journal.ts"
import { Signer } from "../../src/ports/Signer.ts"
import { Vault } from "../../src/ports/Vault.ts"

/** What was recorded, without the links: they are made anew. */
export interface Entry {
  readonly stream: string
  readonly event: Readonly<Record<string, unknown>> & { readonly _tag: string }
}

export const entriesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<Entry> =>
  rows.map(({ stream, payload }) => ({ stream, event: JSON.parse(payload) as Entry["event"] }))

const START = 1_700_000_000_000

/** Rows as a journal would write them, one after the other. */
export const rowsOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<Row> => {
  const heads = new Map<string, Pick<Row, "seq" | "hash">>()
  return entries.map(({ stream, event }, index) => {
    const name = StreamId.make(stream)
    const head = heads.get(stream) ?? start(sha256, name)
    const row = {
      stream: name,
      position: index + 1,
      seq: head.seq + 1,
      at: Timestamp.make(START + index * 1000),
      payload: JSON.stringify(event),
      previous: head.hash
    }
    const linked = { ...row, hash: link(sha256, row) }
    heads.set(stream, linked)
    return linked
  })
}

/** Somebody with a signing key. */
export interface Hand {
  readonly key: PublicKey
  readonly tools: Tools
  /** The export of rows, whatever they are. */
  readonly exportOf: (rows: ReadonlyArray<Row>) => Effect.Effect<string>
  /** Canonical JSON of the object, signed, on its line. */
  readonly sign: (object: Readonly<Record<string, unknown>>) => Effect.Effect<string>
}

export const hand = (seed: string): Effect.Effect<Hand> => {
  const given = ConfigProvider.layer(
    ConfigProvider.fromUnknown({ IO3_MASTER_KEY: "00".repeat(32), IO3_SIGNING_KEY: seed })
  )
  const keys = Layer.mergeAll(AesVault.layer({ directory: "." }), SigningKey.layer({ directory: "." })).pipe(
    Layer.provide(given)
  )
  const exporting = (rows: ReadonlyArray<Row>) =>
    Exports.layer.pipe(
      Layer.provide(Layer.mock(Verifier, {})),
      Layer.provide(
        Layer.mock(Journal, {
          owner: OwnerId.make("01900000-0000-7000-8000-000000000000"),
          head: Effect.succeed(rows.at(-1)?.position ?? 0),
          scan: (after, limit) => Effect.succeed(rows.slice(after, after + limit))
        })
      )
    )
  return Effect.gen(function* () {
    const vault = yield* Vault
    const signer = yield* Signer
    const key = yield* signer.publicKey
    const services = Layer.mergeAll(Layer.succeed(Vault, vault), Layer.succeed(Signer, signer))
    return {
      key,
      tools: { hash: vault.fingerprint, fingerprinting: vault.fingerprinting, verifies: signer.verifies },
      exportOf: (rows: ReadonlyArray<Row>) =>
        Exports.use((exports) => Stream.mkString(exports.lines(false))).pipe(
          Effect.provide(Layer.provide(exporting(rows), services)),
          Effect.orDie
        ),
      sign: (object: Readonly<Record<string, unknown>>) =>
        Effect.map(signer.sign(signingText({ ...object, key })), (signature) => {
          return `${canonical({ ...object, key, signature })}\n`
        }).pipe(Effect.orDie)
    }
  }).pipe(Effect.provide(keys), Effect.orDie)
}
