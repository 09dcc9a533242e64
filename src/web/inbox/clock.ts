/** Owns the time that ages and deadlines are told by, to the minute. */
import { signal } from "@preact/signals"
import { duration } from "../format.ts"
import { strings } from "../strings.ts"

export const now = signal(Date.now())
setInterval(() => (now.value = Date.now()), 5000)

const MINUTE = 60_000

/** A length of time, from minutes on. */
export const spanOf = (millis: number): string =>
  millis < MINUTE ? strings.inbox.now : duration(millis - (millis % MINUTE))
