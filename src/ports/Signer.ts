/** Owns the wish to sign what this installation says of its record, so that a copy held elsewhere can vouch for it. */
import { Context, type Effect } from "effect"
import type { RuntimeFailure } from "../domain/Failure.ts"
import type { PublicKey, Signature } from "../domain/Ids.ts"

export class Signer extends Context.Service<
  Signer,
  {
    /** The key that signatures are checked with; made on first use. `SIGNING_KEY_INVALID`, `SIGNING_KEY_FOREIGN`. */
    readonly publicKey: Effect.Effect<PublicKey, RuntimeFailure>
    /** Ed25519 over the UTF-8 bytes of a text that holds no content. */
    readonly sign: (text: string) => Effect.Effect<Signature, RuntimeFailure>
    /** Whether a signature is this key's over this text. */
    readonly verifies: (key: PublicKey, text: string, signature: Signature) => boolean
  }
>()("io-iii/ports/Signer") {}
