/** Owns a thread that is started for one task: what it tells meanwhile, and its end. What the task is, is its entry's affair. */
import { Effect } from "effect"
import { Worker } from "node:worker_threads"

/** Where a thread begins: in the sources beside who starts it, in a release a file of its own beside the bundle. */
export const entryOf = (base: string, source: string, release: string): URL =>
  new URL(base.endsWith(".ts") ? source : release, base)

/**
 * Threads inherit the flags of their process. One that says how a program given as text is to be read is refused by every
 * thread that begins in a file, and then they begin without flags.
 */
export const flags: { readonly execArgv?: Array<string> } = process.execArgv.some((flag) =>
  flag.startsWith("--input-type")
)
  ? { execArgv: [] }
  : {}

/** Succeeds when the thread has ended, of itself or not, and after everything it had to tell; interrupted, it ends the thread. */
export const run = <Told>(entry: URL, task: unknown, tell: (told: Told) => void): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const worker = new Worker(entry, { workerData: task, ...flags })
    worker.on("message", tell)
    // An error is always followed by the exit; without a listener it would end the whole process.
    worker.on("error", () => {})
    worker.on("exit", () => resume(Effect.void))
    return Effect.sync(() => void worker.terminate())
  })
