/** Owns what is a fault of the tokens that somebody asks with; it reads none. */
import { hasValid, isClosedBy, standingOf, type Tokens } from "../access/Token.ts"
import { type Finding, finding, nameOf } from "./Diagnosis.ts"

/** `tokens` is null where their record does not hold. */
export const ofTokens = (tokens: Tokens | null, now: number): ReadonlyArray<Finding> => {
  if (tokens === null) return [finding("tokens", "TOKENS_BROKEN")]
  const expired = [...tokens.values()].filter((token) => standingOf(token, now) === "expired")
  return [
    ...(isClosedBy(tokens) && !hasValid(tokens, now) ? [finding("tokens", "TOKENS_ALL_EXPIRED")] : []),
    ...expired.map(({ id }) => finding("tokens", "TOKEN_EXPIRED", { name: nameOf(id) }))
  ]
}
