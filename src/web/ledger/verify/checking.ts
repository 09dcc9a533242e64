/** Owns one check of an export in a browser: the verifier of `scripts/verify-ledger`, with a browser's hashes and signatures. */
import { chainWith } from "../../../../scripts/verify-ledger/chain.mjs"
import { beginExport, type False, type Holds, type Trust } from "../../../../scripts/verify-ledger/export.mjs"
import { SENTENCES } from "../../../../scripts/verify-ledger/sentences.mjs"
import { browserCrypto, type Signatures } from "./crypto.ts"

/** What was found: `sentence` says in words what a falsehood's name means. */
export type Verdict =
  | (Holds & { readonly signatures: Signatures })
  | (False & { readonly sentence: string; readonly signatures: Signatures })

export interface Check {
  readonly rows: () => number
  /** Takes bytes in, in order; false as soon as it is known that something does not hold. */
  readonly take: (bytes: Uint8Array) => boolean
  readonly end: () => Promise<Verdict>
}

const SIGNATURE: False = { ok: false, falsehood: "signature", position: null, stream: null, seq: null }

export const beginCheck = (trust: Trust): Check => {
  const crypto = browserCrypto()
  const checking = beginExport(crypto, chainWith(crypto), trust)
  return {
    rows: () => checking.rows,
    take: (bytes) => checking.take(bytes) === null,
    end: async () => {
      const found = checking.end()
      const signatures = await crypto.signatures()
      const last = signatures === "bad" ? SIGNATURE : found
      return last.ok
        ? { ...last, signatures }
        : { ...last, signatures, sentence: SENTENCES[last.falsehood] ?? last.falsehood }
    }
  }
}
