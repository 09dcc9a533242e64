/** Owns what a code says besides its name: kind, HTTP status, exit code, whether a retry can help, a fixed sentence. */
import { Schema } from "effect"

export const Kind = Schema.Literals([
  "route_resolution",
  "provider_execution",
  "audit_challenger",
  "capability",
  "contract_violation",
  "internal"
])
export type Kind = typeof Kind.Type

/** Process exit codes: 0 success · 1 execution · 2 configuration or usage · 3 steward pause · 130 interrupted. */
export const Exit = { success: 0, execution: 1, usage: 2, paused: 3, interrupted: 130 } as const

export interface Meaning {
  readonly kind: Kind
  readonly status: number
  readonly exit: 1 | 2 | 3
  readonly retryable: boolean
  readonly summary: string
  /** The same for whoever has a command line: with what may be typed there. */
  readonly advice: string
}

/** What only a command line knows stands in brackets in `text`. */
export const meaning = (
  kind: Kind,
  status: number,
  exit: 1 | 2 | 3,
  text: string,
  retryable: boolean = false
): Meaning => ({
  kind,
  status,
  exit,
  retryable,
  summary: text.replaceAll(/\[[^\]]*\]/gu, ""),
  advice: text.replaceAll(/[[\]]/gu, "")
})

export const route = (status: number, summary: string) => meaning("route_resolution", status, 2, summary)
export const provider = (status: number, summary: string, retryable = false) =>
  meaning("provider_execution", status, 1, summary, retryable)
export const contract = (status: number, exit: 1 | 2 | 3, summary: string) =>
  meaning("contract_violation", status, exit, summary)
export const capability = (status: number, exit: 1 | 2, summary: string) =>
  meaning("capability", status, exit, summary)
export const internal = (status: number, exit: 1 | 2, summary: string, retryable = false) =>
  meaning("internal", status, exit, summary, retryable)
