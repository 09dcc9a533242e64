/** Owns what two records of the same course may differ in: identifiers, times, digests. Masked, they are to be equal. */

const masks: ReadonlyArray<readonly [RegExp, string]> = [
  [/[0-9a-f]{128}/gu, "<signature>"],
  [/[0-9a-f]{64}/gu, "<digest>"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gu, "<id>"]
]

/** A record or text without what is drawn anew each time. */
export const masked = (record: unknown): string =>
  masks.reduce(
    (text, [pattern, mask]) => text.replaceAll(pattern, mask),
    typeof record === "string" ? record : JSON.stringify(record)
  )
