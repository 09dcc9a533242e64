/** Owns sealing with AES-256-GCM: a data key per stream, wrapped by the master key. Destroy the wrapped key to erase. */
import { createHash, createSecretKey, hash, type KeyObject, timingSafeEqual } from "node:crypto"
import { Config, Effect, Layer, Option, Redacted } from "effect"
import { Content, reveal } from "../../domain/Content.ts"
import { Opening } from "../../domain/ledger/Disclosure.ts"
import { failure, RuntimeFailure } from "../../domain/Failure.ts"
import type { Digest, StreamId } from "../../domain/Ids.ts"
import { type Fingerprinting, type StreamVault, Vault, type WrappedKey } from "../../ports/Vault.ts"
import { codeOf } from "../journal/Fault.ts"
import type { Pass } from "../WritePoint.ts"
import { Drawn } from "../Drawn.ts"
import { decrypt, encrypt } from "./Cipher.ts"
import { derivation, keyOf, mac } from "./Mac.ts"
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
        digestUnder: (opening, content) => keyed(Buffer.from(opening, "hex"), content)
      })
    })
  )

/** What was just made is known to be one. */
const fingerprint = (record: string): Digest => hash("sha256", record) as Digest

const fingerprinting = (): Fingerprinting => {
  const digest = createHash("sha256")
  return {
    add: (record) => {
      digest.update(record)
    },
    result: () => digest.digest("hex") as Digest
  }
}

const keyed = (key: Uint8Array, content: Content): Digest => mac(key, reveal(content), "hex") as Digest

interface Master {
  readonly wrapping: KeyObject
  readonly mark: Uint8Array
}

const masterOf = (key: KeyObject): Master => {
  const derive = derivation(key.export())
  return {
    // A key object: with plain bytes as key, a sealing takes four times as long.
    wrapping: createSecretKey(derive("wrap")),
    mark: derive("mark").subarray(0, MARK_BYTES)
  }
}

const wrapBound = (stream: StreamId) => `key\n${stream}`

const dataKeys = new Drawn(DATA_KEY_BYTES)

const create = (master: Master, stream: StreamId): StreamVault => {
  const secret = dataKeys.next()
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
  const derive = derivation(secret)
  const sealing = createSecretKey(derive("seal"))
  const digesting = derive("digest")
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
    digest: (id, content) => keyed(keyOf(digesting, id), content),
    opening: (id) => Opening.make(mac(digesting, id, "hex"))
  }
}
