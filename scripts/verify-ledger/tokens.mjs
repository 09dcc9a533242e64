/** Owns the life of the tokens that somebody asks with, and of the logins of pages with them: each comes once, and ends once. */
import { hold } from "./chain.mjs"

/** `open` is by token whether it counts; a login is at one stage after the other, and its token's. */
export const newTokens = () => ({ open: new Map(), logins: new Map(), digests: new Set() })

const STAGES = { LoginOffered: undefined, LoginTaken: "LoginOffered", LoginEnded: "LoginTaken" }

/** Takes an event in, or throws what is false about it. */
export const advanceTokens = (tokens, { _tag, token, login, principal, digest }) => {
  hold(digest === undefined || !tokens.digests.has(digest), "transition")
  tokens.digests.add(digest)
  if (_tag === "TokenIssued") {
    hold(!tokens.open.has(token) && principal !== "local", "transition")
    tokens.open.set(token, true)
    return
  }
  const known = tokens.logins.get(login)
  const holder = token ?? known?.token
  hold(tokens.open.get(holder) === true, "transition")
  if (_tag === "TokenRevoked") {
    tokens.open.set(holder, false)
  } else {
    hold(known?.stage === STAGES[_tag], "transition")
    tokens.logins.set(login, { token: holder, stage: _tag })
  }
}
