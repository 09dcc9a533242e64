/** Owns the thread in which an export is checked: each piece is answered, so that no more are sent than are taken in. */
import { beginCheck, type Check, type Verdict } from "./checking.ts"
import type { Trust } from "../../../../scripts/verify-ledger/export.mjs"

export type Task =
  | { readonly begin: Trust }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly end: true }

export type Reply = { readonly rows: number; readonly isOver: boolean } | { readonly verdict: Verdict }

const reply = (said: Reply): void => globalThis.postMessage(said)
let check: Check | null = null

globalThis.addEventListener("message", ({ data }: MessageEvent<Task>) => {
  if ("begin" in data) {
    check = beginCheck(data.begin)
    return reply({ rows: 0, isOver: false })
  }
  if (!check) return
  if ("bytes" in data) {
    const goesOn = check.take(data.bytes)
    return reply({ rows: check.rows(), isOver: !goesOn })
  }
  void check.end().then((verdict) => reply({ verdict }))
})
