/** Owns how a person names a moment: a date, a date and time, or how long ago, or from now. */
import { DateTime, Option } from "effect"

const SPAN = /^(\d{1,6})(m|h|d)$/u
const MILLIS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
/** A year first: other orders mean different days to different people. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/u

/** Milliseconds since the Unix epoch, once it is known what time it is now. */
export type Moment = (now: number) => number

/** `90m`, `12h` and `7d` count back from now; a time without a zone is UTC. */
export const parse = (text: string): Option.Option<Moment> => read(text, -1)

/** The same, but counted from now on. */
export const ahead = (text: string): Option.Option<Moment> => read(text, 1)

const read = (text: string, direction: 1 | -1): Option.Option<Moment> => {
  const [, count, unit] = SPAN.exec(text) ?? []
  if (count !== undefined && (unit === "m" || unit === "h" || unit === "d")) {
    return Option.some((now) => Math.max(0, now + direction * Number(count) * MILLIS[unit]))
  }
  if (!DATE.test(text)) return Option.none()
  const zoned = text.length > 10 && !/(?:Z|[+-]\d{2}:\d{2})$/u.test(text) ? `${text}Z` : text
  return Option.map(DateTime.make(zoned.replace(" ", "T")), (moment) => () => DateTime.toEpochMillis(moment))
}

/** E.g. `2026-11-23T18:54:11Z`. A time that no calendar has is shown as the number it is. */
export const written = (at: number): string =>
  Option.match(DateTime.make(at), {
    onNone: () => String(at),
    onSome: (moment) => `${DateTime.formatIso(moment).slice(0, 19)}Z`
  })
