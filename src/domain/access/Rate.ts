/** Owns how often somebody may ask: a bucket that fills at a steady rate, and out of which each request takes one. */

export interface Rate {
  /** Requests in a second, in the long run. */
  readonly perSecond: number
  /** Requests at once, at most. */
  readonly burst: number
}

export interface Bucket {
  /** How many are left in it; parts of one too. */
  readonly level: number
  /** When that was so, in milliseconds. */
  readonly at: number
}

export const full = ({ burst }: Rate, now: number): Bucket => ({ level: burst, at: now })

/** One request. `waitMillis` is null where it may be, and else when to try again; a clock that goes back fills nothing. */
export const take = (
  { perSecond, burst }: Rate,
  { level, at }: Bucket,
  now: number
): { readonly bucket: Bucket; readonly waitMillis: number | null } => {
  const later = Math.max(at, now)
  const filled = Math.min(burst, level + ((later - at) * perSecond) / 1000)
  return filled >= 1
    ? { bucket: { level: filled - 1, at: later }, waitMillis: null }
    : {
        bucket: { level: filled, at: later },
        waitMillis: Math.ceil(((1 - filled) * 1000) / perSecond) + later - now
      }
}
