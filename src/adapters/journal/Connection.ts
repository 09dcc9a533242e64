/** Owns the way from the journal to its store: in this thread, or as messages to a worker that has the store. */
import { Worker } from "node:worker_threads"
import type { Code } from "../../domain/Failure.ts"
import * as OnceThread from "../OnceThread.ts"
import { codeOf } from "./Fault.ts"
import type { Owner } from "./Owner.ts"
import type { Store } from "./Store.ts"

export type Operation = keyof Store
export type Answer<O extends Operation = Operation> =
  | { readonly value: ReturnType<Store[O]> }
  | { readonly code: Code }

/** Asks a store; `answer` is called once, at once or later. */
export type Ask = <O extends Operation>(
  operation: O,
  args: Parameters<Store[O]>,
  answer: (answer: Answer<O>) => void
) => void

/** What crosses to a worker and back: all that was asked at one time goes together. */
export interface Question {
  readonly id: number
  readonly operation: Operation
  readonly args: Parameters<Store[Operation]>
}
export interface Reply {
  readonly id: number
  readonly answer: Answer
}
export interface Place {
  readonly directory: string
  readonly owner: Owner
}

/** Does one operation; what it throws becomes a code. */
export const perform = <O extends Operation>(
  store: Store,
  operation: O,
  args: Parameters<Store[O]>
): Answer<O> => {
  try {
    const method = store[operation] as (...args: Parameters<Store[O]>) => ReturnType<Store[O]>
    return { value: method.apply(store, args) }
  } catch (error) {
    return { code: codeOf(error) }
  }
}

export const inThread =
  (store: Store): Ask =>
  (operation, args, answer) =>
    answer(perform(store, operation, args))

const entry = OnceThread.entryOf(import.meta.url, "./worker.ts", "./journal-worker.js")

/** Starts a worker. It ends itself after `close`; should it die before, everything asked of it is unavailable. */
export const inWorker = (place: Place): Ask => {
  const worker = new Worker(entry, { workerData: place, ...OnceThread.flags })
  const waiting = new Map<number, (answer: Answer) => void>()
  let asking: Array<Question> = []
  let asked = 0
  let gone = false
  const settle = (id: number, answer: Answer) => {
    const whose = waiting.get(id)
    waiting.delete(id)
    whose?.(answer)
  }
  const post = () => {
    const questions = asking
    asking = []
    try {
      worker.postMessage(questions)
    } catch (error) {
      const code = codeOf(error)
      for (const { id } of questions) settle(id, { code })
    }
  }
  worker.on("message", (replies: ReadonlyArray<Reply>) => {
    for (const { id, answer } of replies) settle(id, answer)
  })
  // An error is always followed by the exit; without a listener it would end the whole process.
  worker.on("error", () => {})
  worker.on("exit", () => {
    gone = true
    for (const id of waiting.keys()) settle(id, { code: "JOURNAL_UNAVAILABLE" })
  })
  return (operation, args, answer) => {
    if (gone) return answer({ code: "JOURNAL_UNAVAILABLE" })
    const question: Question = { id: ++asked, operation, args }
    waiting.set(question.id, answer as (answer: Answer) => void)
    // Whoever asks in this turn of the event loop still joins.
    if (asking.push(question) === 1) queueMicrotask(post)
  }
}
