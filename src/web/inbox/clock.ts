/** Owns the time that ages and deadlines are told by, to the minute. */
import { signal } from "@preact/signals"
import { strings } from "../strings.ts"

export const now = signal(Date.now())
setInterval(() => (now.value = Date.now()), 5000)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time in its largest unit, from minutes on. */
export const spanOf = (millis: number): string => {
  const { time } = strings.inbox
  if (millis < MINUTE) return time.now
  if (millis < 2 * HOUR) return time.minutes(Math.floor(millis / MINUTE))
  return millis < 2 * DAY ? time.hours(Math.floor(millis / HOUR)) : time.days(Math.floor(millis / DAY))
}
