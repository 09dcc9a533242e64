/** Owns the way of an export to the thread that checks it, piece by piece. */
import type { Trust } from "../../../../scripts/verify-ledger/export.mjs"
import type { Verdict } from "./checking.ts"
// The builder makes a file of it, and this its address.
// oxlint-disable-next-line import/default
import workerUrl from "./worker.ts?worker&url"
import type { Reply, Task } from "./worker.ts"

interface TypePolicies {
  readonly createPolicy: (
    name: string,
    rules: { readonly createScriptURL: (url: string) => string }
  ) => { readonly createScriptURL: (url: string) => string }
}

/** The one script that the page starts besides its own: where the browser asks for it, a policy says that it is this one. */
const trustedUrl = (): string => {
  const policies = (globalThis as { readonly trustedTypes?: TypePolicies }).trustedTypes
  const known = () => workerUrl
  return policies ? policies.createPolicy("io3", { createScriptURL: known }).createScriptURL("") : workerUrl
}
let url: string | null = null

export interface Verifying {
  readonly signal: AbortSignal
  /** How many rows have held so far. */
  readonly rows: (rows: number) => void
}

/** Checks what a stream brings. Throws what the stream throws, or what `signal` was aborted with. */
export const verify = async (
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  trust: Trust,
  { signal, rows }: Verifying
): Promise<Verdict> => {
  const worker = new Worker((url ??= trustedUrl()), { type: "module" })
  const said = (task: Task, transfer: ReadonlyArray<Transferable> = []): Promise<Reply> =>
    new Promise<Reply>((resolve, reject) => {
      const heard = new AbortController()
      const once = { once: true, signal: heard.signal }
      const settle = <A>(how: (value: A) => void, value: A) => {
        heard.abort()
        how(value)
      }
      worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => settle(resolve, data), once)
      worker.addEventListener("error", () => settle(reject, new Error("WORKER_FAILED")), once)
      signal.addEventListener("abort", () => settle(reject, signal.reason), once)
      worker.postMessage(task, [...transfer])
    })
  const reader = source.getReader()
  try {
    await said({ begin: trust })
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await reader.read()
      if (done) break
      const bytes = new Uint8Array(value)
      const reply = await said({ bytes }, [bytes.buffer])
      if ("rows" in reply) rows(reply.rows)
      if ("isOver" in reply && reply.isOver) break
    }
    const reply = await said({ end: true })
    if (!("verdict" in reply)) throw new Error("WORKER_FAILED")
    return reply.verdict
  } finally {
    void reader.cancel().catch(() => {})
    worker.terminate()
  }
}
