/** Owns the wish that content at rest be unreadable without a key; a stream's keys are its content's only way back. */
import { Context, type Effect } from "effect"
import type { Content } from "../domain/Content.ts"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { Opening } from "../domain/ledger/Disclosure.ts"
import type { ContentId, Digest, StreamId } from "../domain/Ids.ts"

/** One text at rest: opaque bytes, bound to its stream and id. */
export interface Sealed {
  readonly id: ContentId
  readonly bytes: Uint8Array
}

/** A stream's data key, wrapped by the master key. */
export type WrappedKey = Uint8Array

/** What can be done with the content of one stream. */
export interface StreamVault {
  readonly wrapped: WrappedKey
  readonly seal: (id: ContentId, content: Content) => Sealed
  readonly unseal: (sealed: Sealed) => Effect.Effect<Content, RuntimeFailure>
  /** HMAC-SHA-256 of the text under a key of its own: a short text cannot be guessed from it. */
  readonly digest: (id: ContentId, content: Content) => Digest
  /** The key of the digests of one text. Whoever has it can check that text, and guess at it; no other. */
  readonly opening: (id: ContentId) => Opening
}

/** A fingerprint that is taken piece by piece. */
export interface Fingerprinting {
  readonly add: (record: string) => void
  readonly result: () => Digest
}

export class Vault extends Context.Service<
  Vault,
  {
    /** Makes the keys of a new stream. */
    readonly create: (stream: StreamId) => Effect.Effect<StreamVault, RuntimeFailure>
    /** Opens the keys of a stream. `VAULT_KEY_INVALID` under another master key, `VAULT_CONTENT_UNREADABLE` when altered. */
    readonly open: (stream: StreamId, wrapped: WrappedKey) => Effect.Effect<StreamVault, RuntimeFailure>
    /** Plain SHA-256 of a record, which holds no content. */
    readonly fingerprint: (record: string) => Digest
    readonly fingerprinting: () => Fingerprinting
    /** The digest of a text by its opening; needs no key. */
    readonly digestUnder: (opening: Opening, content: Content) => Digest
  }
>()("io-iii/ports/Vault") {}
