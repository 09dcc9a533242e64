/**
 * Owns what the verifier needs of a machine: hashes, signatures and bytes as Node has them. Nothing else of the verifier
 * asks for any of it, so that the same checks run wherever somebody brings these four.
 */
import { createHash, createHmac, createPublicKey, hash, verify } from "node:crypto"

/** SHA-256 over a text's UTF-8, in hex. */
export const sha256 = (text) => hash("sha256", text)

/** SHA-256 over texts whose characters are one byte each, as they come. */
export const newDigest = () => {
  const digest = createHash("sha256")
  return { update: (text) => void digest.update(text, "latin1"), hex: () => digest.digest("hex") }
}

/** HMAC-SHA-256 over bytes, in hex, under a key in hex. */
export const hmac = (key, bytes) => createHmac("sha256", Buffer.from(key, "hex")).update(bytes).digest("hex")

/** Whether a signature in hex is one over a text, under a public key in hex. */
export const isEd25519 = (key, text, signature) => {
  try {
    const x = Buffer.from(key, "hex").toString("base64url")
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })
    return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "hex"))
  } catch {
    return false
  }
}

/** Bytes as a text, one character each. */
export const latin1 = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")
