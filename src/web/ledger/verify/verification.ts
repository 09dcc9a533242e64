/** Owns where the verification of a ledger stands: what is read, how far it has come, and what was found. */
import { signal } from "@preact/signals"
import type { Trust } from "../../../../scripts/verify-ledger/export.mjs"
import { count } from "../../format.ts"
import { ask, respond } from "../../server/ask.ts"
import { strings } from "../../strings.ts"
import { announce } from "../../ui/Announcer.tsx"
import type { Verdict } from "./checking.ts"

/** Which ledger is read. */
export type Subject = "server" | "file"

export type Verification =
  | { readonly state: "idle"; readonly wasStopped: boolean }
  | { readonly state: "working"; readonly of: Subject; readonly rows: number; readonly total: number | null }
  | { readonly state: "done"; readonly of: Subject; readonly verdict: Verdict; readonly millis: number }
  | { readonly state: "failed"; readonly of: Subject; readonly why: unknown }

type Source = ReadableStream<Uint8Array<ArrayBuffer>>

export const verification = signal<Verification>({ state: "idle", wasStopped: false })
/** What somebody has kept to compare it with, as it was pasted. */
export const kept = signal("")

const words = strings.ledger.verify

/** A checkpoint as it is signed, whatever came between its members on the way here; null where a text is none. */
const checkpointOf = (text: string): string | null => {
  try {
    const given: unknown = JSON.parse(text)
    if (typeof given !== "object" || given === null || !("format" in given)) return null
    if (given.format !== "io3/checkpoint/v1") return null
    return `${JSON.stringify(Object.fromEntries(Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1))))}\n`
  } catch {
    return null
  }
}

/** A public key of 64 hex digits, or a checkpoint; null where a text is neither. */
export const trustOf = (text: string): Trust | null => {
  const given = text.trim()
  if (given === "") return {}
  if (/^[0-9a-f]{64}$/u.test(given)) return { key: given }
  const checkpoint = checkpointOf(given)
  return checkpoint === null ? null : { checkpoint }
}

let running: AbortController | null = null

export const cancel = (): void => {
  running?.abort()
  running = null
  verification.value = { state: "idle", wasStopped: true }
  announce(words.cancelled)
}

const start = async (
  of: Subject,
  open: (signal: AbortSignal) => Promise<{ readonly source: Source; readonly total: number | null }>
): Promise<void> => {
  const trust = trustOf(kept.value)
  if (trust === null) return
  running?.abort()
  const { signal } = (running = new AbortController())
  const began = performance.now()
  verification.value = { state: "working", of, rows: 0, total: null }
  try {
    const { source, total } = await open(signal)
    verification.value = { state: "working", of, rows: 0, total }
    const { verify } = await import("./verifying.ts")
    const verdict = await verify(source, trust, {
      signal,
      rows: (rows) => (verification.value = { state: "working", of, rows, total })
    })
    verification.value = { state: "done", of, verdict, millis: performance.now() - began }
    announce(verdict.ok ? words.holdsNow(count(verdict.rows)) : words.falseNow(verdict.sentence), {
      now: true
    })
  } catch (why) {
    if (!signal.aborted) verification.value = { state: "failed", of, why }
  }
}

export const verifyServer = (): void =>
  void start("server", async (signal) => {
    const { head } = await ask("ledger.head", { signal })
    const response = await respond("ledger.export", { signal }, { accept: "application/x-ndjson" })
    return { source: response.body!, total: head?.position ?? null }
  })

export const verifyFile = (file: File): void =>
  void start("file", async () => ({ source: file.stream() as Source, total: null }))
