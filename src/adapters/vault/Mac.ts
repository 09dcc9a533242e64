/**
 * Owns HMAC-SHA-256 (RFC 2104) and the keys that are derived with it (RFC 5869), each as digests taken in one call: Node's own
 * objects take four times as long, nearly all of it to be made.
 */
import { createHmac, hash } from "node:crypto"

const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** A longer text takes so long to digest that it does not matter what else does. */
const MOST_BYTES = 16 * 1024
const INNER = 0x36
const OUTER = 0x5c

/** Written anew by each call, and by nobody else: calls do not wait in between. */
const inner = Buffer.alloc(BLOCK_BYTES + MOST_BYTES)
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

/** Keys are of 32 bytes, as all of them are here. */
const begin = (key: Uint8Array): void => {
  inner.fill(INNER, 0, BLOCK_BYTES)
  outer.fill(OUTER, 0, BLOCK_BYTES)
  for (let i = 0; i < key.length; i++) {
    inner[i] = key[i]! ^ INNER
    outer[i] = key[i]! ^ OUTER
  }
}

/** Over bytes, or the UTF-8 of a text. `binary` is the digest's own bytes, one letter each. */
export const mac = (key: Uint8Array, message: string | Uint8Array, form: "hex" | "binary"): string => {
  if (message.length * 3 > MOST_BYTES) return createHmac("sha256", key).update(message).digest(form)
  begin(key)
  const length =
    typeof message === "string" ? inner.write(message, BLOCK_BYTES) : written(message, BLOCK_BYTES)
  outer.write(hash("sha256", inner.subarray(0, BLOCK_BYTES + length), "binary"), BLOCK_BYTES, "binary")
  return hash("sha256", outer, form)
}

const written = (bytes: Uint8Array, at: number): number => {
  inner.set(bytes, at)
  return bytes.length
}

/** The same, to be a key itself. */
export const keyOf = (key: Uint8Array, message: string | Uint8Array): Uint8Array =>
  Buffer.from(mac(key, message, "binary"), "binary")

const NO_SALT = new Uint8Array(DIGEST_BYTES)

/** Keys of one secret, each for one purpose: HKDF without salt, of one digest's length. */
export const derivation = (secret: Uint8Array): ((purpose: string) => Uint8Array) => {
  const extracted = keyOf(NO_SALT, secret)
  return (purpose) => keyOf(extracted, `io3/vault/v1/${purpose}\u0001`)
}
