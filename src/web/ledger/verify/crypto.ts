/** Owns what the verifier needs of a machine, as a browser has it: hashes at once, signatures afterwards. */
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js"
import type { Law } from "../../../../scripts/verify-ledger/chain.mjs"
import type { Bytes } from "../../../../scripts/verify-ledger/export.mjs"

const PIECE = 8192

const latin1 = (bytes: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  }
  return text
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

interface Signed {
  readonly key: string
  readonly text: string
  readonly signature: string
}

/** What WebCrypto says of signatures; it is not everywhere, and nowhere where the page came over plain HTTP from another machine. */
const hasEd25519 = async (): Promise<boolean> => {
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"])
    return true
  } catch {
    return false
  }
}

const isGood = async ({ key, text, signature }: Signed): Promise<boolean> => {
  try {
    const bytes = (hex: string) => new Uint8Array(hexToBytes(hex))
    const known = await crypto.subtle.importKey("raw", bytes(key), "Ed25519", false, ["verify"])
    return await crypto.subtle.verify("Ed25519", known, bytes(signature), new TextEncoder().encode(text))
  } catch {
    return false
  }
}

/** What became of the signatures: all good, one is not, or this browser cannot say. */
export type Signatures = "good" | "bad" | "unchecked"

/**
 * The verifier takes a signature for good until `signatures` has looked at all that it asked for. Whatever it found false came after
 * those: where one is bad, that was the first.
 */
export const browserCrypto = (): Law & Bytes & { readonly signatures: () => Promise<Signatures> } => {
  const asked: Array<Signed> = []
  return {
    sha256: (text) => bytesToHex(sha256(utf8ToBytes(text))),
    newDigest: () => {
      const digest = sha256.create()
      return { update: (text) => void digest.update(bytesOf(text)), hex: () => bytesToHex(digest.digest()) }
    },
    isEd25519: (key, text, signature) => asked.push({ key, text, signature }) > 0,
    latin1,
    signatures: async () => {
      if (!(await hasEd25519())) return "unchecked"
      return (await Promise.all(asked.map(isGood))).every(Boolean) ? "good" : "bad"
    }
  }
}
