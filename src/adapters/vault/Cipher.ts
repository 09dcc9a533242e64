/** Owns AES-256-GCM over bytes: `nonce || tag || ciphertext`, bound to a text both sides know. */
import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto"
import { Drawn } from "../Drawn.ts"

const ALGORITHM = "aes-256-gcm"
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = NONCE_BYTES + TAG_BYTES

const nonces = new Drawn(NONCE_BYTES)

export const encrypt = (key: KeyObject, bound: string, plain: Uint8Array): Uint8Array => {
  const iv = nonces.next()
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(bound))
  // An array of its own: a slice of Node's buffer pool would take the whole pool along to another thread.
  const sealed = new Uint8Array(HEADER_BYTES + plain.length)
  sealed.set(iv)
  sealed.set(cipher.update(plain), HEADER_BYTES)
  cipher.final()
  sealed.set(cipher.getAuthTag(), NONCE_BYTES)
  return sealed
}

/** The plain bytes; null when a bit was changed, or when they were bound to another text or sealed with another key. */
export const decrypt = (key: KeyObject, bound: string, sealed: Uint8Array): Buffer | null => {
  if (sealed.length < HEADER_BYTES) return null
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES
  })
  decipher.setAAD(Buffer.from(bound)).setAuthTag(sealed.subarray(NONCE_BYTES, HEADER_BYTES))
  const plain = decipher.update(sealed.subarray(HEADER_BYTES))
  try {
    decipher.final()
    return plain
  } catch {
    return null
  }
}
