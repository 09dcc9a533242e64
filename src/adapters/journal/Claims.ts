/** Owns the rows of a journal that say which keys of requests were used, for what, and what was answered. */
import { isFree, KEPT_MILLIS } from "../../domain/server/Idempotency.ts"
import type { Claimed, Commit, KeyOf } from "../../ports/Journal.ts"
import { one, type Opened } from "./Statements.ts"

/** As many are forgotten with each new one, so that none has much to do. */
const FORGOTTEN_AT_ONCE = 16

export const claimOf = (opened: Opened | null, { principal, key }: KeyOf): Claimed | undefined =>
  one<Claimed>(opened?.claims().claimed, principal, key)

/** The same for as long as it is kept. */
export const claimedIn = (opened: Opened | null, key: KeyOf, now: number): Claimed | null => {
  const found = claimOf(opened, key)
  return found && !isFree(found, now) ? found : null
}

export const enter = (opened: Opened, claim: Omit<Claimed, "answer">): void => {
  const { principal, key, request, attempt, subject, at } = claim
  opened.claims().claim.run(principal, key, request, attempt, subject, at)
  opened.claims().forget.run(at - KEPT_MILLIS, FORGOTTEN_AT_ONCE)
}

export const keep = (
  opened: Opened,
  { principal, key, attempt, sealed }: NonNullable<Commit["answer"]>
): void => {
  opened.claims().answer.run(sealed, principal, key, attempt)
}
