/** Owns the life of the tokens that somebody asks with: each is issued once, and revoked once. */
import { hold } from "./chain.mjs"

export const newTokens = () => ({ open: new Map(), digests: new Set() })

/** Takes an event in, or throws what is false about it. */
export const advanceTokens = (tokens, { _tag, token, principal, digest }) => {
  if (_tag === "TokenIssued") {
    hold(!tokens.open.has(token) && !tokens.digests.has(digest) && principal !== "local", "transition")
    tokens.open.set(token, true)
    tokens.digests.add(digest)
  } else {
    hold(tokens.open.get(token) === true, "transition")
    tokens.open.set(token, false)
  }
}
