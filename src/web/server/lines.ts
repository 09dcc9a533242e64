/** Owns where each operation that the page uses is found. The contract checks every line. */
import type { Line, Operation } from "./contract.ts"

const LINES = {
  "logins.whoami": ["GET", "/whoami"],
  "logins.login": ["POST", "/login"],
  "logins.logout": ["POST", "/logout"],
  "files.upload": ["POST", "/upload"],
  "sessions.start": ["POST", "/session/start"],
  "sessions.list": ["GET", "/session"],
  "sessions.titles": ["GET", "/session/titles"],
  "sessions.history": ["GET", "/session/:session/history"],
  "sessions.state": ["GET", "/session/:session/state"],
  "sessions.turn": ["POST", "/session/:session/turn"],
  "sessions.mode": ["POST", "/session/:session/mode"],
  "sessions.title": ["PATCH", "/session/:session"],
  "sessions.close": ["DELETE", "/session/:session"],
  "runs.cancel": ["POST", "/run/:run/cancel"],
  "runs.find": ["GET", "/run/:run"],
  "runs.list": ["GET", "/run"],
  "runs.receipt": ["GET", "/run/:run/receipt"],
  "steward.pending": ["GET", "/steward/pending"],
  "steward.stream": ["GET", "/steward/stream"],
  "steward.view": ["GET", "/steward/pending/:turn"],
  "steward.decide": ["POST", "/steward/pending/:turn/decision"],
  "ledger.head": ["GET", "/ledger/head"],
  "ledger.stream": ["GET", "/ledger/:stream"],
  "ledger.export": ["GET", "/ledger/export"],
  "runbooks.list": ["GET", "/runbook"],
  "system.routes": ["GET", "/route"],
  "system.config": ["GET", "/config"],
  "system.budgets": ["GET", "/budgets"],
  "system.doctor": ["GET", "/doctor"],
  "system.greeting": ["GET", "/greeting"],
  "system.packs": ["GET", "/memory/packs"],
  "system.capabilities": ["GET", "/capabilities"]
} as const satisfies { readonly [Name in Operation]?: Line<Name> }

/** An operation of the contract that the page uses. */
export type Used = keyof typeof LINES

/** `{ session: "…" }` for `/session/:session`. */
export type Places = Readonly<Record<string, string | number>>

/** Method and address, with what stands for the places of the path, and the query. */
export const lineOf = (
  operation: Used,
  places: Places = {},
  query: Places = {}
): { readonly method: string; readonly url: string } => {
  const [method, path] = LINES[operation]
  const url = path.replaceAll(/:(\w+)/gu, (_, name: string) => encodeURIComponent(places[name] ?? ""))
  const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))
  return { method, url: asked.size === 0 ? url : `${url}?${asked}` }
}
