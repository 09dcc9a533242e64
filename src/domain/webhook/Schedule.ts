/** Owns what follows from an attempt: whether there is another one, when, and whether the endpoint is still tried at all. */
import type { Attempt, Delivery } from "./Delivery.ts"

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Milliseconds from one attempt to the next: ten attempts in a little more than three days. */
export const pauses: ReadonlyArray<number> = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR
]

/** How long a delivery is listed, and can be made again, once it was taken; what failed or waits is never let go of. */
export const RETENTION = 30 * 24 * HOUR

/** A pause is longer by up to this part of itself: what failed together does not come again together. */
const JITTER = 0.2
/** A receiver may ask for so much patience, and no more. */
const MOST_PATIENCE = 24 * HOUR

/** The receiver wants nothing more of this (410 Gone). */
const GONE = 410

export type Following =
  | { readonly _tag: "Delivered" }
  | { readonly _tag: "Again"; readonly next: number }
  /** There is no further attempt; `disables` where the endpoint is not to be tried any more. */
  | { readonly _tag: "Over"; readonly disables: boolean }

/** Whether there is no attempt after the next one. */
export const isLast = ({ attempts }: Pick<Delivery, "attempts">): boolean => attempts >= pauses.length

/** Where an attempt was made. */
export interface Circumstances {
  /** When it ended, in milliseconds since the Unix epoch. */
  readonly now: number
  /** Drawn from [0, 1). */
  readonly chance: number
  /** When the endpoint last took something; null where it never did. */
  readonly delivered: number | null
}

/**
 * What follows from an attempt. An endpoint that says it is gone, or that has taken nothing for as long as this event was
 * tried, is not tried any more.
 */
export const follow = (
  { attempts, at }: Pick<Delivery, "attempts" | "at">,
  { status, failure, retryAfterSeconds }: Attempt,
  { now, chance, delivered }: Circumstances
): Following => {
  if (status !== null && status >= 200 && status < 300) return { _tag: "Delivered" }
  if (failure === "record_unreadable") return { _tag: "Over", disables: false }
  if (status === GONE) return { _tag: "Over", disables: true }
  const pause = pauses[attempts]
  if (pause === undefined) return { _tag: "Over", disables: delivered === null || delivered < at }
  const asked = Math.min((retryAfterSeconds ?? 0) * SECOND, MOST_PATIENCE)
  return { _tag: "Again", next: now + Math.round(Math.max(pause * (1 + JITTER * chance), asked)) }
}
