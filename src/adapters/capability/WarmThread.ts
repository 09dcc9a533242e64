/**
 * Owns the one thread in which capabilities work: started with the first of them, kept warm, and ended with whatever it
 * is doing when the time of a work is over or nobody wants it any more.
 */
import { Effect, type Scope, Semaphore } from "effect"
import { Worker } from "node:worker_threads"
import { entryOf, flags } from "../OnceThread.ts"
import { type Order, type Place, type Reply, replyTo } from "./Wire.ts"

/** Enough for any library that a capability stands on, and for text of the sizes that bounds are for. */
const LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }
/** A module of somebody else's may never come to its end. */
const LOAD_MILLIS = 30_000

const entry = entryOf(import.meta.url, "./worker.ts", "./capability-worker.js")

export interface Work {
  readonly place: Place
  readonly payload: string
  readonly maxOutputChars: number
  /** How long it may take, from when its module is loaded. */
  readonly timeoutMillis: number
}

/** `Broke`: the thread ended, or could not be had, or the module is not there. */
export type Outcome =
  | Extract<Reply, { readonly _tag: "Performed" }>
  | { readonly _tag: "Overran" }
  | { readonly _tag: "Broke" }

/** Does one work after the other: what is stopped takes its thread along, and nobody else's work with it. */
export const make: Effect.Effect<(work: Work) => Effect.Effect<Outcome>, never, Scope.Scope> = Effect.gen(
  function* () {
    const oneAtATime = yield* Semaphore.make(1)
    const warm = new Warm()
    yield* Effect.addFinalizer(() => Effect.promise(() => warm.close()))
    return (work) => oneAtATime.withPermit(doing(warm, work))
  }
)

const doing = (warm: Warm, { place, payload, maxOutputChars, timeoutMillis }: Work): Effect.Effect<Outcome> =>
  Effect.callback<Outcome>((resume) => {
    const thread = warm.thread()
    if (thread === undefined) return resume(Effect.succeed({ _tag: "Broke" }))
    let timer: NodeJS.Timeout | undefined
    let over = false
    /** What happens first counts. */
    const end = (): boolean => {
      if (over) return false
      over = true
      clearTimeout(timer)
      thread.off("message", heard)
      thread.off("exit", broke)
      thread.unref()
      return true
    }
    const stop = (outcome: Outcome) => {
      if (!end()) return
      const ended = warm.replace(thread)
      resume(
        Effect.as(
          Effect.promise(() => ended),
          outcome
        )
      )
    }
    const broke = () => stop({ _tag: "Broke" })
    // Where the program was busy itself, the answer may be here already: it is heard first.
    const within = (millis: number, action: () => void) => {
      clearTimeout(timer)
      timer = setTimeout(() => setImmediate(action), millis)
    }
    const call = warm.call()
    const order = (order: Order) => thread.postMessage(order)
    let isLoaded = false
    const heard = (message: unknown) => {
      const reply = replyTo(call, message)
      if (reply?._tag === "Performed" && isLoaded) return end() && resume(Effect.succeed(reply))
      if (reply?._tag !== "Loaded" || !reply.loaded || isLoaded) return broke()
      isLoaded = true
      within(timeoutMillis, () => stop({ _tag: "Overran" }))
      order({ _tag: "Perform", call, payload, maxOutputChars })
    }
    thread.on("message", heard)
    thread.on("exit", broke)
    // While somebody waits for it, it keeps the process alive.
    thread.ref()
    within(LOAD_MILLIS, broke)
    order({ _tag: "Load", call, place })
    return Effect.suspend(() => (end() ? Effect.promise(() => warm.replace(thread)) : Effect.void))
  })

/** The thread there is, if there is one. */
class Warm {
  #thread: Worker | undefined
  #closed = false
  #calls = 0

  /** The number of the next one. */
  call(): number {
    return ++this.#calls
  }

  /** Undefined where none can be had. */
  thread(): Worker | undefined {
    if (this.#thread === undefined) this.#start()
    return this.#thread
  }

  /** Ends a thread, and has another one ready for the next work. */
  replace(thread: Worker): Promise<unknown> {
    if (this.#thread === thread) this.#start()
    return thread.terminate()
  }

  close(): Promise<unknown> {
    this.#closed = true
    return this.#thread?.terminate() ?? Promise.resolve()
  }

  #start(): void {
    this.#thread = undefined
    if (this.#closed) return
    try {
      // Its streams lead nowhere. They are not read either: whoever reads them keeps the process alive.
      const thread = new Worker(entry, {
        ...flags,
        env: {},
        resourceLimits: LIMITS,
        stdout: true,
        stderr: true
      })
      // An error is always followed by the exit; without a listener it would end the whole process.
      thread.on("error", () => {})
      thread.on("exit", () => {
        if (this.#thread === thread) this.#thread = undefined
      })
      thread.unref()
      this.#thread = thread
    } catch {
      // There is none, then.
    }
  }
}
