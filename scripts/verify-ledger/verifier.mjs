/** Owns the verifier as a whole: what can be checked, by means of a machine's hashes and signatures (those of `crypto.mjs`, or others). */
import { chainWith } from "./chain.mjs"
import { checkDisclosure } from "./disclosure.mjs"
import { beginExport } from "./export.mjs"
import { checkSnapshot } from "./snapshot.mjs"

export const verifierWith = (crypto) => {
  const chain = chainWith(crypto)
  return {
    /** Begins to check an export that comes in pieces. */
    beginExport: (options) => beginExport(crypto, chain, options),
    /** Checks an export whose pieces are all there. */
    verifyExport: (chunks, options) => {
      const checking = beginExport(crypto, chain, options)
      for (const chunk of chunks) if (checking.take(chunk) !== null) break
      return checking.end()
    },
    /** Checks that a text, as bytes, is what the run of a disclosure let out. */
    verifyDisclosure: (bytes, text, { key = null } = {}) => checkDisclosure(crypto, chain, bytes, text, key),
    /** Checks that a snapshot is of a session as its rows have it. */
    verifySnapshot: (bytes, { key = null } = {}) => checkSnapshot(crypto, chain, bytes, key)
  }
}
