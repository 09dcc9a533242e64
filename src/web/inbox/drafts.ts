/** Owns decisions that are being written, by run, until they are sent or discarded. They are kept in memory alone. */
import { computed, signal } from "@preact/signals"
import type { Action, Reason } from "./fold.ts"

export type Written = Exclude<Action, "approve">

export interface Draft {
  readonly action: Written
  /** What leaves, or what is asked, instead. */
  readonly words: string
  /** Whether somebody has typed them. */
  readonly isTouched: boolean
  readonly reason: Reason | null
  /** Whether it is being written; else it is kept for when it is again. */
  readonly isOpen: boolean
}

const drafts = signal<ReadonlyMap<string, Draft>>(new Map())

export const draftOf = (run: string): Draft | null => drafts.value.get(run) ?? null

const put = (run: string, draft: Draft) => (drafts.value = new Map([...drafts.value, [run, draft]]))

/** Begins or goes on with it. What was typed for another action is of no use for this one. */
export const begin = (run: string, action: Written, words: string): void => {
  const before = drafts.value.get(run)
  put(
    run,
    before?.action === action
      ? { ...before, isOpen: true }
      : { action, words, isTouched: false, reason: before?.reason ?? null, isOpen: true }
  )
}

export const write = (run: string, words: string): void => {
  const before = drafts.value.get(run)
  if (before) put(run, { ...before, words, isTouched: true })
}

export const because = (run: string, reason: Reason): void => {
  const before = drafts.value.get(run)
  if (before) put(run, { ...before, reason })
}

export const lay = (run: string): void => {
  const before = drafts.value.get(run)
  if (before) put(run, { ...before, isOpen: false })
}

export const forget = (run: string): void => {
  if (drafts.value.has(run)) drafts.value = new Map([...drafts.value].filter(([one]) => one !== run))
}

export const forgetAll = (): void => {
  drafts.value = new Map()
}

/** Whether somebody has typed what is not sent. */
export const unfinished = computed(() =>
  [...drafts.value.values()].some(({ isTouched, words }) => isTouched && words.trim() !== "")
)
