/**
 * Owns signing with Ed25519: the seed is in the environment or in a private file made on first use, and leaves neither.
 * A key that takes the place of one that has signed is refused.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto"
import { Config, Effect, Layer, Option, Redacted } from "effect"
import { failure, RuntimeFailure } from "../../domain/Failure.ts"
import { PublicKey, Signature } from "../../domain/Ids.ts"
import { Signer } from "../../ports/Signer.ts"
import { codeOf } from "../journal/Fault.ts"
import { allowed, keyFile } from "./KeyFile.ts"
import * as SignedBefore from "./SignedBefore.ts"

const ENVIRONMENT = "IO3_SIGNING_KEY"
const file = keyFile("signing.key", "SIGNING_KEY_INVALID")

/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const PRIVATE_HEADER = Buffer.from("302e020100300506032b657004220420", "hex")
const PUBLIC_HEADER = Buffer.from("302a300506032b6570032100", "hex")

export interface Options {
  /** Where `signing.key` is, or will be with the first signature, unless the environment has the key. */
  readonly directory: string
}

/** Checking a signature needs no key of one's own: the file is looked for when something is to be signed. */
export const layer = ({ directory }: Options): Layer.Layer<Signer> =>
  Layer.effect(
    Signer,
    Effect.gen(function* () {
      const given = yield* Effect.orDie(Config.option(Config.Redacted(ENVIRONMENT)))
      let pair: Pair | null = null
      const using = <A>(use: (pair: Pair) => A) =>
        Effect.try({
          try: () =>
            use(
              (pair ??= Option.match(given, {
                onNone: () => pairIn(directory),
                onSome: (text) => pairOf(file.parse(Redacted.value(text)))
              }))
            ),
          catch: (error) => (error instanceof RuntimeFailure ? error : failure(codeOf(error), "setup"))
        })
      return Signer.of({
        publicKey: using(({ publicKey }) => publicKey),
        sign: (text) =>
          using(({ secret }) => Signature.make(sign(null, Buffer.from(text), secret).toString("hex"))),
        verifies
      })
    })
  )

/** The public half of the key of a folder, which has to be there. */
export const publicKeyIn = (directory: string): PublicKey => pairOf(file.read(directory)).publicKey

/** The key of a folder, made with its first signature and never in place of one that has signed. */
const pairIn = (directory: string): Pair => {
  const foreign = () => failure("SIGNING_KEY_FOREIGN", "setup")
  const before = () => allowed("SIGNING_KEY_INVALID", () => SignedBefore.read(directory))
  if (before() !== null && !file.isThere(directory)) throw foreign()
  const pair = pairOf(allowed("SIGNING_KEY_INVALID", () => file.readOrCreate(directory)))
  SignedBefore.keep(directory, pair.publicKey)
  if ((before() ?? pair.publicKey) !== pair.publicKey) throw foreign()
  return pair
}

interface Pair {
  readonly secret: KeyObject
  readonly publicKey: PublicKey
}

const pairOf = (seed: Buffer): Pair => {
  const key = Buffer.concat([PRIVATE_HEADER, seed])
  const secret = createPrivateKey({ key, format: "der", type: "pkcs8" })
  const written = createPublicKey(secret).export({ format: "der", type: "spki" })
  return {
    secret,
    publicKey: PublicKey.make(written.subarray(PUBLIC_HEADER.length).toString("hex"))
  }
}

const verifies = (key: PublicKey, text: string, signature: Signature): boolean => {
  const written = Buffer.concat([PUBLIC_HEADER, Buffer.from(key, "hex")])
  try {
    return verify(
      null,
      Buffer.from(text),
      createPublicKey({ key: written, format: "der", type: "spki" }),
      Buffer.from(signature, "hex")
    )
  } catch {
    // Not every 32 bytes are a point of the curve.
    return false
  }
}
