/** Owns sealing with AES-256-GCM: a data key per stream, wrapped by the master key. Destroy the wrapped key to erase. */
import {
  createHash,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  randomBytes,
  timingSafeEqual
} from "node:crypto"
import { Config, Effect, Layer, Option, Redacted } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import { Opening } from "../../domain/ledger/Disclosure.ts"
import { failure, RuntimeFailure } from "../../domain/Failure.ts"
import { type ContentId, Digest, type StreamId } from "../../domain/Ids.ts"
import { type Fingerprinting, type StreamVault, Vault, type WrappedKey } from "../../ports/Vault.ts"
import { codeOf } from "../journal/Fault.ts"
import type { Pass } from "../WritePoint.ts"
import { decrypt, derive, encrypt } from "./Cipher.ts"
import { parse, read, readOrCreate } from "./MasterKey.ts"

const ENVIRONMENT = "IO3_MASTER_KEY"
const DATA_KEY_BYTES = 32
/** A wrapped key starts with a mark of its master key, to tell a wrong key from altered bytes. */
const MARK_BYTES = 8

export interface Options {
  /** Where `master.key` is, or will be with the first stream, unless the environment has the key. */
  readonly directory: string
  /** Stands beside the making of that file. */
  readonly at?: Pass | undefined
}

/** The key is looked for when it is first needed, and made only for a stream that is new. */
export const layer = ({ directory, at }: Options): Layer.Layer<Vault> =>
  Layer.effect(
    Vault,
    Effect.gen(function* () {
      const given = yield* Effect.orDie(Config.option(Config.Redacted(ENVIRONMENT)))
      let master: Master | null = null
      const using = (load: (directory: string) => KeyObject) =>
        Effect.try({
          try: () =>
            (master ??= masterOf(
              Option.match(given, {
                onNone: () => load(directory),
                onSome: (text) => parse(Redacted.value(text))
              })
            )),
          catch: (error) => (error instanceof RuntimeFailure ? error : failure(codeOf(error), "setup"))
        })
      return Vault.of({
        create: (stream) =>
          Effect.map(
            using((folder) => readOrCreate(folder, at)),
            (key) => create(key, stream)
          ),
        open: (stream, wrapped) => Effect.flatMap(using(read), (key) => open(key, stream, wrapped)),
        fingerprint,
        fingerprinting,
        digestUnder: (opening, content) => keyed(createSecretKey(opening, "hex"), content)
      })
    })
  )

const fingerprint = (record: string): Digest => Digest.make(hash("sha256", record))

const fingerprinting = (): Fingerprinting => {
  const digest = createHash("sha256")
  return {
    add: (record) => {
      digest.update(record)
    },
    result: () => Digest.make(digest.digest("hex"))
  }
}

const keyed = (key: KeyObject, content: Content): Digest =>
  Digest.make(createHmac("sha256", key).update(reveal(content)).digest("hex"))

interface Master {
  readonly wrapping: KeyObject
  readonly mark: Buffer
}

const masterOf = (key: KeyObject): Master => ({
  wrapping: derive(key, "wrap"),
  mark: derive(key, "mark").export().subarray(0, MARK_BYTES)
})

const wrapBound = (stream: StreamId) => `key\n${stream}`

const create = (master: Master, stream: StreamId): StreamVault => {
  const secret = randomBytes(DATA_KEY_BYTES)
  const locked = encrypt(master.wrapping, wrapBound(stream), secret)
  const wrapped = new Uint8Array(MARK_BYTES + locked.length)
  wrapped.set(master.mark)
  wrapped.set(locked, MARK_BYTES)
  return streamVault(stream, wrapped, secret)
}

const open = (
  master: Master,
  stream: StreamId,
  wrapped: WrappedKey
): Effect.Effect<StreamVault, RuntimeFailure> => {
  const mark = wrapped.subarray(0, MARK_BYTES)
  const ours = mark.length === MARK_BYTES && timingSafeEqual(mark, master.mark)
  const secret = decrypt(master.wrapping, wrapBound(stream), wrapped.subarray(MARK_BYTES))
  if (ours && secret) return Effect.succeed(streamVault(stream, wrapped, secret))
  // Our mark on foreign bytes, or a foreign mark on ours: either way something was altered.
  return Effect.fail(failure(ours || secret ? "VAULT_CONTENT_UNREADABLE" : "VAULT_KEY_INVALID", "setup"))
}

const streamVault = (stream: StreamId, wrapped: WrappedKey, secret: Uint8Array): StreamVault => {
  const dataKey = createSecretKey(secret)
  const sealing = derive(dataKey, "seal")
  let digesting: KeyObject | null = null
  // Who only reads texts needs none.
  const digestKey = (id: ContentId) =>
    createHmac("sha256", (digesting ??= derive(dataKey, "digest")))
      .update(id)
      .digest()
  return {
    wrapped,
    seal: (id, content) => ({
      id,
      bytes: encrypt(sealing, `${stream}\n${id}`, Buffer.from(reveal(content)))
    }),
    unseal: ({ id, bytes }) => {
      const plain = decrypt(sealing, `${stream}\n${id}`, bytes)
      return plain
        ? Effect.succeed(Content.of(plain.toString()))
        : Effect.fail(failure("VAULT_CONTENT_UNREADABLE", "setup"))
    },
    // A key object: with plain bytes as key, an HMAC takes three times as long.
    digest: (id, content) => keyed(createSecretKey(digestKey(id)), content),
    opening: (id) => Opening.make(digestKey(id).toString("hex"))
  }
}
