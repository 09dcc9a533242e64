/** Owns the words for faults of what somebody asks with over HTTP. */
import { fault, note, warning } from "./FaultMeaning.ts"

export const tokenFaults = {
  TOKENS_BROKEN: fault(
    "The record of tokens does not hold: a server lets nobody in.",
    "Put a copy made with `io3 ledger backup` in its place, and look which tokens it has.",
    "io3 ledger verify"
  )
} as const

export const tokenWarnings = {
  TOKENS_ALL_EXPIRED: warning(
    "Every token has expired: a server lets nobody in, and begins on loopback alone.",
    "Make another one; or revoke these, and loopback is for whoever uses this machine.",
    "io3 token list"
  )
} as const

export const tokenNotes = {
  TOKEN_EXPIRED: note(
    "A token has expired and counts no more.",
    "Revoke it when nobody needs to know any longer that it was one.",
    "io3 token revoke {name}"
  )
} as const
