/** Owns how numbers, times and digests are written on the page. */
const numbers = new Intl.NumberFormat("en")
const moments = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" })
const ages = new Intl.RelativeTimeFormat("en", { numeric: "auto" })

export const count = (value: number): string => numbers.format(value)

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A length of time in at most two units: `9 ms`, `1.2 s`, `3 min 5 s`, `2 h`, `4 d 1 h`. */
export const duration = (millis: number): string => {
  if (millis < SECOND) return `${Math.round(millis)} ms`
  if (millis < 10 * SECOND) return `${Number((millis / SECOND).toFixed(1))} s`
  if (millis < MINUTE - SECOND / 2) return `${Math.round(millis / SECOND)} s`
  const two = (unit: number, name: string, part: number, partName: string) => {
    const parts = Math.round(millis / part)
    const rest = parts % (unit / part)
    const whole = `${Math.floor(parts / (unit / part))} ${name}`
    return rest === 0 ? whole : `${whole} ${rest} ${partName}`
  }
  if (millis < HOUR - SECOND / 2) return two(MINUTE, "min", SECOND, "s")
  if (millis < DAY - MINUTE / 2) return two(HOUR, "h", MINUTE, "min")
  return two(DAY, "d", HOUR, "h")
}

/** A moment with its date, to the second. */
export const moment = (at: number): string => moments.format(at)

/** How long ago a moment was, in its largest unit. */
export const age = (at: number, now: number): string => {
  const past = at - now
  const [size, unit] = (
    [
      [DAY, "day"],
      [HOUR, "hour"],
      [MINUTE, "minute"]
    ] as const
  ).find(([size]) => -past >= size) ?? [SECOND, "second"]
  return ages.format(Math.min(0, Math.round(past / size)), unit)
}

/** How an id or a digest begins: enough to know it again. */
export const short = (id: string): string => id.slice(0, 8)

/** A text for a machine in `<time>`. */
export const machine = (at: number): string => new Date(at).toISOString()
